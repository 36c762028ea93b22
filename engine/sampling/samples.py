"""What `sample` does: pictures that a model makes up, from the source that is asked for.

    samples = draw_samples(SampleRequest("emoji-vqvae", count=16, label="Flags"))
    samples.pictures  # uint8 (16, H, W, C)

`draw_steps` gives the same a few pictures at a time, and shows them while their codes are being drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from engine.analysis.own_data import data_of
from engine.analysis.reconstruction import device_of
from engine.checkpoint import ModelCard, read_statistics
from engine.data.open import open_data
from engine.decoding.decoder import to_pixels
from engine.errors import OptionFault, PriorFault
from engine.models.base import Autoencoder, DiscreteAutoencoder, VariationalAutoencoder
from engine.models.registry import find_model, load_with_card
from engine.priors.compiling import quickest_cells
from engine.priors.drawing import AS_TRAINED, Drawing
from engine.priors.requests import Codes, Drawn
from engine.priors.sampler import FillRequest, Sampler, whole_grids
from engine.progress import Progress, tell_nobody
from engine.sampling.candidates import choose, share_of_choosing
from engine.sampling.codes import independent
from engine.sampling.labels import label_index, weights_of_label
from engine.sampling.latents import Gaussian, fitted, standard
from engine.sampling.requests import MOST_CANDIDATES, Part, SampleRequest, Source, Step, sources_of

AT_ONCE = 16
"""Pictures drawn side by side: more gain little, and what is drawn first is seen later."""
MOST_DEVIATIONS = 1e6
"""More than this times its deviations, and the numbers of a latent vector overflow in the decoder."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Pictures uint8 (N, H, W, C); codes (N, h, w) per level, coarsest first, or latents (N, D)."""

    pictures: NDArray[np.uint8]
    codes: tuple[Codes, ...]
    source: Source
    latents: NDArray[np.float32] | None = None


class Drawer(Protocol):
    """Draws the pictures of some successive numbers.

    Yields the share of them that is done, 0 to 1, and at last them, whole; where it is `watched`, also as far
    as they are drawn, whenever there is more to be seen.
    """

    def __call__(self, images: range, watched: bool = False) -> Iterator[float | Part]: ...


@dataclass(slots=True)
class Opened:
    """A model in memory, what its file says of it and, once known, what its vectors are drawn from."""

    card: ModelCard
    model: Autoencoder
    gaussian: Gaussian | None = None


def open_model(name_or_path: str | Path, device: str | None = None) -> Opened:
    """Raises what `engine.load` raises."""
    return Opened(*load_with_card(find_model(name_or_path), device))


def draw_samples(request: SampleRequest, progress: Progress = tell_nobody) -> Samples:
    """Draw `count` pictures, the same first ones whatever the count.

    Raises what `open_sampling` and `engine.load` raise.
    """
    opened = open_model(request.model, request.device)
    source, drawer = open_sampling(request, opened, progress)
    return gathered(draw_steps(request, drawer), source, progress)


def gathered(steps: Iterator[Step], source: Source, progress: Progress = tell_nobody) -> Samples:
    """All that `steps` bring, once it is whole."""
    parts: list[Part] = []
    for step in steps:
        progress("Sampling", step.share)
        if step.part is not None and step.part.is_whole:
            parts.append(step.part)
    codes = zip(*(part.codes for part in parts), strict=True)
    latents = [part.latents for part in parts if part.latents is not None]
    return Samples(
        np.concatenate([part.pictures for part in parts]),
        tuple(np.concatenate(level) for level in codes),
        source,
        np.concatenate(latents) if latents else None,
    )


def draw_steps(request: SampleRequest, drawer: Drawer, watched: bool = False) -> Iterator[Step]:
    """All pictures of a request, `AT_ONCE` side by side; stop by not asking for more."""
    for first in range(0, request.count, AT_ONCE):
        images = range(first, min(first + AT_ONCE, request.count))
        share = 0.0
        for step in drawer(images, watched):
            part = step if isinstance(step, Part) else None
            if not isinstance(step, Part):
                share = step
            elif step.is_whole:
                share = 1.0
            yield Step((first + share * len(images)) / request.count, part)


def open_sampling(
    request: SampleRequest, opened: Opened, progress: Progress = tell_nobody
) -> tuple[Source, Drawer]:
    """The source that is drawn from, and what draws from it.

    Raises `OptionFault` for a source, label, drawing or candidates that the model cannot serve, `PriorFault`
    where it has no prior, `DataFault` where an autoencoder's data are not at hand.
    """
    card = opened.card
    fitting = sources_of(bool(card.levels))
    source = request.source or fitting[0]
    if source not in fitting:
        raise OptionFault(f"source {source!r} is not for {card.name}: use {' or '.join(fitting)}")
    _refuse_candidates(request, source)
    if isinstance(opened.model, DiscreteAutoencoder):
        return source, _discrete(request, source, card, opened.model)
    return source, _vector(request, opened, progress)


