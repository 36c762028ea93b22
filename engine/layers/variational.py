"""What variational autoencoders with a diagonal Gaussian posterior share: options, draws and the loss.

    log p(x) >= E_q[ log 1/K sum_k p(x|z_k) p(z_k) / q(z_k|x) ],   z_k ~ q(z|x)  (arXiv 1509.00519, eq. 8)

With K = 1 this is the ELBO (arXiv 1312.6114, eq. 3), whose KL is known in closed form. More draws bring the
bound nearer to log p(x): the model is judged, and so learns, less by how well one Gaussian fits p(z|x).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from msgspec import Meta
from torch import Tensor

from engine.errors import OptionFault
from engine.layers.likelihoods import (
    Bernoulli,
    Gaussian,
    Likelihood,
    kl_to_standard_normal,
    with_free_bits,
)
from engine.layers.stacks import StackConfig
from engine.models.base import Draws, Latent, LossResult


class VariationalConfig(StackConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The likelihood, and the bound that is learned by."""

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
    importance_samples: Annotated[
        int, Meta(ge=1, le=1000, description="draws of z per picture, K, that the bound averages over")
    ] = 1


def likelihood_of(config: VariationalConfig) -> Likelihood:
    """p(x|z) as the options say."""
    if config.likelihood == "bernoulli":
        return Bernoulli()
    return Gaussian(config.pixel_variance, config.variance == "learned")


def posterior(numbers: Tensor) -> Latent:
    """An encoder's (B, 2D) as the mean and log variance of q(z|x), (B, D) each."""
    return Latent(*numbers.float().chunk(2, dim=1))


def reparameterised(latent: Latent, noise: Tensor) -> Tensor:
    """z = mean + sigma * epsilon: `noise` (B, K, D) -> (B, K, D), K draws; arXiv 1312.6114, section 2.4."""
    assert latent.log_var is not None
    return latent.mean[:, None] + (latent.log_var[:, None] / 2).exp() * noise


def log_prior_to_posterior(latent: Latent, noise: Tensor, z: Tensor) -> Tensor:
    """log p(z) / q(z|x) where z is `reparameterised` `noise`, (B, K, D) both: (B, K). Constants cancel."""
    assert latent.log_var is not None
    return 0.5 * (noise.square() - z.square() + latent.log_var[:, None]).sum(dim=2)


def binary_draw(images: Tensor, draws: Draws) -> Tensor:
    """Pixels that are 1 with the probability of their value, else 0; what is 0 or 1 stays so."""
    return (draws.uniform("binarise", *images.shape).to(images.device) < images).float()


def kl_weight_at(config: VariationalConfig, step: int) -> float:
    """The KL's weight: rises in a straight line from 0 to `kl_weight`."""
    if step >= config.kl_warmup_steps:
        return config.kl_weight
    return config.kl_weight * step / config.kl_warmup_steps


def refuse_conflicting(config: VariationalConfig) -> None:
    """Raises `OptionFault` where options ask for what does not go together."""
    if config.free_bits and config.importance_samples > 1:
        raise OptionFault(
            f"free_bits {config.free_bits:g} and importance_samples {config.importance_samples} do not go "
            "together: use free_bits 0 or importance_samples 1"
        )


def variational_loss(
    config: VariationalConfig,
    likelihood: Likelihood,
    images: Tensor,
    targets: Tensor,
    latent: Latent,
    decoded: Callable[[Tensor], Tensor],
    draws: Draws,
) -> LossResult:
    """The negative bound in nats per picture, of `targets`, drawn from `images` (B, C, H, W) in [0, 1].

    `decoded` gives what the decoder puts out for z (B * K, D), picture by picture, K of each.
    """
    draws_each = config.importance_samples
    noise = draws.normal("posterior", len(targets), draws_each, config.latent_dim).to(targets.device)
    z = reparameterised(latent, noise)
    output = decoded(z.flatten(0, 1))
    repeated = targets[:, None].expand(-1, draws_each, -1, -1, -1).flatten(0, 1)
    log_likelihood = likelihood.log_prob(output, repeated).view(-1, draws_each)
    if draws_each == 1:
        total, terms = negative_elbo(config, log_likelihood[:, 0], latent, draws.step)
    else:
        ratio = log_prior_to_posterior(latent, noise, z)
        total, terms = negative_importance_bound(config, log_likelihood, ratio, latent, draws.step)
    with torch.no_grad():
        mse = F.mse_loss(likelihood.mean(output[::draws_each]).clamp(0.0, 1.0), images)
    return LossResult(total, {**terms, "mse": mse})


def negative_elbo(
    config: VariationalConfig, log_likelihood: Tensor, latent: Latent, step: int
) -> tuple[Tensor, Mapping[str, Tensor]]:
    """The loss in nats per picture and its terms: `elbo` and `kl` are what they are without weights.

    `log_likelihood` (B,) of one z per picture.
    """
    kl, weight = _kl(latent), kl_weight_at(config, step)
    total = -log_likelihood.mean() + weight * with_free_bits(kl, config.free_bits)
    return total, _terms(log_likelihood, kl, weight)


def negative_importance_bound(
    config: VariationalConfig, log_likelihood: Tensor, log_ratio: Tensor, latent: Latent, step: int
) -> tuple[Tensor, Mapping[str, Tensor]]:
    """As `negative_elbo`, of K draws: `log_likelihood` and `log_prior_to_posterior`, (B, K) both.

    Where the KL has a weight, the ratio that stands in its place has it.
    """
    weight = kl_weight_at(config, step)
    draws = math.log(log_likelihood.shape[1])
    bound = (torch.logsumexp(log_likelihood + weight * log_ratio, dim=1) - draws).mean()
    plain = (torch.logsumexp((log_likelihood + log_ratio).detach(), dim=1) - draws).mean()
    return -bound, {**_terms(log_likelihood, _kl(latent), weight), "importance_bound": plain}


def _kl(latent: Latent) -> Tensor:
    assert latent.log_var is not None
    return kl_to_standard_normal(latent.mean, latent.log_var)


def _terms(log_likelihood: Tensor, kl: Tensor, weight: float) -> dict[str, Tensor]:
    """Of the ELBO, without weights."""
    reconstruction, plain_kl = -log_likelihood.detach().mean(), kl.detach().sum(1).mean()
    elbo = -reconstruction - plain_kl
    return {
        "reconstruction": reconstruction,
        "kl": plain_kl,
        "elbo": elbo,
        "kl_weight": torch.tensor(weight),
    }
