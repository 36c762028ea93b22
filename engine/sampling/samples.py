"""What `sample` does: pictures that a model makes up, from the source that is asked for.

samples = draw_samples(SampleRequest("emoji-vqvae", count=16, label="Flags"))
samples.pictures  # uint8 (16, H, W, C)
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
from engine.checkpoint import ModelCard, read_card, read_statistics
from engine.data.open import open_data
from engine.decoding.decoder import to_pixels
from engine.errors import OptionFault, PriorFault
from engine.models.base import Autoencoder, DiscreteAutoencoder, VariationalAutoencoder
from engine.models.registry import find_model, load
from engine.priors.compiling import quickest_cells
from engine.priors.drawing import AS_TRAINED, Drawing
from engine.priors.sampler import Codes, Sampler
from engine.progress import Progress, tell_nobody
from engine.sampling.codes import collected, independent
from engine.sampling.labels import label_index, weights_of_label
from engine.sampling.latents import Gaussian, fitted, standard
from engine.sampling.sources import SOURCES, Source

AT_ONCE = 16
"""Pictures drawn side by side: more gain little, and what is drawn first is seen later."""

Done = Callable[[float], object]


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """All that decides what comes out. `source` None is the prior, or the Gaussian of vector latents."""

    model: str | Path
    count: int
    label: str | None = None
    seed: int = 0
    drawing: Drawing = AS_TRAINED
    source: Source | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Pictures uint8 (N, H, W, C); codes (N, h, w) per level, coarsest first, or none of a vector model."""

    pictures: NDArray[np.uint8]
    codes: tuple[Codes, ...]
    source: Source


class _Sampled(Protocol):
    """Draws some pictures by their numbers."""

    def __call__(self, images: Sequence[int], done: Done) -> tuple[NDArray[np.uint8], list[Codes]]: ...


def draw_samples(request: SampleRequest, progress: Progress = tell_nobody) -> Samples:
    """Draw `count` pictures, the same first ones whatever the count.

    Raises `OptionFault` for a source, label or drawing that the model cannot serve, `PriorFault` where it has
    no prior, `DataFault` where an autoencoder's data are not at hand, and what `engine.load` raises.
    """
    path = find_model(request.model)
    card, model = read_card(path), load(path, request.device)
    source = request.source or ("prior" if card.levels else "gaussian")
    if (source == "gaussian") == bool(card.levels):
        raise OptionFault(f"source {source!r} is not for {card.name}: {_sources_of(card)}")
    sampled = (
        _discrete(request, source, card, model) if card.levels else _vector(request, card, model, progress)
    )
    parts = list(_parts(request.count, sampled, progress))
    pictures = np.concatenate([pictures for pictures, _ in parts])
    codes = zip(*(codes for _, codes in parts), strict=True)
    return Samples(pictures, tuple(np.concatenate(level) for level in codes), source)


def _sources_of(card: ModelCard) -> str:
    fitting = [source for source in SOURCES if (source != "gaussian") == bool(card.levels)]
    return f"use {' or '.join(fitting)}"


def _parts(
    count: int, sampled: _Sampled, progress: Progress
) -> Iterator[tuple[NDArray[np.uint8], list[Codes]]]:
    for first in range(0, count, AT_ONCE):
        images = range(first, min(first + AT_ONCE, count))

        def done(share: float, images: range = images) -> None:
            progress("Sampling", (images.start + share * len(images)) / count)

        yield sampled(images, done)


