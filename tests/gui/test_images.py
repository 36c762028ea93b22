"""Arrays of pixels as images."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from gui.images import to_image


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_keeps_its_pixels(channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    image = to_image(pixels)
    for row in range(5):
        for column in range(7):
            colour = image.pixelColor(column, row)
            expected = pixels[row, column] if channels == 3 else pixels[row, column].repeat(3)
            assert [colour.red(), colour.green(), colour.blue()] == list(expected)


def test_grey_without_a_channel_is_grey() -> None:
    assert QColor(to_image(np.full((2, 2), 90, np.uint8)).pixel(1, 1)).red() == 90


def test_it_keeps_pixels_of_its_own() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    image = to_image(pixels)
    pixels[:] = 255
    assert image.pixelColor(0, 0).name() == "#000000"
