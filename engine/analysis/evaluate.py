"""The figures of `evaluate`: reconstruction and codebook use over a split, with the protocol they follow."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.analysis.reconstruction import mean_squared_error, psnr_of
from engine.analysis.statistics import FILL_DEVIATION
from engine.analysis.usage import encode_all, mean_swatches, uniform_fields
from engine.data.open import open_data
from engine.data.source import SPLITS, Pictures
from engine.errors import DataFault
from engine.models.base import DiscreteAutoencoder
from engine.models.registry import load
from engine.progress import Progress, tell_nobody

PROTOCOL = (
    "psnr = -10 log10(mse over all pixels of the split, images in [0, 1]); unigram_bits under the train "
    "split's code frequencies, add one; fill_codes by the mean swatch over the train split, at most 4/255 "
    "within the cell; fill_field_sd_p95 in [0, 1], worst channel; pictures at the model's image size"
)


def evaluate(
    model_name: str | Path,
    data: str,
    split: str = "test",
    device: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """All figures of a model on one split of a data set; what does not apply is None.

    Raises `ModelNotFound`, `ModelFault`, `DataFault` (an empty split too) and `OptionFault`.
    """
    tell = progress if progress is not None else tell_nobody
    model = load(model_name, device)
    pictures = open_data(data, model.config.image_size, model.config.channels, progress)
    chosen = pictures.split(split)
    if not len(chosen):
        raise DataFault(f"{data}: its {split} split is empty ({_sizes(pictures)}): choose another --split")
    started = time.monotonic()
    mse = mean_squared_error(model, chosen, lambda part: tell("Measuring errors", 0.2 * part))
    levels = _levels(model, chosen, pictures, tell) if isinstance(model, DiscreteAutoencoder) else []
    return {
        "model": str(model_name),
        "data": pictures.data_name,
        "split": split,
        "images": len(chosen),
        "mse": mse,
        "psnr": psnr_of(mse),
        "levels": levels,
        "elbo_nats": None,
        "nll_nats": None,
        "active_units": None,
        "skipped": list(pictures.skipped),
        "seconds": round(time.monotonic() - started, 3),
        "protocol": PROTOCOL,
    }


def _sizes(pictures: Pictures) -> str:
    return ", ".join(f"{name} {int((pictures.split_of == name).sum())}" for name in SPLITS)


def _levels(
    model: DiscreteAutoencoder, chosen: Pictures, pictures: Pictures, tell: Progress
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
        model, known, fields, lambda part: tell("Averaging swatches", 0.65 + 0.35 * part)
    )
    return [
        _level(codes[index], train_codes[index] if train_codes else None, swatches[index], fields[index])
        for index in range(len(codes))
    ]


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