def _discrete(request: SampleRequest, source: Source, card: ModelCard, model: Autoencoder) -> _Sampled:
    assert isinstance(model, DiscreteAutoencoder)
    grids = [(card.image_size // level.stride_px,) * 2 for level in card.levels]
    draw = {"prior": _from_prior, "unigram": _from_counts, "uniform": _from_nothing}[source]
    codes_of = draw(request, card, model, grids)

    @torch.inference_mode()
    def sampled(images: Sequence[int], done: Done) -> tuple[NDArray[np.uint8], list[Codes]]:
        codes = codes_of(images, done)
        placed = [torch.from_numpy(level).to(device_of(model)) for level in codes]
        return to_pixels(model.decode_codes(placed).cpu().numpy()), codes

    return sampled


_Grids = Sequence[tuple[int, int]]
_CodesOf = Callable[[Sequence[int], Done], list[Codes]]


def _from_prior(
    request: SampleRequest, card: ModelCard, model: DiscreteAutoencoder, grids: _Grids
) -> _CodesOf:
    if model.priors is None or card.prior is None:
        raise PriorFault(
            f"{card.name} has no prior: train one with train-prior, or draw codes by --source unigram"
        )
    if request.label is None:
        _refuse_guidance(request)
    label = None if request.label is None else weights_of_label(request.label, card.prior.labels)
    sampler = Sampler(model.priors, cells=quickest_cells())

    def codes_of(images: Sequence[int], done: Done) -> list[Codes]:
        condition = None if label is None else np.repeat(label[None], len(images), axis=0)
        drawn = sampler.sample(grids, images, request.seed, condition, request.drawing)
        return collected(drawn, len(images), grids, done)

    return codes_of


def _from_counts(
    request: SampleRequest, card: ModelCard, model: DiscreteAutoencoder, grids: _Grids
) -> _CodesOf:
    del model
    _refuse_guidance(request)
    statistics = read_statistics(card.path)
    if not statistics:
        raise OptionFault(f"{card.name} does not know how often its codes are used: use --source uniform")
    if request.label is None:
        counts = [level.use for level in statistics]
    else:
        label = label_index(request.label, card.labels)
        counts = [level.use_by_label[label] for level in statistics]
    return lambda images, _: independent(counts, grids, images, request.seed, request.drawing)


def _from_nothing(
    request: SampleRequest, card: ModelCard, model: DiscreteAutoencoder, grids: _Grids
) -> _CodesOf:
    del model
    if request.label is not None or request.drawing != AS_TRAINED:
        raise OptionFault("uniform codes are all as likely: they take no label, temperature, top-k or top-p")
    counts = [np.ones(level.codes, np.int64) for level in card.levels]
    return lambda images, _: independent(counts, grids, images, request.seed, AS_TRAINED)


def _refuse_guidance(request: SampleRequest) -> None:
    if request.drawing.guidance != 1:
        raise OptionFault("guidance sharpens what a label says to a prior: it needs both")


def _vector(request: SampleRequest, card: ModelCard, model: Autoencoder, progress: Progress) -> _Sampled:
    if request.drawing != Drawing(temperature=request.drawing.temperature):
        raise OptionFault(f"top-k, top-p and guidance are for priors of codes, which {card.name} has none of")
    condition = _vector_condition(request, card, model)
    gaussian = _gaussian_of(card, model, progress)

    @torch.inference_mode()
    def sampled(images: Sequence[int], done: Done) -> tuple[NDArray[np.uint8], list[Codes]]:
        z = torch.from_numpy(gaussian.draw(images, request.seed, request.drawing.temperature))
        given = None if condition is None else condition.expand(len(images), -1)
        pictures = model.decode(z.to(device_of(model)), given)
        done(1.0)
        return to_pixels(pictures.cpu().numpy()), []

    return sampled


def _vector_condition(request: SampleRequest, card: ModelCard, model: Autoencoder) -> torch.Tensor | None:
    if request.label is None:
        return None
    labels = card.labels if model.label_count else ()
    return torch.from_numpy(weights_of_label(request.label, labels))[None].to(device_of(model))


def _gaussian_of(card: ModelCard, model: Autoencoder, progress: Progress) -> Gaussian:
    if isinstance(model, VariationalAutoencoder):
        return standard(model.latent_dim)
    pictures = open_data(data_of(card), card.image_size, card.channels, progress)
    return fitted(model, pictures.split("train"), lambda share: progress("Encoding", share))
