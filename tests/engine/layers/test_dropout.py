"""Dropout: the share asked for, the mean kept, from torch's own generator."""

from __future__ import annotations

import pytest
import torch

from engine.layers.dropout import dropout


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5, 0.999])
def test_the_share_is_dropped_and_the_mean_kept(share: float) -> None:
    torch.manual_seed(0)
    values = dropout(torch.ones(7, 33, 20, 21), share)
    dropped = (values == 0).float().mean().item()
    assert dropped == pytest.approx(share, abs=0.005)
    factor = 256 / (256 - min(round(share * 256), 255))
    assert torch.all((values == 0) | (values == factor))
    assert values.shape == (7, 33, 20, 21)


def test_it_draws_from_torchs_generator() -> None:
    features = torch.ones(2, 3, 4, 5)
    torch.manual_seed(1)
    first, second = dropout(features, 0.5), dropout(features, 0.5)
    torch.manual_seed(1)
    assert torch.equal(dropout(features, 0.5), first)
    assert not torch.equal(first, second)


def test_gradients_pass_where_values_do() -> None:
    features = torch.ones(2, 8, 4, 4, dtype=torch.bfloat16, requires_grad=True)
    values = dropout(features, 0.25)
    values.sum().backward()
    assert features.grad is not None
    assert values.dtype == torch.bfloat16
    assert torch.equal(features.grad, values)
