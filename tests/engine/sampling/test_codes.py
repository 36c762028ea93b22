"""Codes drawn one by one: as often as they should be, the same whatever else is drawn."""

from __future__ import annotations

import numpy as np

from engine.priors.drawing import AS_TRAINED, Drawing
from engine.sampling.codes import independent

COUNTS = np.array([10, 0, 30, 60], np.int64)


def drawn(images: range, drawing: Drawing = AS_TRAINED, side: int = 40) -> np.ndarray:
    return independent([COUNTS], [(side, side)], images, 3, drawing)[0]


def test_codes_come_in_proportion_to_their_counts() -> None:
    shares = np.bincount(drawn(range(10)).ravel(), minlength=4) / 16_000
    # Three deviations of a share of 16,000 draws.
    np.testing.assert_allclose(shares, [0.1, 0.0, 0.3, 0.6], atol=3 * np.sqrt(0.25 / 16_000))


def test_temperature_and_top_k_hold_as_for_a_prior() -> None:
    assert (drawn(range(2), Drawing(temperature=0)) == 3).all()
    assert set(np.unique(drawn(range(2), Drawing(top_k=2)))) == {2, 3}
    squared = np.bincount(drawn(range(10), Drawing(temperature=0.5)).ravel(), minlength=4) / 16_000
    np.testing.assert_allclose(squared, np.array([1, 0, 9, 36]) / 46, atol=3 * np.sqrt(0.25 / 16_000))


def test_a_picture_is_the_same_whichever_others_there_are() -> None:
    np.testing.assert_array_equal(drawn(range(5))[3], drawn(range(3, 4))[0])


def test_levels_are_drawn_apart() -> None:
    coarse, fine = independent([COUNTS, COUNTS], [(8, 8), (8, 8)], [0], 3, AS_TRAINED)
    assert not np.array_equal(coarse, fine)
