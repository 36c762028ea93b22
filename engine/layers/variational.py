"""What variational autoencoders with a diagonal Gaussian posterior share: options, draws and the ELBO."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import torch
from msgspec import Meta
from torch import Tensor

from engine.layers.likelihoods import (
    Bernoulli,
    Gaussian,
    Likelihood,
    kl_to_standard_normal,
    with_free_bits,
)
from engine.layers.stacks import StackConfig
from engine.models.base import Draws, Latent


class VariationalConfig(StackConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The likelihood and the weights of the ELBO's terms."""

    likelihood: Annotated[Literal["bernoulli", "gaussian"], Meta(description="what p(x|z) is")] = "gaussian"
    variance: Annotated[Literal["learned", "fixed"], Meta(description="of a gaussian likelihood")] = "learned"
    pixel_variance: Annotated[
        float, Meta(ge=1e-5, le=1.0, description="variance of p(x|z), or where a learned one starts")
    ] = 0.06
    binarise: Annotated[
        Literal["none", "static", "dynamic"],
        Meta(description="pixels drawn 0 or 1 by their grey value: once, or at every step"),
    ] = "none"
    kl_weight: Annotated[float, Meta(ge=0.0, le=1000.0, description="weight of the KL, beta")] = 1.0
    kl_warmup_steps: Annotated[int, Meta(ge=0, description="steps until the KL has its weight")] = 0
    free_bits: Annotated[
        float, Meta(ge=0.0, le=100.0, description="nats of KL per latent number that cost nothing")
    ] = 0.0


def likelihood_of(config: VariationalConfig) -> Likelihood:
    """p(x|z) as the options say."""
    if config.likelihood == "bernoulli":
        return Bernoulli()
    return Gaussian(config.pixel_variance, config.variance == "learned")


def posterior(numbers: Tensor) -> Latent:
    """An encoder's (B, 2D) as the mean and log variance of q(z|x), (B, D) each."""
    return Latent(*numbers.float().chunk(2, dim=1))


def reparameterised(latent: Latent, draws: Draws) -> Tensor:
    """z = mean + sigma * epsilon, (B, D); arXiv 1312.6114, section 2.4."""
    if latent.log_var is None:
        return latent.mean
    epsilon = draws.normal("posterior", *latent.mean.shape).to(latent.mean.device)
    return latent.mean + (latent.log_var / 2).exp() * epsilon


def binary_draw(images: Tensor, draws: Draws) -> Tensor:
    """Pixels that are 1 with the probability of their value, else 0; what is 0 or 1 stays so."""
    return (draws.uniform("binarise", *images.shape).to(images.device) < images).float()


def kl_weight_at(config: VariationalConfig, step: int) -> float:
    """The KL's weight: rises in a straight line from 0 to `kl_weight`."""
    if step >= config.kl_warmup_steps:
        return config.kl_weight
    return config.kl_weight * step / config.kl_warmup_steps


def negative_elbo(
    config: VariationalConfig, log_likelihood: Tensor, latent: Latent, step: int
) -> tuple[Tensor, Mapping[str, Tensor]]:
    """The loss in nats per picture and its terms: `elbo` and `kl` are what they are without weights.

    `log_likelihood` (B,) of one z per picture.
    """
    assert latent.log_var is not None
    kl = kl_to_standard_normal(latent.mean, latent.log_var)
    weight = torch.tensor(kl_weight_at(config, step))
    reconstruction, plain_kl = -log_likelihood.mean(), kl.sum(1).mean()
    total = reconstruction + weight.to(kl.device) * with_free_bits(kl, config.free_bits)
    terms = {"reconstruction": reconstruction, "kl": plain_kl, "elbo": -reconstruction - plain_kl}
    return total, {**{name: term.detach() for name, term in terms.items()}, "kl_weight": weight}
