"""Varied pictures: shifted, turned and scaled within bounds, the same for the same draws."""

from __future__ import annotations

import math

import torch

from engine.data.variations import SCALE, SHIFT, TURN, variation_draws, varied

SIDE = 64
MIDDLE = torch.full((1, 4), 0.5)


def spot(row: float, column: float) -> torch.Tensor:
    """A soft white spot on black, (1, 1, 64, 64), its place counted from the centre in pixels."""
    places = torch.arange(SIDE) + 0.5 - SIDE / 2
    square = (places[:, None] - row) ** 2 + (places[None] - column) ** 2
    return torch.exp(-square / 8)[None, None]


def centre(image: torch.Tensor) -> tuple[float, float]:
    """Its centre of mass, as `spot` counts places."""
    places, weights = torch.arange(SIDE) + 0.5 - SIDE / 2, image[0, 0] / image.sum()
    return float((weights.sum(1) * places).sum()), float((weights.sum(0) * places).sum())


def drawn(**draws: float) -> torch.Tensor:
    names = ("right", "down", "turn", "scale")
    return torch.tensor([[draws.get(name, 0.5) for name in names]])


def test_the_middle_of_all_draws_changes_nothing() -> None:
    images = torch.rand(2, 3, SIDE, SIDE)
    assert torch.allclose(varied(images, MIDDLE.expand(2, 4)), images, atol=1e-5)


def test_shifts_go_a_tenth_of_the_side_at_most() -> None:
    row, column = centre(varied(spot(0, 0), drawn(right=0.0, down=1.0)))
    assert math.isclose(column, SHIFT * SIDE, abs_tol=0.05)
    assert math.isclose(row, -SHIFT * SIDE, abs_tol=0.05)


def test_turns_keep_the_distance_from_the_centre() -> None:
    row, column = centre(varied(spot(0, 20), drawn(turn=1.0)))
    assert math.isclose(math.hypot(row, column), 20, abs_tol=0.05)
    assert math.isclose(abs(math.atan2(row, column)), TURN, abs_tol=0.01)


def test_scales_enlarge_and_reduce_as_far() -> None:
    _, larger = centre(varied(spot(0, 15), drawn(scale=1.0)))
    _, smaller = centre(varied(spot(0, 15), drawn(scale=0.0)))
    assert math.isclose(larger, 15 * SCALE, abs_tol=0.05)
    assert math.isclose(smaller, 15 / SCALE, abs_tol=0.05)


def test_one_colour_stays_one_colour_to_the_border() -> None:
    images = torch.full((16, 3, SIDE, SIDE), 0.3)
    assert torch.allclose(varied(images, variation_draws(16, 1)), images, atol=1e-5)


def test_each_picture_and_each_variation_has_draws_of_its_own() -> None:
    one, other = variation_draws(50, 1), variation_draws(50, 2)
    assert torch.equal(one, variation_draws(50, 1))
    assert len(torch.unique(torch.cat([one, other]), dim=0)) == 100
    assert one.min() >= 0
    assert one.max() < 1
