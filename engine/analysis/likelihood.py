"""How likely a variational model finds pictures: the ELBO, its terms, and an importance-sampled estimate.

    log p(x) >= E_q[log p(x|z)] - KL(q(z|x) || p(z))                            (arXiv 1312.6114, eq. 3)
    log p(x) ~= log 1/S sum_s p(x|z_s) p(z_s) / q(z_s|x),   z_s ~ q(z|x)        (arXiv 1401.4082, app. E)

The second is, for finite S, in expectation a lower bound too: its nats can only be too many.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.analysis.reconstruction import device_of, labelled_batches
from engine.data.source import Pictures
from engine.layers.variational import log_prior_to_posterior, reparameterised
from engine.models.base import Draws, Latent, VariationalAutoencoder

ACTIVE_ABOVE = 0.01
"""A latent unit is active where its posterior mean varies more over the data (arXiv 1509.00519, sec. 5.2)."""
DECODED_AT_ONCE = 2**19
"""Values of pictures decoded together: enough to keep the processor busy, little enough for its caches."""


@dataclass(frozen=True, slots=True)
class Nats:
    """Means over pictures, in nats summed over pixels; `nll` = -log p(x), importance sampled."""

    reconstruction: float  # -E_q[log p(x|z)]
    kl: float
    nll: float
    active_units: int

    @property
    def elbo(self) -> float:
        """E_q[log p(x|z)] - KL."""
        return -self.reconstruction - self.kl


@torch.inference_mode()
def measure_nats(
    model: VariationalAutoencoder,
    pictures: Pictures,
    samples: int,
    done: Callable[[float], None] = lambda _part: None,
) -> Nats:
    """Nats of `pictures` with `samples` draws of z per picture, equal whenever it is called.

    `done` is told the share done, 0 to 1.
    """
    measured = _Measured(model.latent_dim)
    for number, (images, condition) in enumerate(labelled_batches(model, pictures, device_of(model))):
        draws = Draws(step=number)
        targets = model.targets(images, draws)
        latent = model.encode(targets, condition)
        together = max(1, DECODED_AT_ONCE // (samples * targets[0].numel()))
        for first in range(0, len(images), together):
            rows = slice(first, first + together)
            weights = None if condition is None else condition[rows]
            noise = draws.normal(f"from {first}", len(targets[rows]), samples, model.latent_dim)
            measured.add(*_sampled(model, targets[rows], _rows(latent, rows), weights, noise))
        measured.add_means(latent)
        done(measured.pictures / len(pictures))
    return measured.nats()


def _rows(latent: Latent, rows: slice) -> Latent:
    return Latent(latent.mean[rows], None if latent.log_var is None else latent.log_var[rows])


def _sampled(
    model: VariationalAutoencoder, targets: Tensor, latent: Latent, condition: Tensor | None, noise: Tensor
) -> tuple[Tensor, Tensor]:
    """log p(x|z_s) and log p(z_s) / q(z_s|x) where z_s is `noise` (B, S, D) moved to q: (B, S) twice."""
    noise = noise.to(latent.mean.device)
    z, samples = reparameterised(latent, noise), noise.shape[1]
    log_ratio = log_prior_to_posterior(latent, noise, z)
    picture = torch.arange(len(z), device=z.device).repeat_interleave(samples)
    at_once = max(1, DECODED_AT_ONCE // targets[0].numel())
    log_p = [
        model.log_likelihood(targets[rows], some_z, None if condition is None else condition[rows])
        for some_z, rows in zip(
            torch.split(z.flatten(0, 1), at_once), torch.split(picture, at_once), strict=True
        )
    ]
    return torch.cat(log_p).view(-1, samples), log_ratio


class _Measured:
    """Sums over pictures."""

    def __init__(self, latent_dim: int) -> None:
        self.pictures = 0
        self._reconstruction = self._kl = self._nll = 0.0
        self._sum = torch.zeros(latent_dim, dtype=torch.float64)
        self._squares = torch.zeros(latent_dim, dtype=torch.float64)

    def add(self, log_p: Tensor, log_ratio: Tensor) -> None:
        """`_sampled` of some pictures, (B, S) twice."""
        self._reconstruction -= float(log_p.mean(dim=1).sum())
        joint = torch.logsumexp(log_p + log_ratio, dim=1) - math.log(log_p.shape[1])
        self._nll -= float(joint.sum())

    def add_means(self, latent: Latent) -> None:
        """The posteriors of a batch, (B, D)."""
        assert latent.log_var is not None
        mean, log_var = latent.mean.cpu().double(), latent.log_var.cpu().double()
        self._kl += float(0.5 * (mean.square() + log_var.exp() - log_var - 1).sum())
        self._sum += mean.sum(dim=0)
        self._squares += mean.square().sum(dim=0)
        self.pictures += len(mean)

    def nats(self) -> Nats:
        n = self.pictures
        variance = self._squares / n - (self._sum / n).square()
        return Nats(
            reconstruction=self._reconstruction / n,
            kl=self._kl / n,
            nll=self._nll / n,
            active_units=int((variance > ACTIVE_ABOVE).sum()),
        )
