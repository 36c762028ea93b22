"""The figures by which the best model of a run is chosen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import torch

from engine.analysis.reconstruction import device_of, labelled_batches, mean_squared_error, psnr_of
from engine.data.source import Pictures
from engine.models.base import NO_DRAWS, Autoencoder, Draws, VariationalAutoencoder

NATS = ("elbo", "reconstruction", "kl")


def validate(
    model: Autoencoder, pictures: Pictures, draws: Draws = NO_DRAWS, measured: Pictures | None = None
) -> dict[str, float]:
    """`valid_mse` and `valid_psnr` of mean latents; for variational models also `valid_elbo` and its terms.

    Nats are means over pictures of sums over pixels, z drawn once per picture: batch i of the split uses
    `draws` at its step + i, so equal draws give equal figures. `measured` are the pictures that nats are
    measured on where they are not `pictures`: see `nats_pictures`.
    """
    mse = mean_squared_error(model, pictures)
    figures = {"valid_mse": mse, "valid_psnr": psnr_of(mse)}
    if isinstance(model, VariationalAutoencoder):
        figures |= _nats(model, pictures if measured is None else measured, draws)
    return figures


def nats_pictures(model: Autoencoder, pictures: Pictures) -> Pictures:
    """Those that nats are measured on: grey values have no Bernoulli likelihood, so they are drawn once."""
    likelihood, binarise = (getattr(model.config, name, None) for name in ("likelihood", "binarise"))
    return pictures.binarised() if (likelihood, binarise) == ("bernoulli", "none") else pictures


def score(figures: Mapping[str, float]) -> float:
    """What is highest for the best model: the ELBO, or minus the squared error where there is none."""
    return figures["valid_elbo"] if "valid_elbo" in figures else -figures["valid_mse"]


@torch.inference_mode()
def _nats(model: VariationalAutoencoder, pictures: Pictures, draws: Draws) -> dict[str, float]:
    sums: defaultdict[str, float] = defaultdict(float)
    for index, (images, condition) in enumerate(labelled_batches(model, pictures, device_of(model))):
        terms = model.loss(images, condition, replace(draws, step=draws.step + index)).terms
        for name in NATS:
            sums[f"valid_{name}"] += float(terms[name]) * len(images)
    return {name: total / len(pictures) for name, total in sums.items()}
