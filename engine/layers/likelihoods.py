"""What p(x|z) is, in nats: Bernoulli and Gaussian pictures, and the KL of a diagonal Gaussian to N(0, I).

All of it computes in float32, whatever autocast says: a picture's nats are sums over thousands of pixels.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LOG_VARIANCE_FLOOR = math.log(1 / 12) - 2 * math.log(255)
"""Log of the variance that rounding to 1/255 leaves: a learned one below it would only model the rounding."""


class Likelihood(nn.Module, ABC):
    """A distribution over pictures, given what the decoder puts out for them."""

    @abstractmethod
    def mean(self, output: Tensor) -> Tensor:
        """The distribution's mean, (B, C, H, W) float32; a Gaussian's may leave [0, 1]."""

    @abstractmethod
    def log_prob(self, output: Tensor, targets: Tensor) -> Tensor:
        """log p(targets | output) in nats, summed over each picture: (B, C, H, W) twice -> (B,)."""


class Bernoulli(Likelihood):
    """Independent pixels that are 0 or 1; the decoder gives logits."""

    def mean(self, output: Tensor) -> Tensor:
        return torch.sigmoid(output.float())

    def log_prob(self, output: Tensor, targets: Tensor) -> Tensor:
        nats = F.binary_cross_entropy_with_logits(output.float(), targets.float(), reduction="none")
        return -nats.flatten(1).sum(1)


class Gaussian(Likelihood):
    """Independent pixels of one common variance, fixed or learned; the decoder gives means scaled to [-1, 1].

    The learned one is a scalar, as in arXiv 2006.13202: its optimum is the mean squared error, so that
    reconstruction and KL are weighed against each other by the data.
    """

    def __init__(self, variance: float, learned: bool) -> None:
        """`variance` of pixels in [0, 1], above the floor: where a learned one starts."""
        super().__init__()
        above = math.log(variance) - LOG_VARIANCE_FLOOR
        start = torch.tensor(math.log(math.expm1(above)))  # softplus gives `above` back
        self.raw_log_variance = nn.Parameter(start, requires_grad=learned)

    @property
    def log_variance(self) -> Tensor:
        """A scalar, float32, above `LOG_VARIANCE_FLOOR`."""
        return LOG_VARIANCE_FLOOR + F.softplus(self.raw_log_variance.float())

    def mean(self, output: Tensor) -> Tensor:
        return (output.float() + 1) / 2

    def log_prob(self, output: Tensor, targets: Tensor) -> Tensor:
        squares = (self.mean(output) - targets.float()).square().flatten(1)
        constant = math.log(2 * math.pi) + self.log_variance
        return -0.5 * (squares.sum(1) / self.log_variance.exp() + constant * squares.shape[1])


def kl_to_standard_normal(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, exp(log_var)) || N(0, I)) per dimension, in nats: (B, D); arXiv 1312.6114, appendix B."""
    mean, log_var = mean.float(), log_var.float()
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var)


def with_free_bits(kl: Tensor, nats: float) -> Tensor:
    """sum_j max(nats, mean of KL_j over the batch): (B, D) -> a scalar; arXiv 1606.04934, eq. 15."""
    return kl.mean(0).clamp(min=nats).sum()
