from __future__ import annotations

import numpy as np
import pytest

from gui.plots.curves import Curve, span


def _curve(values: list[float] | np.ndarray, steps: list[float] | None = None, sparse: bool = False) -> Curve:
    array = np.array(values, dtype=np.float64)
    at = np.arange(len(array)) + 1.0 if steps is None else np.array(steps)
    return Curve("loss", "Loss", "#ffffff", at, array, sparse)


def test_the_nearest_measurement_is_read_off() -> None:
    curve = _curve([5, 6, 7], [10, 20, 30])
    assert curve.at(14) == (10, 5)
    assert curve.at(16) == (20, 6)
    assert curve.at(-5) == (10, 5)
    assert curve.at(99) == (30, 7)
    assert _curve([]).at(3) is None


def test_a_log_scale_shows_only_what_lies_above_zero() -> None:
    shown = _curve([100.0, -1.0, 0.0, np.nan, 0.01]).drawable(log=True)
    assert list(shown.steps) == [1, 5]
    assert shown.values == pytest.approx([2, -2])
    assert list(_curve([1.0, np.inf, -3.0]).drawable(log=False).values) == [1, -3]


def test_a_part_has_a_point_more_at_each_end() -> None:
    part = _curve(np.arange(10)).between(4.5, 6.5)
    assert list(part.steps) == [4, 5, 6, 7]
    assert len(_curve(np.arange(10)).between(-5, 99).steps) == 10


def test_means_keep_the_mean_and_peaks_the_extremes() -> None:
    curve = _curve(np.random.default_rng(0).normal(size=1000))
    means, peaks = curve.means(100), curve.peaks(200)
    assert len(means.values) == 63  # stretches of 16
    assert means.values[0] == pytest.approx(curve.values[:16].mean())
    assert means.values[-1] == pytest.approx(curve.values[992:].mean())
    assert (peaks.values.min(), peaks.values.max()) == (curve.values.min(), curve.values.max())
    assert len(peaks.values) <= 200
    assert curve.means(1000) is curve
    assert curve.peaks(2000) is curve


def test_a_growing_curve_keeps_its_stretches() -> None:
    values = np.random.default_rng(0).normal(size=520)
    before, after = _curve(values[:510]).means(100), _curve(values).means(100)
    assert after.values[:63] == pytest.approx(before.values[:63])


def test_few_measurements_are_never_smoothed() -> None:
    sparse, dense = _curve([1.0, 2.0], sparse=True), _curve([1.0, 2.0])
    assert sparse.smoothed(0.9) is sparse
    assert dense.smoothed(0.0) is dense
    assert dense.smoothed(0.5).values == pytest.approx([1.0, 5 / 3])


def test_the_span_is_that_of_all_curves() -> None:
    assert span([_curve([1, 2], [5, 9]), _curve([]), _curve([1], [2])]) == (2, 9)
    assert span([_curve([])]) is None