def _refuse_candidates(request: SampleRequest, source: Source) -> None:
    if not 1 <= request.candidates <= MOST_CANDIDATES:
        raise OptionFault(f"{request.candidates} candidates cannot be used: give 1 to {MOST_CANDIDATES}")
    if request.candidates > 1 and (request.label is None or source != "prior"):
        raise OptionFault(
            "candidates are chosen by how surely they are of a label: that takes a prior and a label"
        )


# Codes

_Grids = Sequence[tuple[int, int]]
_Filling = Iterator[tuple[float, list[Codes], int]]
"""The share done, the codes so far, and behind how many rows of pixels they are drawn."""
_CodesOf = Callable[[Sequence[int]], _Filling]


def _discrete(request: SampleRequest, source: Source, card: ModelCard, model: DiscreteAutoencoder) -> Drawer:
    grids = [(card.image_size // level.stride_px,) * 2 for level in card.levels]
    fill = {"prior": _from_prior, "unigram": _from_counts, "uniform": _from_nothing}[source]
    filling = fill(request, card, model, grids)

    @torch.inference_mode()
    def drawn(images: range, watched: bool = False) -> Iterator[float | Part]:
        seen_before = 0
        for share, codes, seen_px in filling(images):
            yield share
            if seen_px == card.image_size or (watched and seen_px > seen_before):
                seen_before = seen_px
                whole = tuple(level.copy() for level in codes)
                yield Part(images.start, decoded(model, whole), whole, seen_px)

    return drawn


@torch.inference_mode()
def decoded(model: DiscreteAutoencoder, codes: Sequence[Codes]) -> NDArray[np.uint8]:
    """Pictures (B, H, W, C) of codes (B, h, w) per level."""
    placed = [torch.from_numpy(level).to(device_of(model)) for level in codes]
    return to_pixels(model.decode_codes(placed).cpu().numpy())


def decode_of(opened: Opened, model_id: str | None = None) -> Callable[[Sequence[Codes]], NDArray[np.uint8]]:
    """What makes pictures of codes (B, h, w) per level; of those that the model of `model_id` made, if given.

    Raises `OptionFault` where that is another model, or has no codes.
    """
    model = opened.model
    if model_id is not None:
        refuse_changed(opened.card, model_id)
    if not isinstance(model, DiscreteAutoencoder):
        raise OptionFault(f"{opened.card.name} has no codes")
    return lambda codes: decoded(model, codes)


def refuse_changed(card: ModelCard, model_id: str) -> None:
    """Raise `OptionFault` where a picture is of a model whose file holds another one by now."""
    if model_id != card.model_id:
        raise OptionFault(f"{card.name} has changed since it made this picture: draw new ones")


def _from_prior(
    request: SampleRequest, card: ModelCard, model: DiscreteAutoencoder, grids: _Grids
) -> _CodesOf:
    if model.priors is None or card.prior is None:
        raise PriorFault(
            f"{card.name} has no prior: train one with train-prior, or choose another source than prior"
        )
    if request.label is None:
        refuse_guidance(request.drawing)
    label = None if request.label is None else weights_of_label(request.label, card.prior.labels)
    priors, sampler = model.priors, Sampler(model.priors, cells=quickest_cells())
    drawing = request.drawing
    candidates = request.candidates if drawing.temperature else 1  # at 0 all would be alike
    finest, stride_px = len(grids) - 1, card.levels[-1].stride_px

    def taken(part: Drawn, codes: list[Codes]) -> int:
        """Put codes in their place; returns behind how many rows of pixels all are drawn."""
        end = part.column + part.codes.shape[1]
        codes[part.level][:, part.row, part.column : end] = part.codes
        return (part.row + (end == grids[part.level][1])) * stride_px if part.level == finest else 0

    def filling(images: Sequence[int]) -> _Filling:
        condition = None if label is None else np.repeat(label[None], len(images), axis=0)
        whole = whole_grids(grids, images, request.seed, condition, drawing)
        return chosen(whole) if candidates > 1 else followed(sampler.whole(whole), list(whole.codes))

    def followed(steps: Iterator[Drawn], codes: list[Codes], begun: float = 0.0) -> _Filling:
        for part in steps:
            seen_px = taken(part, codes)
            yield begun + (1 - begun) * part.share, codes, seen_px

    def chosen(whole: FillRequest) -> _Filling:
        begun, codes = share_of_choosing(grids, candidates), list(whole.codes)
        for step in choose(priors, sampler, whole, candidates):
            if isinstance(step, FillRequest):
                whole = step
            else:  # the last row would say that what is seen is there to stay
                seen_px = min(taken(step, codes), card.image_size - stride_px)
                yield begun * step.share, codes, seen_px
        if finest:
            yield from followed(sampler.fill(whole), list(whole.codes), begun)
        else:
            yield 1.0, list(whole.codes), card.image_size

    return filling


def _from_counts(
    request: SampleRequest, card: ModelCard, model: DiscreteAutoencoder, grids: _Grids
) -> _CodesOf:
    del model
    refuse_guidance(request.drawing)
    if request.drawing.falloff != 1:
        raise OptionFault("falloff is for the levels of a prior, which are drawn one after another")
    statistics = read_statistics(card.path)
    if not statistics:
        raise OptionFault(f"{card.name} does not know how often its codes are used: draw uniform ones")
    if request.label is None:
        counts = [level.use for level in statistics]
    else:
        label = label_index(request.label, card.labels)
        counts = [level.use_by_label[label] for level in statistics]
        if not all(level.any() for level in counts):
            raise OptionFault(f"no picture that {card.name} was trained on has the label {request.label!r}")
    return _at_once(lambda images: independent(counts, grids, images, request.seed, request.drawing), card)


def _from_nothing(
    request: SampleRequest, card: ModelCard, model: DiscreteAutoencoder, grids: _Grids
) -> _CodesOf:
    del model
    if request.label is not None or request.drawing != AS_TRAINED:
        raise OptionFault("uniform codes are all as likely: they take no label, temperature, top-k or top-p")
    counts = [np.ones(level.codes, np.int64) for level in card.levels]
    return _at_once(lambda images: independent(counts, grids, images, request.seed, AS_TRAINED), card)


def _at_once(codes_of: Callable[[Sequence[int]], list[Codes]], card: ModelCard) -> _CodesOf:
    def filling(images: Sequence[int]) -> _Filling:
        yield 1.0, codes_of(images), card.image_size

    return filling


def refuse_guidance(drawing: Drawing) -> None:
    """Raise `OptionFault` for guidance where there is no label for a prior."""
    if drawing.guidance != 1:
        raise OptionFault("guidance sharpens what a label says to a prior: it needs both")


# Vectors


def _vector(request: SampleRequest, opened: Opened, progress: Progress) -> Drawer:
    refuse_for_vectors(request.drawing, opened.card)
    condition = condition_of_label(request.label, opened)
    gaussian = gaussian_of(opened, progress)

    def drawn(images: range, watched: bool = False) -> Iterator[float | Part]:
        del watched  # they come all at once
        z = gaussian.draw(images, request.seed, request.drawing.temperature)
        yield part_of_latents(images.start, z, opened.model, condition)

    return drawn


def refuse_for_vectors(drawing: Drawing, card: ModelCard) -> None:
    """Raise `OptionFault` for what means nothing without codes, or too much."""
    if drawing != Drawing(temperature=drawing.temperature):
        raise OptionFault(
            f"top-k, top-p, guidance and falloff are for priors of codes, which {card.name} has none of"
        )
    if drawing.temperature > MOST_DEVIATIONS:
        raise OptionFault(f"a temperature of {drawing.temperature:g} is too high for latent vectors")


def condition_of_label(label: str | None, opened: Opened) -> torch.Tensor | None:
    """What a model of vectors is told of a label, (1, L). Raises `OptionFault`."""
    if label is None:
        return None
    labels = opened.card.labels if opened.model.label_count else ()
    return torch.from_numpy(weights_of_label(label, labels))[None].to(device_of(opened.model))


@torch.inference_mode()
def part_of_latents(
    first: int, z: NDArray[np.float32], model: Autoencoder, condition: torch.Tensor | None
) -> Part:
    """Pictures of latents (n, D), all of one condition (1, L)."""
    given = None if condition is None else condition.expand(len(z), -1)
    pictures = to_pixels(model.decode(torch.from_numpy(z).to(device_of(model)), given).cpu().numpy())
    return Part(first, pictures, (), pictures.shape[1], z)


def gaussian_of(opened: Opened, progress: Progress) -> Gaussian:
    """What latents are drawn from, for a plain autoencoder fitted once. Raises `DataFault`."""
    card, model = opened.card, opened.model
    if opened.gaussian is None and isinstance(model, VariationalAutoencoder):
        opened.gaussian = standard(model.latent_dim)
    elif opened.gaussian is None:
        pictures = open_data(data_of(card), card.image_size, card.channels, progress)
        training = pictures.split("train")
        opened.gaussian = fitted(model, training, lambda share: progress("Encoding", share))
    return opened.gaussian
