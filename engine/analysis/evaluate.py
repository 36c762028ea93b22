"""The figures of `evaluate`: reconstruction and codebook use over a split, with the protocol they follow."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.analysis.reconstruction import mean_squared_error
from engine.analysis.statistics import FILL_DEVIATION
from engine.analysis.usage import encode_all, mean_swatches, uniform_fields
from engine.data.source import Pictures, open_data
from engine.errors import DataFault
from engine.models.base import DiscreteAutoencoder
from engine.models.registry import load


def evaluate(
    model_name: str | Path, data: str, split: str = "test", device: str | None = None
) -> dict[str, Any]:
    """All figures of a model on one split of a data set; what does not apply is None."""
    model = load(model_name, device)
    pictures = open_data(data, model.config.image_size, model.config.channels)
    chosen = pictures.split(split)
    if not len(chosen):
        raise DataFault(f"{data}: its {split} split is empty")
    started = time.monotonic()
    mse = mean_squared_error(model, chosen)
    levels = _levels(model, chosen, pictures.split("train")) if isinstance(model, DiscreteAutoencoder) else []
    return {
        "model": str(model_name),
        "data": pictures.data_name,
        "split": split,
        "images": len(chosen),
        "mse": mse,
        "psnr": -10 * math.log10(max(mse, 1e-12)),
        "levels": levels,
        "elbo_nats": None,
        "nll_nats": None,
        "active_units": None,
        "skipped": list(pictures.skipped),
        "seconds": round(time.monotonic() - started, 3),
        "protocol": "psnr = -10 log10(mse over all pixels of the split, images in [0, 1]); unigram_bits "
        "under the train split's code frequencies, add one; fill_field_sd_p95 in [0, 1], worst channel",
    }


def _levels(model: DiscreteAutoencoder, chosen: Pictures, train: Pictures) -> list[dict[str, Any]]:
    codes = encode_all(model, chosen)
    # Without a train split there are no frequencies to be judged by, and no occurrences for swatches.
    train_codes = encode_all(model, train) if len(train) else codes
    return [
        _level(model, index, codes[index], train_codes[index], bool(len(train)))
        for index in range(len(model.levels))
    ]


def _level(
    model: DiscreteAutoencoder, index: int, codes: torch.Tensor, train: torch.Tensor, has_train: bool
) -> dict[str, Any]:
    k = model.levels[index].codes
    counts = np.bincount(codes.flatten().numpy(), minlength=k)
    frequencies = counts / counts.sum()
    used = frequencies[frequencies > 0]
    fills, field_sd = _fills(model, train)
    return {
        "codes": k,
        "used_codes": int((counts > 0).sum()),
        "perplexity": float(np.exp(-(used * np.log(used)).sum())),
        "unigram_bits": _unigram_bits(counts, train, k) if has_train else None,
        "bits_per_code": None,
        "fill_codes": int(fills.sum()),
        "fill_field_sd_p95": float(np.percentile(field_sd[fills], 95)) if fills.any() else None,
    }


def _unigram_bits(counts: NDArray[np.int64], train: torch.Tensor, k: int) -> float:
    smoothed = np.bincount(train.flatten().numpy(), minlength=k) + 1.0
    return float(-(counts * np.log2(smoothed / smoothed.sum())).sum() / counts.sum())


def _fills(model: DiscreteAutoencoder, train: torch.Tensor) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which codes are fills, and how far each code's uniform field deviates within the cell, in [0, 1]."""
    used = np.bincount(train.flatten().numpy(), minlength=model.levels[0].codes) > 0
    swatch_sd = _deviation(mean_swatches(model, train))
    return used & (swatch_sd <= FILL_DEVIATION / 255), _deviation(uniform_fields(model))


def _deviation(cells: torch.Tensor) -> NDArray[np.float64]:
    spread = cells.double().std(dim=(2, 3), unbiased=False).amax(dim=1)
    return np.asarray(spread.numpy())
