"""The dream brush against its equation: p^a exp(-(1 - a) d / tau), cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.decoding.decoder import CodeLevel
from engine.errors import CodesFault, OptionFault
from engine.priors.cells import Cells
from engine.priors.compiled import CompiledCells
from engine.priors.dream import dream
from engine.priors.leaning import NEAREST_PART, towards, unit_of
from engine.priors.requests import Codes, DreamRequest
from engine.priors.resample import FIRST_CANDIDATE, Resampler
from engine.priors.sampler import CellsMaker
from engine.priors.uniforms import uniforms_of
from tests.engine.priors.test_sampler import TWO, priors

K5 = (CodeLevel(stride_px=4, codes=5, dim=3),)
VECTORS = np.random.default_rng(2).normal(size=(5, 3)).astype(np.float32)
LABEL = np.array([0.0, 1.0, 0.0], np.float32)


def request_of(codes: tuple[Codes, ...], mask: np.ndarray, **changes: object) -> DreamRequest:
    values: dict[str, object] = {"level": 0, "code": 3, "amount": 0.5, "seed": 5}
    return DreamRequest(codes=codes, mask=mask, **{**values, **changes})  # type: ignore[arg-type]


def dreamt(resampler: Resampler, request: DreamRequest, vectors: np.ndarray = VECTORS) -> Codes:
    codes = request.codes[request.level].copy()
    for drawn in dream(resampler, vectors, unit_of(vectors), request):
        assert drawn.level == request.level
        codes[drawn.row, drawn.column : drawn.column + drawn.codes.shape[1]] = drawn.codes[0]
    return codes


def by_hand(logits: np.ndarray, code: int, amount: float, vectors: np.ndarray = VECTORS) -> np.ndarray:
    """The distribution of one cell, (K,), written as the equation says."""
    exact = vectors.astype(np.float64)
    between = np.linalg.norm(exact[:, None] - exact[None], axis=2)
    tau = NEAREST_PART * np.median(np.sort(between, axis=1)[:, 1])
    p = np.exp(logits - logits.max())
    weights = (p / p.sum()) ** amount * np.exp(-(1 - amount) * between[code] / tau)
    return np.asarray(weights / weights.sum())


def leaning_of(vectors: np.ndarray, code: int, amount: float = 0.3) -> np.ndarray:
    cell = np.array([[code]]), np.array([[True]])
    return towards(*cell, amount, vectors, unit_of(vectors)).table[0]


@pytest.mark.parametrize("cells", [Cells, CompiledCells])
@pytest.mark.parametrize("amount", [0.05, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("label", [None, LABEL])
def test_each_cell_is_drawn_as_the_equation_says(
    cells: CellsMaker, amount: float, label: np.ndarray | None
) -> None:
    prior = priors(K5).float()
    codes, mask = np.random.default_rng(1).integers(0, 5, (4, 6)), np.zeros((4, 6), np.bool_)
    mask[1, 2] = mask[1, 3] = mask[2, 0] = True
    given = None if label is None else torch.from_numpy(label)[None]
    resampler = Resampler(prior, trained=8, cells=cells)
    for number in range(12):
        request = request_of((codes,), mask, amount=amount, number=number, condition=label)
        result = dreamt(resampler, request)
        assert np.array_equal(result[~mask], codes[~mask])
        logits = prior([torch.from_numpy(result)[None]], given)[0][0].detach().double().numpy()
        uniforms = uniforms_of(5, [FIRST_CANDIDATE + number], 0, 4, 6)[0]
        for row, column in np.argwhere(mask):
            edges = by_hand(logits[:, row, column], 3, amount).cumsum()
            assert result[row, column] == np.searchsorted(edges, uniforms[row, column], side="right")


def test_nothing_of_the_prior_is_the_code_itself_and_all_of_it_the_prior_alone() -> None:
    assert leaning_of(VECTORS, 3, 1.0).tolist() == [0.0] * 5
    prior, mask = priors(K5).float(), np.ones((3, 3), np.bool_)
    request = request_of((np.zeros((3, 3), np.int64),), mask, amount=0.0)
    assert (dreamt(Resampler(prior, trained=8), request) == 3).all()


def test_the_scale_of_the_vectors_does_not_matter() -> None:
    np.testing.assert_allclose(leaning_of(VECTORS, 1), leaning_of(VECTORS * 40, 1), rtol=1e-4)
    assert np.isfinite(leaning_of(np.zeros((4, 3), np.float32), 1)).all()  # a codebook of one vector
    assert leaning_of(VECTORS[:1], 0).tolist() == [0.0]


def test_the_unit_of_a_large_codebook_is_that_of_all_its_pairs() -> None:
    vectors = np.random.default_rng(3).normal(size=(1500, 4)).astype(np.float32)
    between = np.linalg.norm(vectors[:, None].astype(np.float64) - vectors[None], axis=2)
    nearest = np.sort(between, axis=1)[:, 1]
    assert np.isclose(unit_of(vectors), NEAREST_PART * np.median(nearest))


def test_finer_levels_are_told_of_the_coarser_ones() -> None:
    prior, rng = priors(TWO).float(), np.random.default_rng(3)
    fine = rng.integers(0, TWO[1].codes, (4, 4))
    mask = np.zeros((4, 4), np.bool_)
    mask[1:3, 1:3] = True
    vectors = rng.normal(size=(TWO[1].codes, 3)).astype(np.float32)
    seen = set()
    for coarse in range(2):
        codes = np.full((2, 2), coarse, np.int64), fine
        request = request_of(codes, mask, level=1, code=0, amount=1.0)
        result = dreamt(Resampler(prior, trained=2), request, vectors)
        assert np.array_equal(result[~mask], fine[~mask])
        seen.add(result.tobytes())
    assert len(seen) == 2


def test_a_grid_larger_than_the_trained_one_is_drawn_in_windows() -> None:
    prior, codes = priors(K5).float(), np.random.default_rng(1).integers(0, 5, (12, 12))
    mask = np.zeros((12, 12), np.bool_)
    mask[2:9, 3:11] = True
    result = dreamt(Resampler(prior, trained=4), request_of((codes,), mask, amount=1.0))
    assert np.array_equal(result[~mask], codes[~mask])
    assert not np.array_equal(result[mask], codes[mask])


@pytest.mark.parametrize("amount", [-0.1, 1.5, float("nan")])
def test_amounts_out_of_range_are_refused(amount: float) -> None:
    with pytest.raises(OptionFault, match="cannot be used: give 0 to 1"):
        dream(Resampler(priors(K5).float(), 8), VECTORS, 1.0, request_of((np.zeros((3, 3), np.int64),),
              np.ones((3, 3), np.bool_), amount=amount))  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"code": 5}, "there is no code 5: level 0 has 5"),
        ({"code": -1}, "there is no code -1"),
        ({"mask": np.zeros((3, 3), np.bool_)}, "nothing is selected"),
        ({"mask": np.ones((2, 3), np.bool_)}, "another size"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, object], message: str) -> None:
    values = {"mask": np.ones((3, 3), np.bool_), **changes}
    mask = values.pop("mask")
    request = request_of((np.zeros((3, 3), np.int64),), mask, **values)  # type: ignore[arg-type]
    with pytest.raises(CodesFault, match=message):
        dream(Resampler(priors(K5).float(), 8), VECTORS, 1.0, request)
