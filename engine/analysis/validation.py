"""The figures by which the best model of a run is chosen."""

from __future__ import annotations

from collections.abc import Mapping

from engine.analysis.likelihood import measure_nats
from engine.analysis.reconstruction import mean_squared_error, psnr_of
from engine.data.source import Pictures
from engine.models.base import Autoencoder, VariationalAutoencoder


def validate(model: Autoencoder, pictures: Pictures, measured: Pictures | None = None) -> dict[str, float]:
    """`valid_mse` and `valid_psnr` of mean latents; for variational models also `valid_elbo` and its terms.

    Those that learn by several draws of z have a `valid_importance_bound` of as many. Nats are means over
    pictures of sums over pixels, the draws the same at every call.
    `measured` are the pictures that they are measured on where these are not `pictures`: see `nats_pictures`.
    """
    mse = mean_squared_error(model, pictures)
    figures = {"valid_mse": mse, "valid_psnr": psnr_of(mse)}
    if isinstance(model, VariationalAutoencoder):
        samples = model.importance_samples
        nats = measure_nats(model, pictures if measured is None else measured, samples)
        figures |= {"valid_elbo": nats.elbo, "valid_kl": nats.kl, "valid_reconstruction": nats.reconstruction}
        if samples > 1:
            figures["valid_importance_bound"] = -nats.nll
    return figures


def nats_pictures(model: Autoencoder, pictures: Pictures) -> Pictures:
    """Those that nats are measured on: grey values have no Bernoulli likelihood, so they are drawn once."""
    likelihood, binarise = (getattr(model.config, name, None) for name in ("likelihood", "binarise"))
    return pictures.binarised() if (likelihood, binarise) == ("bernoulli", "none") else pictures


def score(figures: Mapping[str, float]) -> float:
    """What is highest for the best model: its bound, or minus the squared error where it has none."""
    names = "valid_importance_bound", "valid_elbo"
    return next((figures[name] for name in names if name in figures), -figures["valid_mse"])
