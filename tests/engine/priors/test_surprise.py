"""Surprise against the equations, windows against the whole, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.codes.box import Box
from engine.decoding.decoder import CodeLevel
from engine.decoding.prior import CodePrior
from engine.decoding.windowed import read_window, surprise_window
from engine.errors import CodesFault, PriorFault
from engine.priors.hierarchical import HierarchicalPrior
from engine.priors.reach import margin
from engine.priors.surprise import likeliest, surprise
from engine.priors.torch_prior import TorchPrior
from tests.small import small_prior_config

ONE = (CodeLevel(4, 7, 2),)
TWO = (CodeLevel(8, 5, 2), CodeLevel(4, 7, 2))


def prior_of(levels: tuple[CodeLevel, ...], **changes: object) -> HierarchicalPrior:
    """Of random weights, made larger so that its distributions are far from uniform."""
    torch.manual_seed(1)
    prior = HierarchicalPrior(small_prior_config(**changes), levels).eval().requires_grad_(False)
    for parameter in prior.parameters():
        parameter.mul_(2.0)
    return prior


def grids_of(levels: tuple[CodeLevel, ...], rows: int = 5, columns: int = 8) -> list[NDArray[np.int64]]:
    rng, coarsest = np.random.default_rng(2), levels[0].stride_px
    ratios = [coarsest // level.stride_px for level in levels]
    return [
        rng.integers(0, level.codes, (rows * ratio, columns * ratio))
        for level, ratio in zip(levels, ratios, strict=True)
    ]


def distributions(
    prior: HierarchicalPrior, codes: list[NDArray[np.int64]], condition: list[float] | None = None
) -> list[NDArray[np.float64]]:
    """p (K, h, w) per level in float64, from the logits of the whole."""
    given = None if condition is None else torch.tensor([condition])
    logits = prior([torch.from_numpy(grid)[None] for grid in codes], given)
    exponentials = [np.exp(level[0].double().numpy()) for level in logits]
    return [level / level.sum(axis=0) for level in exponentials]


@pytest.mark.parametrize("levels", [ONE, TWO])
def test_bits_rank_and_entropy_are_those_of_the_equations(levels: tuple[CodeLevel, ...]) -> None:
    prior, codes = prior_of(levels, labels=2), grids_of(levels)
    said = surprise(prior, codes, np.array([0.25, 0.75], np.float32))
    for level, (p, grid) in enumerate(zip(distributions(prior, codes, [0.25, 0.75]), codes, strict=True)):
        chosen = np.take_along_axis(p, grid[None], axis=0)[0]
        np.testing.assert_allclose(said[level].bits, -np.log2(chosen), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(said[level].entropy, -(p * np.log2(p)).sum(axis=0), rtol=1e-4, atol=1e-5)
        order = np.argsort(-p, axis=0)
        assert np.array_equal(np.take_along_axis(order, said[level].ranks[None], axis=0)[0], grid)
        assert len(np.unique(said[level].ranks)) > 3


def test_the_bits_of_a_picture_add_up_to_the_nats_that_training_counts() -> None:
    prior, codes = prior_of(TWO), grids_of(TWO)
    nats = prior.nats([torch.from_numpy(grid)[None] for grid in codes])
    for level, expected in zip(surprise(prior, codes), nats, strict=True):
        assert level.bits.sum() * np.log(2) == pytest.approx(expected.sum().item(), rel=1e-5)


@pytest.mark.parametrize("levels", [ONE, TWO])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (23, 9), (4, 31)])
def test_windows_say_what_the_whole_says(levels: tuple[CodeLevel, ...], rows: int, columns: int) -> None:
    prior, codes = prior_of(levels), grids_of(levels, rows, columns)
    around = margin(prior)
    limit = (2 * around + 3) * levels[0].stride_px // levels[-1].stride_px
    assert max(rows, columns) == 1 or max(rows, columns) > 2 * around + 3
    whole, windows = surprise(prior, codes, limit=1000), surprise(prior, codes, limit=limit)
    for one, other in zip(whole, windows, strict=True):
        np.testing.assert_allclose(other.bits, one.bits, atol=1e-4)
        np.testing.assert_allclose(other.entropy, one.entropy, atol=1e-4)
        assert np.array_equal(other.ranks, one.ranks)


def test_a_window_read_with_the_margin_is_the_same_part_of_the_whole() -> None:
    prior, codes, box = prior_of(TWO), grids_of(TWO, 20, 24), Box(9, 11, 12, 15)
    numpy_prior = TorchPrior(prior, (), 8, lambda _: np.eye(5, dtype=np.float32))
    assert isinstance(numpy_prior, CodePrior)
    part = surprise_window(numpy_prior, read_window(codes, box, numpy_prior.margin))
    whole = surprise(prior, codes, limit=1000)
    for one, other, ratio in zip(part, whole, (1, 2), strict=True):
        np.testing.assert_allclose(one.bits, other.within(box.scaled(ratio)).bits, atol=1e-4)


@pytest.mark.parametrize("cell", [(0, 0), (0, 15), (9, 0), (4, 7), (9, 15)])
def test_the_likeliest_codes_of_a_cell_are_those_of_the_whole(cell: tuple[int, int]) -> None:
    prior, codes = prior_of(TWO, labels=2), grids_of(TWO)
    p = distributions(prior, codes, [1.0, 0.0])[1][:, *cell]
    found = likeliest(prior, codes, 1, cell, 4, np.array([1.0, 0.0], np.float32))
    assert found.codes.tolist() == np.argsort(-p)[:4].tolist()
    np.testing.assert_allclose(found.probabilities, np.sort(p)[::-1][:4], rtol=1e-4)


def test_all_codes_can_be_asked_for_and_their_probabilities_are_one() -> None:
    found = likeliest(prior_of(TWO), grids_of(TWO), 0, (2, 3), 99)
    assert sorted(found.codes.tolist()) == list(range(5))
    assert found.probabilities.sum() == pytest.approx(1.0)


def test_what_the_cell_holds_now_does_not_matter() -> None:
    prior, codes = prior_of(ONE), grids_of(ONE)
    before = likeliest(prior, codes, 0, (2, 3), 7)
    codes[0][2, 3] = (codes[0][2, 3] + 1) % 7
    after = likeliest(prior, codes, 0, (2, 3), 7)
    assert np.array_equal(before.probabilities, after.probabilities)


def test_what_does_not_fit_is_refused_in_words() -> None:
    prior, codes = prior_of(TWO, labels=2), grids_of(TWO)
    with pytest.raises(PriorFault, match="no prior"):
        surprise(None, codes)
    with pytest.raises(PriorFault, match="2 labels"):
        surprise(prior, codes, np.ones(3, np.float32))
    with pytest.raises(CodesFault, match="1 levels of codes for a prior of 2"):
        surprise(prior, codes[:1])
    with pytest.raises(CodesFault, match="not 0 to 6"):
        surprise(prior, [codes[0], codes[1] + 7])
    with pytest.raises(CodesFault, match="int64"):
        surprise(prior, [codes[0], codes[1].astype(np.float32)])  # type: ignore[list-item]
    with pytest.raises(CodesFault, match="do not fit"):
        surprise(prior, [codes[0], codes[1][::2, ::2]])
    with pytest.raises(CodesFault, match="no cell 99, 0"):
        likeliest(prior, codes, 1, (99, 0), 3)
