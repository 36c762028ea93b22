"""The error over a split, and the sheet of previews."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.analysis.reconstruction import batch_size, batches_of, mean_squared_error, preview_sheet, psnr_of
from engine.decoding.decoder import from_pixels
from tests.small import small_model, small_pictures


def test_batches_hold_every_picture_once_in_order() -> None:
    pictures = small_pictures(count=150)
    joined = torch.cat(list(batches_of(pictures, torch.device("cpu"))))
    assert np.allclose(joined.numpy(), from_pixels(pictures.images), atol=1e-7)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_error_is_the_mean_over_all_pixels(channels: int) -> None:
    model, pictures = small_model(channels=channels), small_pictures(count=70, channels=channels)
    images = from_pixels(pictures.images)
    decoded = model.decode_codes(model.encode_codes(torch.from_numpy(images))).numpy()
    told: list[float] = []
    measured = mean_squared_error(model, pictures, told.append)
    assert measured == pytest.approx(((decoded - images).astype(np.float64) ** 2).mean(), rel=1e-5)
    assert told == [64 / 70, 1.0]


def test_large_pictures_come_in_small_batches() -> None:
    assert [batch_size(side, side) for side in (16, 64, 128, 256, 512, 1024)] == [64, 64, 64, 16, 4, 1]
    assert batch_size(4000, 4000) == 1


def test_decibels() -> None:
    assert psnr_of(0.01) == pytest.approx(20.0)
    assert psnr_of(1.0) == pytest.approx(0.0)
    assert psnr_of(0.0) == pytest.approx(120.0)  # a figure that JSON can carry


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_a_sheet_shows_pictures_above_what_became_of_them(tmp_path: Path, channels: int, mode: str) -> None:
    pictures = small_pictures(count=30, channels=channels)
    preview_sheet(small_model(channels=channels), pictures, tmp_path / "new" / "sheet.png")
    with Image.open(tmp_path / "new" / "sheet.png") as sheet:
        assert (sheet.mode, sheet.size) == (mode, (12 * 16, 2 * 16))
        pixels = np.asarray(sheet).reshape(32, 192, channels)
    assert np.array_equal(pixels[:16, :16], pictures.images[0])
    assert np.array_equal(pixels[:16, -16:], pictures.images[-1])
    assert not np.array_equal(pixels[16:], pixels[:16])


def test_a_sheet_of_fewer_pictures_is_narrower(tmp_path: Path) -> None:
    preview_sheet(small_model(), small_pictures(count=1), tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (16, 32)
