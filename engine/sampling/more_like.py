"""More like this: pictures that share most of one and differ in a part, or a little everywhere.

    flags = draw_samples(SampleRequest("emoji-vqvae", count=16, label="Flags"))
    codes = tuple(level[3] for level in flags.codes)
    draw_more_like(MoreLikeRequest("emoji-vqvae", count=8, codes=codes, label="Flags"))

Of codes, those in a rectangle of about half the area are drawn anew from the prior under all others, in
another place for each picture (`engine.priors.resample`). Latent vectors come from around the one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.checkpoint import ModelCard
from engine.codes.box import Box
from engine.errors import OptionFault, PriorFault
from engine.models.base import DiscreteAutoencoder
from engine.priors.checking import check_codes
from engine.priors.compiling import quickest_cells
from engine.priors.requests import Codes, Drawn, Mask, ResampleRequest, Variation
from engine.priors.resample import Resampler
from engine.priors.uniforms import PLACE, uniforms_of
from engine.progress import Progress, tell_nobody
from engine.sampling.labels import weights_of_label
from engine.sampling.requests import MoreLikeRequest, Part, Source, Step
from engine.sampling.samples import (
    Opened,
    Samples,
    condition_of_label,
    decoded,
    gathered,
    gaussian_of,
    open_model,
    part_of_latents,
    refuse_changed,
    refuse_for_vectors,
    refuse_guidance,
)

SHARE = 0.5
"""Of the area that is drawn anew."""
CANDIDATES = 4
"""Of which one is taken: half as many as where one waits for a single selection, in half the time."""
DISTANCE = 0.5
"""How far latent vectors lie from the one, in deviations of what they are drawn from."""


def draw_more_like(request: MoreLikeRequest, progress: Progress = tell_nobody) -> Samples:
    """All of them at once. Raises what `open_more_like` and `engine.load` raise."""
    opened = open_model(request.model, request.device)
    source: Source = "prior" if opened.card.levels else "gaussian"
    return gathered(open_more_like(request, opened, progress), source, progress)


def open_more_like(
    request: MoreLikeRequest, opened: Opened, progress: Progress = tell_nobody
) -> Iterator[Step]:
    """The pictures one after another, each as far as its codes are drawn; stop by not asking for more.

    Raises `OptionFault` for a label or drawing that the model cannot serve or a picture that is not its own,
    `CodesFault` for codes that do not fit, `PriorFault` where it has no prior, `DataFault` where an
    autoencoder's data are not at hand.
    """
    card, model = opened.card, opened.model
    if request.model_id is not None:
        refuse_changed(card, request.model_id)
    if isinstance(model, DiscreteAutoencoder):
        return _of_codes(request, card, model)
    return iter(_of_latents(request, opened, progress))


# Codes


def part_anew(codes: Sequence[Codes], seed: int, number: int) -> tuple[Mask, ...]:
    """Which cells of picture `number` are drawn anew, (h, w) per level: a rectangle of about half of them."""
    height, width = codes[0].shape
    shape, down, along = uniforms_of(seed, [number], PLACE, 1, 3)[0, 0]
    # Flat, square or upright alike, but never longer than the picture.
    across = max(1, round(width * SHARE**shape))
    up = min(height, max(1, round(SHARE * height * width / across)))
    top, left = int(down * (height - up + 1)), int(along * (width - across + 1))
    box = Box(top, left, top + up, left + across)
    masks = [np.zeros(level.shape, np.bool_) for level in codes]
    for mask in masks:
        mask[box.scaled(len(mask) // height).slices] = True
    return tuple(masks)


def _of_codes(request: MoreLikeRequest, card: ModelCard, model: DiscreteAutoencoder) -> Iterator[Step]:
    if model.priors is None or card.prior is None:
        raise PriorFault(f"{card.name} has no prior to draw more like this from: train one with train-prior")
    check_codes(model.priors, request.codes)
    if request.label is None:
        refuse_guidance(request.drawing)
    condition = None if request.label is None else weights_of_label(request.label, card.prior.labels)
    resampler = Resampler(model.priors, card.image_size // card.levels[0].stride_px, quickest_cells())
    return _one_by_one(request, model, resampler, condition)


def _one_by_one(
    request: MoreLikeRequest,
    model: DiscreteAutoencoder,
    resampler: Resampler,
    condition: NDArray[np.float32] | None,
) -> Iterator[Step]:
    for index in range(request.count):
        number = request.first + index
        masks = part_anew(request.codes, request.seed, number)
        wanted = ResampleRequest(
            request.codes, masks, request.seed, condition, request.drawing, number, candidates=CANDIDATES
        )
        sketch = _Sketch(request.codes, masks[-1])
        for step in resampler.resample(wanted):
            if isinstance(step, Variation):
                codes, rows, share = step.codes, len(step.codes[-1]), 1.0
            elif sketch.take(step):
                codes, rows, share = sketch.codes, sketch.rows, step.share
            else:
                yield Step((index + step.share) / request.count)
                continue
            batch = tuple(level[None].copy() for level in codes)
            part = Part(index, decoded(model, batch), batch, rows * model.levels[-1].stride_px)
            yield Step((index + share) / request.count, part)


class _Sketch:
    """A picture while a part of it is drawn: above the `rows` of finest cells there is nothing left to do."""

    def __init__(self, codes: Sequence[Codes], finest: Mask) -> None:
        self.codes = tuple(level.copy() for level in codes)
        self._waiting = finest.copy()
        self.rows = 0

    def take(self, drawn: Drawn) -> bool:
        """Whether there is more to see; the picture is not whole before one of the candidates is chosen."""
        end = drawn.column + drawn.codes.shape[1]
        self.codes[drawn.level][drawn.row, drawn.column : end] = drawn.codes[0]
        if drawn.level == len(self.codes) - 1:
            self._waiting[drawn.row, drawn.column : end] = False
        waiting = np.flatnonzero(self._waiting.any(axis=1))
        before, last = self.rows, len(self._waiting) - 1
        self.rows = min(int(waiting[0]), last) if len(waiting) else last
        return self.rows > before


# Vectors


def _of_latents(request: MoreLikeRequest, opened: Opened, progress: Progress) -> list[Step]:
    refuse_for_vectors(request.drawing, opened.card)
    condition = condition_of_label(request.label, opened)
    gaussian = gaussian_of(opened, progress)
    if request.latent is None or request.latent.shape != gaussian.mean.shape:
        name, dim = opened.card.name, len(gaussian.mean)
        raise OptionFault(f"{name} draws more like a latent vector of {dim} numbers: give one")
    images = range(request.first, request.first + request.count)
    z = gaussian.near(request.latent, images, request.seed, DISTANCE, request.drawing.temperature)
    return [Step(1.0, part_of_latents(0, z, opened.model, condition))]
