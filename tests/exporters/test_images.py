"""Decoded pictures as PNG files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import CannotWrite
from engine.images import read_picture
from exporters.images import png_bytes, save_png


def noise(height: int = 5, width: int = 7, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_saved_pictures_read_back(channels: int, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "picture.png"
    save_png(path, noise(channels=channels))
    assert np.array_equal(read_picture(path, channels=channels), noise(channels=channels))


def test_a_saved_picture_is_the_bytes_of_one(tmp_path: Path) -> None:
    save_png(tmp_path / "a.png", noise())
    assert (tmp_path / "a.png").read_bytes() == png_bytes(noise())


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CannotWrite, match=r"a\.png: cannot be written"):
        save_png(tmp_path / "file" / "a.png", noise())
