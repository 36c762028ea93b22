"""Pictures brought to a model's size and channels."""

from __future__ import annotations

import numpy as np

from engine.data.shaping import shaped
from engine.images import fitted_crop

RNG = np.random.default_rng(2)
GREY = RNG.integers(0, 256, (3, 28, 28, 1), dtype=np.uint8)


def test_a_fitting_set_stays_as_it_is() -> None:
    assert shaped(GREY, 28, 1) is GREY


def test_a_little_more_room_is_filled_with_the_borders_colour() -> None:
    digits = GREY.copy()
    digits[:, [0, -1]] = digits[:, :, [0, -1]] = 7
    digits[:, 0, 5:9] = 255  # strokes may touch the border
    padded = shaped(digits, 32, 1)
    assert np.array_equal(padded[:, 2:30, 2:30], digits)
    frame = padded.copy()
    frame[:, 2:30, 2:30] = 7
    assert (frame == 7).all()
    assert np.array_equal(shaped(digits, 29, 1)[:, :28, :28], digits)


def test_much_more_and_less_is_resized() -> None:
    for side in (14, 33, 64):
        out = shaped(GREY, side, 1)
        assert np.array_equal(out, np.stack([fitted_crop(image, side) for image in GREY]))


def test_what_is_not_square_is_cropped_to_its_middle() -> None:
    wide = np.zeros((2, 8, 24, 1), np.uint8)
    wide[:, :, 8:16] = 90
    assert (shaped(wide, 8, 1) == 90).all()


def test_grey_and_colour_both_ways() -> None:
    colour = shaped(GREY, 28, 3)
    assert np.array_equal(colour, np.repeat(GREY, 3, axis=3))
    assert np.array_equal(shaped(colour, 28, 1), GREY)
    green = np.zeros((1, 4, 4, 3), np.uint8)
    green[..., 1] = 255
    assert abs(int(shaped(green, 4, 1)[0, 0, 0, 0]) - 0.587 * 255) <= 1
