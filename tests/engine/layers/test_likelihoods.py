"""Likelihoods and KL against torch.distributions."""

from __future__ import annotations

import math

import pytest
import torch
from torch import distributions

from engine.layers.likelihoods import (
    LOG_VARIANCE_FLOOR,
    Bernoulli,
    Gaussian,
    kl_to_standard_normal,
    with_free_bits,
)

SHAPE = (3, 2, 5, 4)


def numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_bernoulli_is_that_of_torch() -> None:
    logits, targets = 4 * numbers(*SHAPE), (numbers(*SHAPE, seed=1) > 0).float()
    expected = distributions.Bernoulli(logits=logits).log_prob(targets).sum((1, 2, 3))
    torch.testing.assert_close(Bernoulli().log_prob(logits, targets), expected)
    torch.testing.assert_close(Bernoulli().mean(logits), distributions.Bernoulli(logits=logits).mean)


def test_bernoulli_keeps_logits_that_are_certain() -> None:
    logits = torch.tensor([200.0, -200.0, 200.0]).view(1, 1, 1, 3)
    nats = Bernoulli().log_prob(logits, torch.tensor([1.0, 0.0, 0.0]).view(1, 1, 1, 3))
    torch.testing.assert_close(nats, torch.tensor([-200.0]))


@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("variance", [1e-5, 0.06, 1.0])
def test_gaussian_is_that_of_torch(learned: bool, variance: float) -> None:
    output, targets = numbers(*SHAPE), torch.rand(SHAPE, generator=torch.Generator().manual_seed(1))
    gaussian = Gaussian(variance, learned)
    mean = (output + 1) / 2
    torch.testing.assert_close(gaussian.mean(output), mean)
    expected = distributions.Normal(mean, math.sqrt(variance)).log_prob(targets).sum((1, 2, 3))
    torch.testing.assert_close(gaussian.log_prob(output, targets), expected, rtol=1e-4, atol=1e-3)


def test_a_learned_variance_is_best_at_the_squared_error_and_a_fixed_one_stays() -> None:
    output, targets = 0.2 * numbers(1, 1, 40, 40), torch.full((1, 1, 40, 40), 0.5)
    mse = float((0.2 * numbers(1, 1, 40, 40) / 2).square().mean())
    at_best = Gaussian(mse, learned=True)
    (slope,) = torch.autograd.grad(at_best.log_prob(output, targets).sum(), at_best.raw_log_variance)
    assert slope.item() == pytest.approx(0.0, abs=1e-2)
    too_wide = Gaussian(2 * mse, learned=True)
    (slope,) = torch.autograd.grad(too_wide.log_prob(output, targets).sum(), too_wide.raw_log_variance)
    assert float(slope) < -100
    assert not Gaussian(0.06, learned=False).raw_log_variance.requires_grad


def test_a_learned_variance_stays_above_what_rounding_leaves() -> None:
    gaussian = Gaussian(0.06, learned=True)
    with torch.no_grad():
        gaussian.raw_log_variance.fill_(-1e4)
    assert gaussian.log_variance.item() == pytest.approx(LOG_VARIANCE_FLOOR)
    assert math.exp(LOG_VARIANCE_FLOOR) == pytest.approx((1 / 255) ** 2 / 12)


def test_kl_is_that_of_torch() -> None:
    mean, log_var = numbers(7, 5), numbers(7, 5, seed=1)
    posterior = distributions.Normal(mean, (log_var / 2).exp())
    expected = distributions.kl_divergence(posterior, distributions.Normal(0.0, 1.0))
    torch.testing.assert_close(kl_to_standard_normal(mean, log_var), expected)
    assert float(kl_to_standard_normal(torch.zeros(1, 1), torch.zeros(1, 1))) == 0.0


def test_free_bits_by_hand_and_without_a_gradient_below() -> None:
    kl = torch.tensor([[0.1, 1.0], [0.3, 5.0]], requires_grad=True)
    floored = with_free_bits(kl, 0.5)  # means 0.2 and 3: the first counts as 0.5
    assert floored.item() == pytest.approx(3.5)
    (slopes,) = torch.autograd.grad(floored, kl)
    assert slopes.tolist() == [[0.0, 0.5], [0.0, 0.5]]
    assert with_free_bits(kl, 0.0).item() == pytest.approx(3.2)


def test_nats_are_of_float32_whatever_came_in() -> None:
    half = numbers(*SHAPE).bfloat16()
    targets = (numbers(*SHAPE, seed=1) > 0).float()
    for likelihood in (Bernoulli(), Gaussian(0.06, learned=True)):
        assert likelihood.log_prob(half, targets).dtype == torch.float32
        torch.testing.assert_close(
            likelihood.log_prob(half, targets), likelihood.log_prob(half.float(), targets)
        )
    kl = kl_to_standard_normal(half.flatten(1), half.flatten(1))
    assert kl.dtype == torch.float32
    torch.testing.assert_close(kl, kl_to_standard_normal(half.float().flatten(1), half.float().flatten(1)))
