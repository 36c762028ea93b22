"""The figures by which the best model of a run is chosen."""

from __future__ import annotations

from collections.abc import Mapping

from engine.analysis.likelihood import measure_nats
from engine.analysis.reconstruction import mean_squared_error, psnr_of
from engine.data.source import Pictures
from engine.models.base import Autoencoder, VariationalAutoencoder


def validate(model: Autoencoder, pictures: Pictures, measured: Pictures | None = None) -> dict[str, float]:
    """`valid_mse` and `valid_psnr` of mean latents; for variational models also `valid_elbo` and its terms.

    Nats are means over pictures of sums over pixels, z drawn once per picture, the same at every call.
    `measured` are the pictures that they are measured on where these are not `pictures`: see `nats_pictures`.
    """
    mse = mean_squared_error(model, pictures)
    figures = {"valid_mse": mse, "valid_psnr": psnr_of(mse)}
    if isinstance(model, VariationalAutoencoder):
        nats = measure_nats(model, pictures if measured is None else measured, samples=1)
        figures |= {"valid_elbo": nats.elbo, "valid_kl": nats.kl, "valid_reconstruction": nats.reconstruction}
    return figures


def nats_pictures(model: Autoencoder, pictures: Pictures) -> Pictures:
    """Those that nats are measured on: grey values have no Bernoulli likelihood, so they are drawn once."""
    likelihood, binarise = (getattr(model.config, name, None) for name in ("likelihood", "binarise"))
    return pictures.binarised() if (likelihood, binarise) == ("bernoulli", "none") else pictures


def score(figures: Mapping[str, float]) -> float:
    """What is highest for the best model: the ELBO, or minus the squared error where there is none."""
    return figures["valid_elbo"] if "valid_elbo" in figures else -figures["valid_mse"]
