"""Decoded pictures as PNG files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import CannotWrite, OptionFault
from engine.images import read_picture
from exporters.images import enlarged, save_png


def noise(height: int = 5, width: int = 7, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)


@pytest.mark.parametrize("scale", [1, 2, 8])
def test_nearest_repeats_each_pixel(scale: int) -> None:
    pixels = noise()
    large = enlarged(pixels, scale)
    assert large.shape == (5 * scale, 7 * scale, 3)
    assert np.array_equal(large[::scale, ::scale], pixels)
    assert np.array_equal(large[scale - 1 :: scale, scale - 1 :: scale], pixels)


@pytest.mark.parametrize("channels", [1, 3])
def test_smooth_has_values_between(channels: int) -> None:
    pixels = np.zeros((4, 4, channels), np.uint8)
    pixels[:, 2:] = 200
    large = enlarged(pixels, 4, smooth=True)
    assert large.shape == (16, 16, channels)
    assert ((large > 60) & (large < 140)).any()


@pytest.mark.parametrize("channels", [1, 3])
def test_saved_pictures_read_back(channels: int, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "picture.png"
    save_png(path, noise(channels=channels), scale=2)
    assert np.array_equal(read_picture(path, channels=channels), enlarged(noise(channels=channels), 2))


@pytest.mark.parametrize("scale", [0, 9, -1])
def test_scale_out_of_range(scale: int) -> None:
    with pytest.raises(OptionFault, match=f"scale {scale}: use 1 to 8"):
        enlarged(noise(), scale)


def test_a_picture_too_large_is_refused_before_it_is_made(tmp_path: Path) -> None:
    huge = np.broadcast_to(np.uint8(0), (8192, 8192, 3))
    with pytest.raises(OptionFault, match=r"65536 x 65536 px is over 268 megapixels"):
        save_png(tmp_path / "a.png", huge, scale=8)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CannotWrite, match=r"a\.png: cannot be written"):
        save_png(tmp_path / "file" / "a.png", noise())
