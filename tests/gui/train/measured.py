"""Figures as a training measures them, made up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gui.train.curve_choice import RunCurves

Series = tuple[NDArray[np.float64], NDArray[np.float64]]


def series(*values: float) -> Series:
    """One value per step, from step 1 on."""
    return np.arange(1, len(values) + 1, dtype=np.float64), np.array(values, dtype=np.float64)


def falling(count: int = 50, scale: float = 1.0) -> Series:
    return series(*(scale / np.arange(1, count + 1)))


def discrete(scale: float = 1.0) -> dict[str, Series]:
    """As of a model with one level of codes."""
    return {
        "loss": falling(scale=scale),
        "mse": falling(scale=0.1 * scale),
        "codebook": falling(),
        "commitment": falling(),
        "valid_mse": falling(3, 0.1 * scale),
        "valid_psnr": series(20, 22, 24),
        "used_0": falling(scale=100),
        "perplexity_0": falling(scale=90),
        "learning_rate": falling(scale=1e-3),
        "images_per_s": falling(scale=900),
    }


def variational() -> dict[str, Series]:
    names = ("loss", "reconstruction", "kl", "mse", "learning_rate")
    return {name: falling() for name in names} | {"elbo": series(-200, -150), "valid_elbo": series(-140)}


def priors(levels: int = 2, scale: float = 1.0) -> dict[str, Series]:
    """As of priors of a model with so many levels of codes."""
    bits = {f"bits_{level}": falling(scale=8.0 * scale) for level in range(levels)}
    valid = {f"valid_bits_{level}": series(5, 4) for level in range(levels)}
    besides = {"learning_rate": falling(scale=1e-3), "gradient_norm": falling(), "images_per_s": falling()}
    return {"loss": falling(scale=5.5 * scale), **bits, "valid_bits": series(5, 4), **valid, **besides}


def run(key: str = "a", colour: str = "#56b4e9", measured: dict[str, Series] | None = None) -> RunCurves:
    return RunCurves(key, f"run {key}", colour, discrete() if measured is None else measured)
