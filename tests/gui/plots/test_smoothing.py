from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.plots.smoothing import smoothed


def _by_hand(values: list[float], weight: float) -> list[float]:
    state, found = 0.0, []
    for place, value in enumerate(values):
        state = weight * state + (1 - weight) * value
        found.append(state / (1 - weight ** (place + 1)))
    return found


@given(
    st.lists(st.floats(-1e6, 1e6), max_size=60),
    st.floats(0, 0.999),
)
def test_it_is_the_moving_average_without_the_bias_of_its_start(values: list[float], weight: float) -> None:
    assert smoothed(np.array(values), weight) == pytest.approx(_by_hand(values, weight), rel=1e-9, abs=1e-6)


def test_long_curves_are_smoothed_in_blocks_without_a_seam() -> None:
    values = np.random.default_rng(0).normal(size=5000) + 3
    for weight in (0.05, 0.5, 0.9, 0.99):
        assert smoothed(values, weight) == pytest.approx(_by_hand(list(values), weight), rel=1e-9)


def test_a_constant_stays_what_it_is_from_the_first_value_on() -> None:
    assert smoothed(np.full(1000, 7.0), 0.99) == pytest.approx(np.full(1000, 7.0))


def test_no_smoothing_changes_nothing() -> None:
    values = np.array([1.0, 5.0, 2.0])
    assert smoothed(values, 0.0) is values
    assert smoothed(np.array([]), 0.9).size == 0


def test_what_is_not_finite_counts_for_nothing() -> None:
    values = np.array([1.0, np.nan, 3.0, np.inf, 2.0])
    found = smoothed(values, 0.5)
    assert found[[0, 2, 4]] == pytest.approx(_by_hand([1.0, 3.0, 2.0], 0.5))
    assert np.isnan(found[1])
    assert np.isinf(found[3])
    assert np.isnan(values[1])  # the values given are nobody's to change
