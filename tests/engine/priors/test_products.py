"""Products of the kernels against NumPy's, and panels that hold a matrix once."""

from __future__ import annotations

import numpy as np
import pytest
from numba import TypingError

from engine.priors.products import WIDTH, add_product, compiled, panels


@compiled
def added(x, weight, out):  # type: ignore[no-untyped-def]  # for numba, which has types of its own
    add_product(x, weight, out)


@pytest.mark.parametrize("columns", [1, 63, 64, 65, 100, 128, 160, 200])
@pytest.mark.parametrize("rows", [1, 2, 5])
@pytest.mark.parametrize("length", [1, 7, 64])
def test_a_product_is_added_and_nothing_beside_it_is_touched(rows: int, length: int, columns: int) -> None:
    random = np.random.default_rng(columns)
    weight = random.standard_normal((length, columns)).astype(np.float32)
    x = random.standard_normal((rows + 2, length)).astype(np.float32)
    out = random.standard_normal((rows + 2, columns)).astype(np.float32)
    expected = out.astype(np.float64)
    expected[1:-1] += x[1:-1].astype(np.float64) @ weight
    added(x[1:-1], panels(weight), out[1:-1])
    np.testing.assert_allclose(out, expected, atol=2e-5)
    assert np.array_equal(out[[0, -1]], expected[[0, -1]])


def test_what_is_infinite_stays_so_and_reaches_no_other_column() -> None:
    weight = np.ones((3, 70), np.float32)
    weight[1, 0], weight[2, 69] = np.inf, np.nan
    out = np.zeros((1, 70), np.float32)
    added(np.ones((1, 3), np.float32), panels(weight), out)
    assert np.isinf(out[0, 0])
    assert np.isnan(out[0, 69])
    assert (out[0, 1:69] == 3).all()


@pytest.mark.parametrize("columns", [5, 64, 90, 192])
def test_panels_hold_every_number_once(columns: int) -> None:
    weight = 1 + np.arange(2 * 3 * columns, dtype=np.float32).reshape(2, 3, columns)
    cut = panels(weight)
    assert cut.shape == (2, -(-columns // WIDTH), 3, min(columns, WIDTH))
    assert np.array_equal(np.sort(cut[cut > 0]), weight.ravel())


def test_arrays_with_gaps_and_of_other_numbers_are_refused() -> None:
    """Places in them would be counted wrongly."""
    x, weight, out = np.ones((2, 128), np.float32), np.ones((64, 70), np.float32), np.zeros((2, 70))
    with pytest.raises(TypingError):
        added(x[:, ::2], panels(weight), out.astype(np.float32))
    with pytest.raises(TypingError):
        added(np.ascontiguousarray(x[:, ::2]), panels(weight), out)
