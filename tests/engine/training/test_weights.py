"""Averaged weights: the average is the one of the equation, and swapping copies nothing."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.training.weights import AveragedWeights


def linear() -> nn.Linear:
    torch.manual_seed(2)
    return nn.Linear(3, 2)


def wander(model: nn.Module, steps: int, averages: AveragedWeights) -> list[torch.Tensor]:
    """Random steps; the weights after each."""
    seen = []
    for step in range(steps):
        with torch.no_grad():
            for p in model.parameters():
                p.add_(torch.randn(p.shape))
        averages.update(step)
        seen.append(model.weight.detach().clone())
    return seen


def test_the_average_follows_its_equation() -> None:
    model = linear()
    expected = model.weight.detach().double()
    averages = AveragedWeights(model, 0.9)
    for step, weight in enumerate(wander(model, 200, averages)):
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * weight.double()
    with averages.in_place():
        torch.testing.assert_close(model.weight.double(), expected, rtol=0, atol=1e-5)


def test_after_the_block_the_trained_weights_are_back_to_the_bit() -> None:
    model = linear()
    averages = AveragedWeights(model, 0.9)
    last = wander(model, 5, averages)[-1]
    with averages.in_place():
        assert not torch.equal(model.weight, last)
        assert torch.equal(averages.trained()["weight"], last)
    assert torch.equal(model.weight, last)
    with pytest.raises(ValueError, match="in the block"), averages.in_place():
        raise ValueError("in the block")
    assert torch.equal(model.weight, last)


def test_what_is_not_trained_is_left_alone() -> None:
    model = linear()
    model.bias.requires_grad_(False)
    averages = AveragedWeights(model, 0.9)
    wander(model, 3, averages)
    bias = model.bias.clone()
    with averages.in_place():
        assert torch.equal(model.bias, bias)
    assert list(averages.trained()) == ["weight"]


def test_a_restored_pair_goes_on_as_before() -> None:
    model = linear()
    averages = AveragedWeights(model, 0.9)
    wander(model, 5, averages)
    trained = {name: weight.clone() for name, weight in averages.trained().items()}
    other = linear()
    with averages.in_place():
        other.load_state_dict(model.state_dict())
    restored = AveragedWeights(other, 0.9)
    restored.restore(trained)
    for pair in ((model, averages), (other, restored)):
        torch.manual_seed(9)
        wander(pair[0], 3, pair[1])
    assert torch.equal(model.weight, other.weight)
    with averages.in_place(), restored.in_place():
        assert torch.equal(model.weight, other.weight)
