"""The figures of `evaluate`: reconstruction, nats and codebook use over a split, with their protocol."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.analysis.likelihood import measure_nats
from engine.analysis.reconstruction import mean_squared_error, psnr_of
from engine.analysis.statistics import FILL_DEVIATION
from engine.analysis.usage import encode_all, mean_swatches, uniform_fields
from engine.checkpoint import ModelCard, read_card
from engine.data.open import open_data
from engine.data.source import SPLITS, Pictures
from engine.errors import DataFault
from engine.models.base import Autoencoder, DiscreteAutoencoder, VariationalAutoencoder
from engine.models.registry import find_model, load
from engine.priors.likelihood import bits_per_code
from engine.progress import Progress, tell_nobody

SAMPLES = 10
"""Draws of z per picture for the ELBO where nothing is said; too few for a likelihood, so none is given."""

PROTOCOL = (
    "psnr = -10 log10(mse over all pixels of the split, images in [0, 1]); pictures at the model's size"
)
CODES_PROTOCOL = (
    "unigram_bits under the train split's code frequencies, add one; fill_codes by the mean swatch over the "
    "train split, at most 4/255 within the cell; fill_field_sd_p95 in [0, 1], worst channel"
)
PRIOR_PROTOCOL = (
    "bits_per_code of all codes, given those before them, the coarser levels and {labels}, those of a layout "
    "counted with the coarsest"
)
NATS_PROTOCOL = (
    "nats are means over pictures of sums over pixels; elbo_nats = -reconstruction_nats - kl_nats with "
    "{samples} draws of z per picture and the KL in closed form; nll_nats = -log mean p(x|z) p(z) / q(z|x) "
    "over {counted}; active_units: posterior means of variance > 0.01 over the pictures; {pixels}"
)


def evaluate(
    model_name: str | Path,
    data: str,
    split: str = "test",
    device: str | None = None,
    progress: Progress | None = None,
    samples: int | None = None,
) -> dict[str, Any]:
    """All figures of a model on one split of a data set; what does not apply is None.

    `samples` draws of z per picture give `nll_nats`. Raises `ModelNotFound`, `ModelFault`, `DataFault` (an
    empty split or other labels than the model's, too) and `OptionFault`.
    """
    tell = progress if progress is not None else tell_nobody
    model = load(model_name, device)
    pictures = open_data(data, model.config.image_size, model.config.channels, progress)
    _refuse_other_labels(model, model_name, pictures, data)
    if not len(pictures.split(split)):
        raise DataFault(f"{data}: its {split} split is empty ({_sizes(pictures)}): choose another --split")
    drawn = _as_measured(model, pictures)
    chosen = (drawn if _option(model, "binarise") == "static" else pictures).split(split)
    started = time.monotonic()
    mse = mean_squared_error(model, chosen, lambda part: tell("Measuring errors", 0.2 * part))
    figures = {
        "model": str(model_name),
        "data": pictures.data_name,
        "split": split,
        "images": len(chosen),
        "mse": mse,
        "psnr": psnr_of(mse),
        "levels": [],
        **dict.fromkeys(("elbo_nats", "reconstruction_nats", "kl_nats", "nll_nats", "active_units")),
        "skipped": list(pictures.skipped),
    }
    protocol = PROTOCOL
    if isinstance(model, DiscreteAutoencoder):
        labels = labels_for_prior(read_card(find_model(model_name)), chosen)
        figures["levels"] = _levels(model, chosen, pictures, labels, tell)
        protocol = f"{PROTOCOL}; {CODES_PROTOCOL}"
        if model.priors is not None:
            given = "no label (they are not the prior's)" if labels is None else "the true label"
            protocol = f"{protocol}; {PRIOR_PROTOCOL.format(labels=given)}"
    if isinstance(model, VariationalAutoencoder):
        figures |= _nats(model, drawn.split(split), samples, tell)
        protocol = f"{PROTOCOL}; {_nats_protocol(model, samples)}"
    tell("Measured", 1.0)
    return {**figures, "seconds": round(time.monotonic() - started, 3), "protocol": protocol}


def _refuse_other_labels(model: Autoencoder, name: str | Path, pictures: Pictures, data: str) -> None:
    """A model that is told labels is told the true ones: they must be its own."""
    if not model.label_count:
        return
    known = read_card(find_model(name)).labels
    if pictures.label_names != known:
        raise DataFault(f"{data}: its labels are not those that {name} was trained with ({', '.join(known)})")


def labels_for_prior(card: ModelCard, chosen: Pictures) -> NDArray[np.int64] | None:
    """The true labels (N,) where a prior was trained with these; None else."""
    known = () if card.prior is None else tuple(card.prior.labels)
    return chosen.labels if known and chosen.label_names == known else None


def _option(model: Autoencoder, name: str) -> Any:
    """An option's value; None for a family that does not have it."""
    return getattr(model.config, name, None)


def _as_measured(model: Autoencoder, pictures: Pictures) -> Pictures:
    """What nats are measured on: one binary draw of the whole set, where p(x|z) is over binary pixels."""
    return pictures.binarised() if _option(model, "likelihood") == "bernoulli" else pictures


def _nats(
    model: VariationalAutoencoder, chosen: Pictures, samples: int | None, tell: Progress
) -> dict[str, Any]:
    def told(part: float) -> None:
        tell("Measuring nats", 0.2 + 0.8 * part)

    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # quicker: torch's stubs lack it
    nats = measure_nats(model, chosen, samples or SAMPLES, told)
    return {
        "elbo_nats": nats.elbo,
        "reconstruction_nats": nats.reconstruction,
        "kl_nats": nats.kl,
        "nll_nats": nats.nll if samples else None,
        "active_units": nats.active_units,
    }


def _nats_protocol(model: VariationalAutoencoder, samples: int | None) -> str:
    counted = f"{samples} draws" if samples else "--samples draws, none without"
    pixels = "densities of pixels in [0, 1]"
    if _option(model, "likelihood") == "bernoulli":
        pixels = "pixels are one Bernoulli(grey / 255) draw of the whole set with seed 0"
    return NATS_PROTOCOL.format(samples=samples or SAMPLES, counted=counted, pixels=pixels)


def _sizes(pictures: Pictures) -> str:
    return ", ".join(f"{name} {int((pictures.split_of == name).sum())}" for name in SPLITS)


def _levels(
    model: DiscreteAutoencoder,
    chosen: Pictures,
    pictures: Pictures,
    labels: NDArray[np.int64] | None,
    tell: Progress,
) -> list[dict[str, Any]]:
    train = pictures.split("train")
    codes = encode_all(model, chosen, lambda part: tell("Encoding", 0.2 + 0.1 * part))
    train_codes = None
    if len(train):
        train_codes = encode_all(model, train, lambda part: tell("Encoding train", 0.3 + 0.35 * part))
    # Without a train split there are no frequencies to be judged by, and swatches are of the split itself.
    known = codes if train_codes is None else train_codes
    fields = uniform_fields(model, known)
    swatches = mean_swatches(
        model, known, fields, lambda part: tell("Averaging swatches", 0.65 + 0.25 * part)
    )
    levels = [
        _level(codes[index], train_codes[index] if train_codes else None, swatches[index], fields[index])
        for index in range(len(codes))
    ]
    if model.priors is not None:
        grids = [level.numpy() for level in codes]
        bits = bits_per_code(
            model.priors, grids, labels, lambda part: tell("Asking priors", 0.9 + 0.1 * part)
        )
        for level, figure in zip(levels, bits, strict=True):
            level["bits_per_code"] = figure
    return levels


def _level(
    codes: torch.Tensor, train: torch.Tensor | None, swatches: torch.Tensor, fields: torch.Tensor
) -> dict[str, Any]:
    """The figures of one level: codes (N, h, w), swatches and uniform fields (K, C, s, s)."""
    counts = np.bincount(codes.flatten().numpy(), minlength=len(fields))
    frequencies = counts / counts.sum()
    used = frequencies[frequencies > 0]
    fills = _fills(codes if train is None else train, swatches)
    return {
        "codes": len(fields),
        "used_codes": len(used),
        "perplexity": float(np.exp(-(used * np.log(used)).sum())),
        "unigram_bits": None if train is None else _unigram_bits(counts, train),
        "bits_per_code": None,
        "fill_codes": int(fills.sum()),
        "fill_field_sd_p95": float(np.percentile(_deviation(fields)[fills], 95)) if fills.any() else None,
    }


def _unigram_bits(counts: NDArray[np.int64], train: torch.Tensor) -> float:
    smoothed = np.bincount(train.flatten().numpy(), minlength=len(counts)) + 1.0
    return float(-(counts * np.log2(smoothed / smoothed.sum())).sum() / counts.sum())


def _fills(codes: torch.Tensor, swatches: torch.Tensor) -> NDArray[np.bool_]:
    """Which codes are fills."""
    used = np.bincount(codes.flatten().numpy(), minlength=len(swatches)) > 0
    return used & (_deviation(swatches) <= FILL_DEVIATION / 255)


def _deviation(cells: torch.Tensor) -> NDArray[np.float64]:
    spread = cells.double().std(dim=(2, 3), unbiased=False).amax(dim=1)
    return np.asarray(spread.numpy())
