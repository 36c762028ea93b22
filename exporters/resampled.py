"""New codes for a part of those in a file: what `resample` does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.checkpoint import ModelCard, read_card
from engine.codes.box import Mask
from engine.decoding.codes_file import BYTES_LIMIT, read_codes, write_codes
from engine.decoding.decoder import CodeLevel, Codes
from engine.errors import CodesFault, OptionFault, PriorFault
from engine.images import read_picture
from engine.models.base import DiscreteAutoencoder
from engine.models.registry import find_model, load
from engine.priors.compiling import quickest_cells
from engine.priors.drawing import AS_TRAINED, Drawing
from engine.priors.hierarchical import HierarchicalPrior
from engine.priors.requests import ResampleRequest, Variation
from engine.priors.resample import Resampler
from engine.progress import Progress, tell_nobody
from engine.sampling.labels import weights_of_label
from exporters.destination import refuse_unwritable, require_suffix

WHITE = 128
"""Greys from here on are white."""
PER_IMAGE = 2**32
"""Between the numbers of the first variations of two pictures: none are drawn alike."""

Sizes = NDArray[np.int64]
"""(B, 2), height and width in pixels before padding."""


@dataclass(frozen=True, slots=True)
class ResamplingRequest:
    """Which cells of which codes: those whose centre is white in the mask, of all levels or of one."""

    model: str | Path
    codes: Path
    mask: Path
    out: Path
    level: int | None = None
    seed: int = 0
    count: int = 1
    label: str | None = None
    drawing: Drawing = AS_TRAINED
    device: str | None = None


def resample_codes(request: ResamplingRequest, progress: Progress = tell_nobody) -> dict[str, Any]:
    """Write codes with new ones where the mask is white, `count` for each grid, side by side.

    Returns the shape of the coarsest level and `bits`: per grid and variation -log2 p of what was drawn and
    of the fixed codes that follow. Raises `FileFault`, `PictureFault`, `CodesFault`, `OptionFault` or
    `PriorFault` for what does not fit, `CannotWrite`.
    """
    require_suffix(request.out, ".npz")
    refuse_unwritable(request.out)
    card, model, priors, labels = _opened(request)
    codes, sizes = read_codes(request.codes, model.levels)
    if sizes is None:
        sizes = np.full((len(codes[0]), 2), _whole(codes, model.levels), np.int64)
    if 8 * request.count * sum(level.size for level in codes) > BYTES_LIMIT:
        raise OptionFault(f"{request.count} variations are too many for one file: ask for fewer")
    masks = _masks(request, model.levels, _whole(codes, model.levels), sizes)
    condition = None if request.label is None else weights_of_label(request.label, labels)
    resampler = Resampler(priors, card.image_size // model.levels[0].stride_px, quickest_cells())
    requests = [
        ResampleRequest(
            codes=tuple(level[index] for level in codes),
            masks=masks,
            seed=request.seed,
            condition=condition,
            drawing=request.drawing,
            first=index * PER_IMAGE,
            variations=request.count,
        )
        for index in range(len(codes[0]))
    ]
    found = list(_variations(resampler, requests, progress))
    new = [np.stack([variation.codes[level] for variation in found]) for level in range(len(codes))]
    write_codes(request.out, new, np.repeat(sizes, request.count, axis=0))
    bits = np.array([variation.bits for variation in found]).reshape(-1, request.count)
    return {"path": str(request.out), "shape": list(new[0].shape), "bits": bits.tolist()}


def _opened(
    request: ResamplingRequest,
) -> tuple[ModelCard, DiscreteAutoencoder, HierarchicalPrior, Sequence[str]]:
    """The model, its priors and the labels that these know."""
    path = find_model(request.model)
    card, model = read_card(path), load(path, request.device)
    if not isinstance(model, DiscreteAutoencoder):
        raise OptionFault(f"{card.name} is a {card.family} model: it has no codes to resample")
    if model.priors is None or card.prior is None:
        raise PriorFault(f"{card.name} has no prior to draw codes from: train one with train-prior")
    if request.level is not None and request.level >= len(model.levels):
        raise OptionFault(
            f"there is no level {request.level}: {card.name} has {len(model.levels)}, from 0 on"
        )
    return card, model, model.priors, card.prior.labels


def _variations(
    resampler: Resampler, requests: Sequence[ResampleRequest], progress: Progress
) -> Iterator[Variation]:
    for index, request in enumerate(requests):
        for step in resampler.resample(request):
            if isinstance(step, Variation):
                yield step
            else:
                progress("Resampling", (index + step.share) / len(requests))


def _whole(codes: Sequence[Codes], levels: Sequence[CodeLevel]) -> tuple[int, int]:
    """Height and width of the whole cells, in pixels."""
    _, height, width = codes[0].shape
    return height * levels[0].stride_px, width * levels[0].stride_px


def _masks(
    request: ResamplingRequest, levels: Sequence[CodeLevel], whole: tuple[int, int], sizes: Sizes
) -> tuple[Mask, ...]:
    """Per level which cells are to be drawn, (h, w)."""
    pixels = _mask_pixels(request.mask, whole, sizes)
    masks = tuple(
        pixels[level.stride_px // 2 :: level.stride_px, level.stride_px // 2 :: level.stride_px]
        & (request.level in (None, index))
        for index, level in enumerate(levels)
    )
    if not any(mask.any() for mask in masks):
        raise CodesFault(f"{request.mask}: is white at the centre of no cell: paint white what is to be new")
    return masks


def _mask_pixels(path: Path, whole: tuple[int, int], sizes: Sizes) -> Mask:
    """Where the mask is white, over whole cells. It may be as large as these or as all decoded pictures."""
    white: Mask = read_picture(path, channels=1)[..., 0] >= WHITE
    decoded = {(int(height), int(width)) for height, width in sizes}
    fitting = {whole} | (decoded if len(decoded) == 1 else set())
    if white.shape not in fitting:
        height, width = white.shape
        expected = " or ".join(f"{w} x {h}" for h, w in sorted(fitting))
        raise CodesFault(f"{path}: is {width} x {height} px, the decoded picture {expected}")
    # What a picture was padded with repeats its edge; so does its mask.
    return np.pad(
        white, [(0, full - side) for full, side in zip(whole, white.shape, strict=True)], mode="edge"
    )
