"""Whatever lies in a folder of images: each file is read as a person sees it, or skipped and named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from engine.data.open import natural_shape, open_data
from engine.data.source import DataShape
from engine.errors import DataFault

Put = Callable[[Path], None]


def _animated(path: Path) -> None:
    frames = [Image.new("P", (9, 9), number) for number in range(3)]
    for frame in frames:
        frame.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=50)


def _palette(path: Path) -> None:
    picture = Image.new("P", (9, 9), 1)
    picture.putpalette([0, 0, 255, 255, 0, 0])
    picture.save(path)


def _transparent(path: Path) -> None:
    picture = Image.new("RGBA", (9, 9), (0, 0, 0, 0))
    picture.putpixel((0, 0), (255, 0, 0, 255))
    picture.crop((0, 0, 1, 1)).resize((9, 9)).save(path)


def _sixteen_bits(path: Path) -> None:
    Image.fromarray(np.full((9, 9), 76 * 257, np.uint16)).save(path)


def _turned(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (9, 5), (255, 0, 0)).save(path, exif=exif, quality=100, subsampling=0)


STRANGE: dict[str, tuple[str, Put]] = {
    "one pixel": ("a.png", lambda path: Image.new("RGB", (1, 1), "red").save(path)),
    "a line": ("a.png", lambda path: Image.new("RGB", (5000, 1), "red").save(path)),
    "a column": ("a.bmp", lambda path: Image.new("RGB", (1, 5000), "red").save(path)),
    "a palette": ("a.png", _palette),
    "printed colours": (
        "a.jpg",
        lambda path: Image.new("CMYK", (9, 9), (0, 255, 255, 0)).save(path, quality=100),
    ),
    "an animation": ("a.gif", _animated),
    "transparency": ("a.webp", _transparent),
    "turned": ("a.jpg", _turned),
    "a profile": (
        "a.png",
        lambda path: Image.new("RGB", (9, 9), "red").save(
            path, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        ),
    ),
}


@pytest.mark.parametrize("strange", STRANGE)
def test_it_is_red_all_over(tmp_path: Path, strange: str) -> None:
    name, put = STRANGE[strange]
    put(tmp_path / name)
    image = open_data(str(tmp_path), 6, 3).images[0]
    assert image.shape == (6, 6, 3)
    assert np.abs(image.astype(int) - (255, 0, 0)).max() <= 8


@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_are_scaled_not_cut(tmp_path: Path, channels: int) -> None:
    _sixteen_bits(tmp_path / "a.png")
    assert (open_data(str(tmp_path), 6, channels).images[0] == 76).all()
    assert natural_shape(str(tmp_path)) == DataShape(9, 1)


def test_wildly_different_pictures_make_one_set(tmp_path: Path) -> None:
    for number, (name, put) in enumerate(STRANGE.values()):
        put(tmp_path / f"{number}{Path(name).suffix}")
    _sixteen_bits(tmp_path / "deep.png")
    pictures = open_data(str(tmp_path), 16, 1)
    assert pictures.images.shape == (len(STRANGE) + 1, 16, 16, 1)
    assert pictures.skipped == ()
    assert natural_shape(str(tmp_path)).channels == 3


@pytest.mark.skipif(os.name != "posix", reason="these do not exist there")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "null.png").symlink_to(os.devnull)
    Image.new("RGB", (4, 4)).save(tmp_path / "good.png")
    assert open_data(str(tmp_path), 4, 3).skipped == ("null.png", "pipe.png")
    with pytest.raises(DataFault, match=r"pipe\.png': is not a set of pictures"):
        open_data(str(tmp_path / "pipe.png"), 4, 3)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="rights bind only those who are not root")
def test_files_that_may_not_be_read_are_skipped(tmp_path: Path) -> None:
    for name in ("good.png", "locked.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    (tmp_path / "locked.png").chmod(0)
    assert open_data(str(tmp_path), 4, 3).skipped == ("locked.png",)
    (tmp_path / "locked.png").chmod(0o600)
    assert open_data(str(tmp_path), 4, 3).skipped == ()


def test_a_picture_of_a_billion_pixels_is_refused_by_its_header(tmp_path: Path) -> None:
    Image.new("1", (40_000, 30_000)).save(tmp_path / "huge.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "good.png")
    assert open_data(str(tmp_path), 4, 3).skipped == ("huge.png",)
