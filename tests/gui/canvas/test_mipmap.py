import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QImage, QPainter

from engine.codes.box import Box
from gui.canvas.mipmap import Mipmap, words_of
from gui.canvas.view import View

sides = st.integers(1, 700)


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def drawn(mipmap: Mipmap, view: View, size: tuple[int, int]) -> np.ndarray:
    height, width = size
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    mipmap.draw(
        painter, view, view.picture_box(Box(0, 0, height, width)).clipped(mipmap.height, mipmap.width)
    )
    painter.end()
    return np.asarray(image.constBits()).reshape(height, width, 4)[..., 2::-1].copy()


def test_words_hold_red_green_blue_and_full_opacity():
    assert words_of(np.array([[[1, 2, 3]]], np.uint8)).tolist() == [[0xFF010203]]
    assert words_of(np.array([[[7]]], np.uint8)).tolist() == [[0xFF070707]]


@given(sides, sides)
@settings(max_examples=25, deadline=None)
def test_pixels_written_are_pixels_read(height, width):
    mipmap = Mipmap(height, width, 0xFF000000)
    pixels = noise(height, width)
    assert mipmap.write(0, 0, pixels) == Box(0, 0, height, width)
    assert np.array_equal(mipmap.pixels(), pixels)


@given(sides, sides, st.data())
@settings(max_examples=25, deadline=None)
def test_copies_after_a_patch_are_those_of_the_whole_picture(height, width, data):
    pixels = noise(height, width)
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    bottom, right = data.draw(st.integers(top + 1, height)), data.draw(st.integers(left + 1, width))
    patch = noise(bottom - top, right - left, 1)
    patched, whole = Mipmap(height, width, 0), Mipmap(height, width, 0)
    patched.write(0, 0, pixels)
    patched.write(top, left, patch)
    pixels[top:bottom, left:right] = patch
    whole.write(0, 0, pixels)
    for one, other in zip(patched._levels, whole._levels, strict=True):
        assert np.array_equal(one, other)


def test_a_copy_is_the_rounded_mean_of_four():
    mipmap = Mipmap(1024, 1024, 0)
    pixels = noise(1024, 1024)
    mipmap.write(0, 0, pixels)
    means = pixels.reshape(512, 2, 512, 2, 3).astype(float).mean(axis=(1, 3))
    words = mipmap._levels[1]
    halves = np.stack([words >> 16 & 255, words >> 8 & 255, words & 255], axis=-1)
    assert np.abs(halves - means).max() <= 0.5
    assert (words >> 24 == 255).all()


def test_whole_zooms_show_each_pixel_as_a_square():
    pixels = noise(6, 5)
    mipmap = Mipmap(6, 5, 0)
    mipmap.write(0, 0, pixels)
    seen = drawn(mipmap, View(4.0, 0, 0), (24, 20))
    assert np.array_equal(seen, pixels.repeat(4, axis=0).repeat(4, axis=1))


def test_at_1x_pixels_are_untouched():
    pixels = noise(300, 280)
    mipmap = Mipmap(300, 280, 0)
    mipmap.write(0, 0, pixels)
    assert np.array_equal(drawn(mipmap, View(1.0, 0, 0), (300, 280)), pixels)


def test_a_checkerboard_seen_from_far_is_grey():
    board = (np.indices((1024, 1024)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    mipmap = Mipmap(1024, 1024, 0)
    mipmap.write(0, 0, board)
    seen = drawn(mipmap, View(0.3, 0, 0), (300, 300)).astype(int)
    assert np.abs(seen - 128).max() <= 2


@pytest.mark.parametrize("zoom", [0.17, 0.5, 1.0, 1.5, 3.0, 7.0])
def test_drawing_a_clipped_part_gives_the_same_pixels_as_drawing_all(zoom):
    mipmap = Mipmap(600, 640, 0)
    mipmap.write(0, 0, noise(600, 640))
    view, size = View(zoom, -7, 5), (200, 220)
    whole = drawn(mipmap, view, size)
    image = QImage(220, 200, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    painter.setClipRect(31, 40, 50, 60)
    mipmap.draw(painter, view, view.picture_box(Box(0, 0, *size)).clipped(600, 640))
    painter.end()
    part = np.asarray(image.constBits()).reshape(200, 220, 4)[..., 2::-1]
    difference = np.abs(part[40:100, 31:81].astype(int) - whole[40:100, 31:81])
    assert difference.max() <= (0 if zoom in (1.0, 3.0, 7.0) else 1)
