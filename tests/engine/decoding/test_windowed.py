"""A window decoded alone equals the same region of the whole, and encoding in windows the whole's codes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.codes.grid import Box, CodeGrid
from engine.codes.strokes import footprint, line, sweep
from engine.decoding.decoder import CodeLevel, Codes, Decoder, from_pixels, to_pixels
from engine.decoding.tiles import TileQueue
from engine.decoding.windowed import (
    CancelledError,
    decode_full,
    decode_window,
    encode_windowed,
    read_window,
)
from engine.errors import CodesFault
from engine.layers.convolution import Conv, Up
from engine.models.vqvae import VQVAE, VQVAEConfig
from tests.fakes import TinyDecoder


class TorchStandIn:
    """A small torch model behind the protocol, its weights drawn from a seed."""

    name, model_id, device, labels, channels, image_size = "small", "1" * 64, "cpu", (), 3, 32

    def __init__(self, levels: tuple[CodeLevel, ...], receptive_margin: int, encode_margin: int) -> None:
        self.levels = levels
        self.receptive_margin = receptive_margin
        self.encode_margin = encode_margin

    def codebook(self, level: int) -> NDArray[np.float32]:
        raise NotImplementedError


class SmallVQVAE(TorchStandIn):
    """The real thing, with few channels."""

    def __init__(self) -> None:
        torch.manual_seed(3)
        config = VQVAEConfig(
            image_size=32, channels=3, codes=24, code_dim=8, hidden=16, residual_hidden=8, residual_blocks=1
        )
        self.model = VQVAE(config).eval()
        with torch.no_grad():
            self.model.quantizer.embedding.normal_()
        super().__init__(self.model.levels, self.model.receptive_margin, self.model.encode_margin)

    def decode(self, codes: Sequence[Codes]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return self.model.decode_codes([torch.from_numpy(level) for level in codes]).numpy()

    def encode(self, images: NDArray[np.float32]) -> list[Codes]:
        with torch.inference_mode():
            return [level.numpy() for level in self.model.encode_codes(torch.from_numpy(images))]


class TwoLevels(TorchStandIn):
    """A coarse level doubled and added to a fine one, then doubled to pixels: strides 4 and 2."""

    def __init__(self) -> None:
        super().__init__((CodeLevel(4, 12, 6), CodeLevel(2, 10, 6)), receptive_margin=3, encode_margin=3)
        torch.manual_seed(5)
        self.books = [torch.randn(level.codes, level.dim) for level in self.levels]
        self.coarse, self.mixed, self.last = Up(6, 6), Conv(6, 6), Up(6, 3)

    def decode(self, codes: Sequence[Codes]) -> NDArray[np.float32]:
        with torch.inference_mode():
            coarse, fine = (
                book[torch.from_numpy(level)].permute(0, 3, 1, 2)
                for book, level in zip(self.books, codes, strict=True)
            )
            mixed = torch.relu(self.mixed(torch.relu(self.coarse(coarse)) + fine))
            return torch.sigmoid(self.last(mixed)).numpy()

    def encode(self, images: NDArray[np.float32]) -> list[Codes]:
        height, width = images.shape[2] // 4 * 4, images.shape[3] // 4 * 4
        grey = images[:, :, :height, :width].mean(axis=1)
        blurred = np.pad(grey, ((0, 0), (4, 4), (4, 4)), mode="edge")  # sees one coarse cell further
        blurred = (blurred[:, :-8, :-8] + blurred[:, 8:, 8:] + grey) / 3
        found = []
        for level in self.levels:
            stride = level.stride_px
            cells = blurred.reshape(-1, height // stride, stride, width // stride, stride).mean(axis=(2, 4))
            found.append(np.clip(cells * level.codes, 0, level.codes - 1).astype(np.int64))
        return found


@cache
def made(kind: str) -> Decoder:
    return {"tiny": TinyDecoder, "vqvae": SmallVQVAE, "two levels": TwoLevels}[kind]()


KINDS = ("tiny", "vqvae", "two levels")


def random_grid(decoder: Decoder, seed: int, height: int, width: int) -> CodeGrid:
    rng = np.random.default_rng(seed)
    ratios = [decoder.levels[0].stride_px // level.stride_px for level in decoder.levels]
    codes = [
        rng.integers(0, level.codes, (height * ratio, width * ratio))
        for level, ratio in zip(decoder.levels, ratios, strict=True)
    ]
    return CodeGrid(codes, [level.codes for level in decoder.levels])


def at_once(decoder: Decoder, grid: CodeGrid) -> np.ndarray:
    return to_pixels(decoder.decode([level[None].copy() for level in grid.levels]))[0]


def assert_same_picture(found: np.ndarray, expected: np.ndarray) -> None:
    """At most 1/255 apart, on at most 1 value in 10,000 (and one value in a small picture)."""
    assert found.shape == expected.shape
    apart = np.abs(found.astype(int) - expected)
    assert apart.max(initial=0) <= 1
    assert np.count_nonzero(apart) <= max(1, found.size // 10_000)


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, int, tuple[int, int], list[tuple[int, Box, np.ndarray, int]]]:
    """A decoder, a grid and strokes on its levels, over edges and corners too."""
    kind, seed = draw(st.sampled_from(KINDS)), draw(st.integers(0, 999))
    shape = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    strokes = []
    for _ in range(draw(st.integers(1, 4))):
        level = draw(st.integers(0, len(made(kind).levels) - 1))
        cell = st.tuples(
            st.integers(-2, shape[0] * (level + 1) + 1), st.integers(-2, shape[1] * (level + 1) + 1)
        )
        box, mask = sweep(line(draw(cell), draw(cell)), footprint(draw(st.integers(1, 5)), "round"))
        strokes.append((level, box, mask, draw(st.integers(0, 9))))
    return kind, seed, shape, strokes


@settings(deadline=None, max_examples=60)
@given(edits(), st.sampled_from([64, 128, 256]))
def test_strokes_decoded_in_windows_leave_the_picture_of_the_full_decode(
    case: tuple[str, int, tuple[int, int], list[tuple[int, Box, np.ndarray, int]]], limit_px: int
) -> None:
    kind, seed, shape, strokes = case
    decoder = made(kind)
    stride, margin = decoder.levels[0].stride_px, decoder.receptive_margin
    grid = random_grid(decoder, seed, *shape)
    picture = at_once(decoder, grid)
    queue = TileQueue(shape, margin, stride, limit_px)
    for level, box, mask, code in strokes:
        patch = grid.paint(level, box, mask, code)
        if patch is not None:
            queue.mark(*grid.coarse(patch))
        if (taken := queue.take()) is not None:  # as the worker does, in the middle of painting
            picture[taken.scaled(stride).slices] = decode_window(
                decoder, read_window(grid.levels, taken, margin)
            )
    while (taken := queue.take()) is not None:
        picture[taken.scaled(stride).slices] = decode_window(decoder, read_window(grid.levels, taken, margin))
    assert_same_picture(picture, at_once(decoder, grid))


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(KINDS), st.integers(0, 999), st.integers(1, 50), st.integers(1, 50))
def test_decoding_by_windows_is_decoding_at_once(kind: str, seed: int, height: int, width: int) -> None:
    decoder = made(kind)
    grid = random_grid(decoder, seed, height, width)
    assert_same_picture(decode_full(decoder, grid.levels, limit_px=64), at_once(decoder, grid))


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(KINDS), st.integers(0, 999), st.integers(1, 30), st.integers(1, 30), st.data())
def test_one_window_is_its_region(kind: str, seed: int, height: int, width: int, data: st.DataObject) -> None:
    decoder = made(kind)
    grid = random_grid(decoder, seed, height, width)
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    box = Box(
        top, left, data.draw(st.integers(top + 1, height + 3)), data.draw(st.integers(left + 1, width + 3))
    )
    window = read_window(grid.levels, box, decoder.receptive_margin)
    assert window.box == box.clipped(height, width)
    stride = decoder.levels[0].stride_px
    assert_same_picture(
        decode_window(decoder, window), at_once(decoder, grid)[window.box.scaled(stride).slices]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_too_little_context_would_show(kind: str) -> None:
    """The margin is no mere caution: with none, the windows differ (so these tests can fail)."""
    decoder = made(kind)
    grid = random_grid(decoder, 1, 20, 20)
    window = read_window(grid.levels, Box(5, 5, 12, 12), 0)
    region = at_once(decoder, grid)[Box(5, 5, 12, 12).scaled(decoder.levels[0].stride_px).slices]
    assert np.abs(decode_window(decoder, window).astype(int) - region).max() > 1


def test_a_window_keeps_its_codes_while_painting_goes_on() -> None:
    grid = CodeGrid.filled(5, 5, (0,), (16,))
    window = read_window(grid.levels, Box(1, 1, 2, 2), 1)
    grid.paint(0, Box(0, 0, 5, 5), np.ones((5, 5), bool), 3)
    assert (window.codes[0] == 0).all()
    assert window.inner == Box(1, 1, 2, 2)
    with pytest.raises(CodesFault, match="outside"):
        read_window(grid.levels, Box(5, 0, 6, 1), 1)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(KINDS), st.integers(0, 999), st.integers(1, 150), st.integers(1, 150))
def test_encoding_by_windows_is_encoding_at_once(kind: str, seed: int, height: int, width: int) -> None:
    decoder = made(kind)
    stride = decoder.levels[0].stride_px
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    padded = np.pad(pixels, ((0, -height % stride), (0, -width % stride), (0, 0)), mode="edge")
    expected = decoder.encode(from_pixels(padded[None]))
    found = encode_windowed(decoder, pixels, limit_px=64)
    assert [level.shape for level in found] == [level.shape[1:] for level in expected]
    assert all((a == b[0]).all() for a, b in zip(found, expected, strict=True))


def test_progress_rises_to_one() -> None:
    decoder, told = made("tiny"), list[float]()
    grid = random_grid(decoder, 0, 100, 70)
    decode_full(decoder, grid.levels, limit_px=64, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 10
    told.clear()
    encode_windowed(decoder, np.zeros((300, 300, 3), np.uint8), progress=told.append)
    assert told[-1] == 1.0


def test_cancelling_stops_before_the_next_window() -> None:
    decoder, told = made("tiny"), list[float]()
    grid = random_grid(decoder, 0, 100, 70)
    with pytest.raises(CancelledError):
        decode_full(decoder, grid.levels, 64, told.append, lambda: len(told) == 2)
    assert len(told) == 2
    with pytest.raises(CancelledError):
        encode_windowed(decoder, np.zeros((8, 8, 3), np.uint8), cancelled=lambda: True)


def test_codes_of_another_model_are_refused() -> None:
    two = random_grid(made("two levels"), 0, 3, 3)
    with pytest.raises(CodesFault, match="2 levels"):
        decode_full(made("tiny"), two.levels)
    with pytest.raises(CodesFault):
        decode_full(made("tiny"), [np.full((2, 2), 99)])
