"""Bits per code against arithmetic by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.priors import likelihood
from engine.priors.likelihood import bits_per_code
from tests.small import small_model, small_priors, small_two_level_model


@pytest.mark.parametrize("labelled", [False, True])
def test_bits_are_cross_entropies_given_the_label(labelled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likelihood, "BATCH", 4)
    model = small_two_level_model()
    prior = small_priors(model, labels=2)
    generator = torch.Generator().manual_seed(0)
    codes = [torch.randint(0, 24, (10, side, side), generator=generator) for side in (2, 4)]
    labels = np.arange(10) % 2
    condition = torch.eye(2)[labels] if labelled else None
    told: list[float] = []
    grids = [level.numpy().astype(np.uint16) for level in codes]
    bits = bits_per_code(prior, grids, labels if labelled else None, told.append)
    for level, logits, figure in zip(codes, prior(codes, condition), bits, strict=True):
        p = torch.softmax(logits.double(), 1).gather(1, level[:, None])
        assert figure == pytest.approx(-p.log2().mean().item(), rel=1e-5)
    assert told == [0.4, 0.8, 1.0]


def test_large_grids_come_in_smaller_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    prior = small_priors(small_model())
    codes = [np.zeros((5, 4, 4), np.uint16)]
    whole = bits_per_code(prior, codes, None)
    monkeypatch.setattr(likelihood, "BATCH_CELLS", 8)  # less than one grid
    told: list[float] = []
    assert bits_per_code(prior, codes, None, told.append) == pytest.approx(whole)
    assert len(told) == 5
