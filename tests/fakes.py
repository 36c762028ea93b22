"""Small stand-ins that obey the real contracts: a decoder in NumPy with a real receptive field."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence, Set

import numpy as np
from numpy.typing import NDArray

from engine.decoding.decoder import CodeLevel, Codes
from engine.decoding.prior import CodePrior, Grids, Likeliest, Surprise
from engine.errors import CodesFault
from engine.priors.requests import Drawn, DreamRequest, ResampleRequest, Variation


class TinyDecoder:
    """Decodes each cell to its code's colour, blended with its eight neighbours (margin 1, borders repeat).

    Encoding picks the code of the nearest colour of each cell's mean, so flat pictures survive the
    round trip.
    """

    name = "tiny"
    model_id = "0" * 64
    device = "cpu"
    labels = ("one", "two")
    channels = 3
    image_size = 32
    receptive_margin = 1
    encode_margin = 1
    prior: CodePrior | None = None

    def __init__(self, codes: int = 16, stride_px: int = 4) -> None:
        self.levels = (CodeLevel(stride_px, codes, 3),)
        self._colours = np.random.default_rng(7).random((codes, 3), dtype=np.float32)
        self._colours[0] = 1.0

    def codebook(self, level: int) -> NDArray[np.float32]:
        if level != 0:
            raise CodesFault(f"level {level}: this model has one level")
        return self._colours

    def without(self, levels: Set[int]) -> TinyDecoder | None:
        return None if levels else self

    def encode(self, images: NDArray[np.float32]) -> list[Codes]:
        return [
            _nearest(_cell_means(_padded(images, self.levels[0].stride_px), self.levels[0]), self._colours)
        ]

    def decode(self, codes: Sequence[Codes]) -> NDArray[np.float32]:
        (level,) = codes
        return _pictures(level, self.levels[0], self._colours)


class TinyPrior:
    """Expects the code of the cell on the left (0 at the border) nine times as much as any other.

    Margin 1; all levels alike; a code's number decides between those that are equally likely.
    """

    labels = ()
    margin = 1

    def __init__(self, codes: int = 16) -> None:
        self._codes = codes

    @property
    def expected_bits(self) -> float:
        return float(np.log2((self._codes + 8) / 9))

    @property
    def other_bits(self) -> float:
        return float(np.log2(self._codes + 8))

    def surprise(self, codes: Grids, condition: NDArray[np.float32] | None = None) -> list[Surprise]:
        del condition
        return [self._of_level(grid) for grid in codes]

    def _of_level(self, grid: NDArray[np.int64]) -> Surprise:
        as_expected = grid == np.pad(grid, ((0, 0), (1, 0)))[:, :-1]
        bits = np.where(as_expected, self.expected_bits, self.other_bits).astype(np.float32)
        return Surprise(bits, (~as_expected).astype(np.int64), np.full(grid.shape, 3.5, np.float32))

    def likeliest(
        self,
        codes: Grids,
        level: int,
        cell: tuple[int, int],
        count: int,
        condition: NDArray[np.float32] | None = None,
    ) -> Likeliest:
        del condition
        row, column = cell
        weights = np.ones(self._codes)
        weights[codes[level][row, column - 1] if column else 0] = 9.0
        order = np.argsort(-weights, kind="stable")[:count]
        return Likeliest(order, weights[order] / weights.sum())

    def resample(self, request: ResampleRequest) -> Iterator[Drawn | Variation]:
        """Any code in any selected cell, cell by cell."""
        cells = [(level, *cell) for level, mask in enumerate(request.masks) for cell in np.argwhere(mask)]
        for number in range(request.variations):
            rng = np.random.default_rng(100 * request.seed + number)
            codes = [grid.copy() for grid in request.codes]
            for place, (level, row, column) in enumerate(cells):
                codes[level][row, column] = code = rng.integers(0, self._codes)
                share = (number + (place + 1) / len(cells)) / request.variations
                yield Drawn(level, int(row), int(column), np.array([[code]]), share, np.zeros((1, 1)))
            bits = sum(float(level.bits.sum()) for level in self.surprise(codes))
            yield Variation(number, tuple(codes), bits)

    def follow(self, request: ResampleRequest, level: int) -> Iterator[Drawn | Variation]:
        """Any code in the selected cells of finer levels."""
        assert not any(mask.any() for mask in request.masks[: level + 1])
        return self.resample(request)

    def dream(self, request: DreamRequest) -> Iterator[Drawn]:
        """The next code instead of the one in hand, cell by cell."""
        cells = np.argwhere(request.mask).tolist()
        for place, (row, column) in enumerate(cells):
            code = (request.code + 1) % self._codes
            yield Drawn(
                request.level, row, column, np.array([[code]]), (place + 1) / len(cells), np.zeros((1, 1))
            )


class TinyTwoLevelDecoder(TinyDecoder):
    """The mean of two `TinyDecoder`s' pictures: a coarse one of 8 px cells and a fine one of 4 px cells.

    Encoding picks the coarse codes first, and the fine ones for what is left.
    """

    name = "tiny-two"
    model_id = "2" * 64

    def __init__(self, coarse: int = 12, fine: int = 16) -> None:
        super().__init__(fine)
        self.levels = (CodeLevel(8, coarse, 3), CodeLevel(4, fine, 3))
        self._coarse = np.random.default_rng(8).random((coarse, 3), dtype=np.float32)
        self._coarse[0] = 1.0
        self._without: Set[int] = frozenset()

    def without(self, levels: Set[int]) -> TinyTwoLevelDecoder:
        other = copy.copy(self)
        other._without = frozenset(levels)
        return other

    def codebook(self, level: int) -> NDArray[np.float32]:
        if level not in (0, 1):
            raise CodesFault(f"level {level}: this model has two levels")
        return (self._coarse, self._colours)[level]

    def encode(self, images: NDArray[np.float32]) -> list[Codes]:
        padded = _padded(images, 8)
        coarse = _nearest(_cell_means(padded, self.levels[0]), self._coarse)
        told = self._coarse[coarse].repeat(2, axis=1).repeat(2, axis=2)
        return [coarse, _nearest(2 * _cell_means(padded, self.levels[1]) - told, self._colours)]

    def decode(self, codes: Sequence[Codes]) -> NDArray[np.float32]:
        coarse, fine = codes
        if fine.shape != (len(coarse), 2 * coarse.shape[1], 2 * coarse.shape[2]):
            raise CodesFault(f"level 1: codes have shape {fine.shape} below {coarse.shape}")
        parts = (
            _pictures(coarse, self.levels[0], self._coarse),
            _pictures(fine, self.levels[1], self._colours),
        )
        shown = [part for level, part in enumerate(parts) if level not in self._without]
        return np.asarray(sum(shown) / np.float32(2))


def _padded(images: NDArray[np.float32], stride: int) -> NDArray[np.float32]:
    height, width = images.shape[2:]
    return np.pad(images, ((0, 0), (0, 0), (0, -height % stride), (0, -width % stride)), mode="edge")


def _cell_means(images: NDArray[np.float32], level: CodeLevel) -> NDArray[np.float32]:
    """(B, C, H, W) -> (B, h, w, C)."""
    batch, channels, height, width = images.shape
    stride = level.stride_px
    cells = images.reshape(batch, channels, height // stride, stride, width // stride, stride)
    return np.asarray(cells.mean(axis=(3, 5)).transpose(0, 2, 3, 1))


def _nearest(means: NDArray[np.float32], colours: NDArray[np.float32]) -> Codes:
    return np.asarray(((means[..., None, :] - colours) ** 2).sum(axis=-1).argmin(axis=-1).astype(np.int64))


def _pictures(codes: Codes, level: CodeLevel, colours: NDArray[np.float32]) -> NDArray[np.float32]:
    if codes.min() < 0 or codes.max() >= level.codes:
        raise CodesFault(f"codes reach from {codes.min()} to {codes.max()}, not 0 to {level.codes - 1}")
    chosen = colours[codes]  # (B, h, w, 3)
    padded = np.pad(chosen, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    rows, columns = codes.shape[1:]
    around = [padded[:, r : r + rows, c : c + columns] for r in range(3) for c in range(3)]
    blended = 0.75 * chosen + 0.25 * np.mean(around, axis=0, dtype=np.float32)
    images = blended.repeat(level.stride_px, axis=1).repeat(level.stride_px, axis=2).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(images, dtype=np.float32)
