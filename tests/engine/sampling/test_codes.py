"""Codes drawn one by one: as often as they should be, the same whatever else is drawn."""

from __future__ import annotations

import numpy as np

from engine.priors.drawing import AS_TRAINED, Drawing
from engine.priors.sampler import Drawn
from engine.sampling.codes import collected, independent

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


def test_what_a_sampler_draws_is_put_where_it_belongs() -> None:
    parts = [
        Drawn(0, 0, 0, np.array([[1, 2]]), 0.25),
        Drawn(0, 1, 1, np.array([[3]]), 0.5),
        Drawn(1, 0, 0, np.array([[4]]), 1.0),
    ]
    told: list[float] = []
    coarse, fine = collected(parts, 1, [(2, 2), (1, 1)], told.append)
    assert coarse.tolist() == [[[1, 2], [0, 3]]]
    assert fine.tolist() == [[[4]]]
    assert told == [0.25, 0.5, 1.0]
