"""Priors of several levels: what each is told, what is dropped, what the loss is."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.decoding.decoder import CodeLevel
from engine.models.base import Draws
from engine.priors.hierarchical import HierarchicalPrior
from tests.small import small_prior_config

LEVELS = (CodeLevel(16, 4, 2), CodeLevel(8, 5, 2), CodeLevel(2, 6, 2))


def priors(levels: tuple[CodeLevel, ...] = LEVELS, **changes: object) -> HierarchicalPrior:
    torch.manual_seed(1)
    return HierarchicalPrior(small_prior_config(**changes), levels).eval()


def codes(batch: int = 2, rows: int = 2, columns: int = 3) -> list[Tensor]:
    generator = torch.Generator().manual_seed(2)
    ratios = [LEVELS[0].stride_px // level.stride_px for level in LEVELS]
    return [
        torch.randint(0, level.codes, (batch, rows * ratio, columns * ratio), generator=generator)
        for level, ratio in zip(LEVELS, ratios, strict=True)
    ]


def test_every_level_has_logits_of_its_own_size() -> None:
    given = codes()
    said = priors()(given)
    assert [tuple(level.shape) for level in said] == [(2, 4, 2, 3), (2, 5, 4, 6), (2, 6, 16, 24)]
    assert [len(priors(LEVELS[:count])(given[:count])) for count in (1, 2)] == [1, 2]


def test_tensors_are_named_by_level_as_in_the_file() -> None:
    assert {name.split(".")[0] for name in priors().state_dict()} == {"0", "1", "2"}
    assert not any(name.startswith("0.context") for name in priors().state_dict())


def test_finer_levels_are_told_of_coarser_ones_and_never_the_other_way() -> None:
    model, given = priors(), codes(batch=1)
    before = model(given)
    for changed in range(3):
        other = [grid.clone() for grid in given]
        other[changed][0, -1, -1] = (other[changed][0, -1, -1] + 1) % LEVELS[changed].codes
        after = model(other)
        for level in range(3):
            # No cell of its own level comes after the last; finer ones see it from the first one under it.
            assert torch.equal(before[level], after[level]) == (level <= changed)
        for level in range(changed + 1, 3):
            first = LEVELS[changed].stride_px // LEVELS[level].stride_px
            assert not torch.equal(before[level][..., -first, -first], after[level][..., -first, -first])


def test_the_loss_is_the_nats_of_all_codes_by_their_number() -> None:
    model, given = priors(), codes()
    result = model.loss(given)
    nats = [
        F.cross_entropy(logits, grid, reduction="none")
        for logits, grid in zip(model(given), given, strict=True)
    ]
    everything = sum(level.sum() for level in nats) / sum(grid.numel() for grid in given)
    torch.testing.assert_close(result.total, everything)
    for level, expected in enumerate(nats):
        bits = result.terms[f"bits_{level}"].item()
        assert bits == pytest.approx(expected.mean().item() / torch.tensor(2.0).log().item(), rel=1e-5)
    assert [tuple(level.shape) for level in model.nats(given)] == [tuple(grid.shape) for grid in given]


def test_some_labels_are_dropped_as_the_draws_say() -> None:
    given = codes(batch=64)[:1]
    model = priors(LEVELS[:1], labels=3, label_dropout=0.25)
    condition = F.one_hot(torch.arange(64) % 3, 3).float()
    draws = Draws(seed=3, step=8)
    kept = draws.uniform("labels", 64) >= 0.25
    assert 0 < int((~kept).sum()) < 32
    expected = model.nats(given, condition * kept[:, None])[0].mean()
    torch.testing.assert_close(model.loss(given, condition, draws).total, expected)
    never = priors(LEVELS[:1], labels=3, label_dropout=0.0)
    torch.testing.assert_close(
        never.loss(given, condition, draws).total, never.nats(given, condition)[0].mean()
    )
    always = priors(LEVELS[:1], labels=3, label_dropout=1.0)
    torch.testing.assert_close(always.loss(given, condition, draws).total, always.nats(given)[0].mean())


def test_each_level_learns_as_if_it_were_alone() -> None:
    given = codes()
    together, alone = priors(), priors(LEVELS[:1])
    together.loss(given).total.backward()
    alone.loss(given[:1]).total.backward()
    cells = [grid.numel() for grid in given]
    share = cells[0] / sum(cells)
    for (name, weight), (_, own) in zip(
        together.levels[0].named_parameters(), alone.levels[0].named_parameters(), strict=True
    ):
        if own.grad is not None and weight.grad is not None:
            torch.testing.assert_close(weight.grad, share * own.grad, msg=name)
