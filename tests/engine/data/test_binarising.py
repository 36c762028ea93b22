"""One Bernoulli draw per pixel, a function of the picture's place alone."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.binarising import binarise
from tests.small import small_pictures


@pytest.mark.parametrize("grey", [0, 1, 64, 128, 254, 255])
def test_a_pixel_is_white_as_often_as_it_is_bright(grey: int) -> None:
    drawn = binarise(np.full((20, 50, 100, 1), grey, np.uint8), np.arange(20))
    assert set(np.unique(drawn)) <= {0, 255}
    p, n = grey / 255, drawn.size
    assert abs((drawn == 255).mean() - p) <= 5 * np.sqrt(p * (1 - p) / n)


def test_draws_of_pixels_pictures_and_channels_are_independent() -> None:
    drawn = binarise(np.full((60, 30, 30, 2), 128, np.uint8), np.arange(60)) / 255 - 0.5
    for axis in range(4):
        neighbours = (drawn * np.roll(drawn, 1, axis)).mean() * 4
        assert abs(neighbours) <= 5 / np.sqrt(drawn.size)


@pytest.mark.parametrize("side", [1, 3, 28])  # 28 x 28 fills whole blocks of the generator, the others do not
def test_a_picture_is_drawn_the_same_alone_and_among_others(side: int) -> None:
    images = np.full((9, side, side, 1), 100, np.uint8)
    whole = binarise(images, np.arange(9))
    places = np.array([3, 4, 8, 2, 3])
    assert np.array_equal(binarise(images[places], places), whole[places])


def test_the_draw_is_the_same_for_ever() -> None:
    drawn = binarise(np.full((2, 3, 4, 1), 127, np.uint8), np.arange(2))[..., 0]
    assert ["".join("#" if value else "." for value in row) for row in drawn.reshape(2, 12)] == [
        "...#.#.##...",
        ".####..#.#.#",
    ]


def test_a_split_of_the_binarised_is_the_binarised_split() -> None:
    pictures = small_pictures()
    valid = pictures.binarised().split("valid")
    assert np.array_equal(valid.images[:], pictures.split("valid").binarised().images[:])
    assert not np.array_equal(valid.images[:], pictures.split("valid").images[:])
    twice = pictures.split("train").binarised().binarised()
    assert np.array_equal(twice.images[:], pictures.binarised().split("train").images[:])


def test_no_pictures() -> None:
    assert small_pictures().head(0).binarised().images.shape == (0, 16, 16, 3)
