"""A made-up codebook that looks like a trained one, and a session that holds it."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.analysis.statistics import LevelStatistics
from engine.codes.document import Painting
from engine.codes.grid import CodeGrid
from engine.decoding.decoder import Decoder
from gui.state.painting import PaintingState

HUES, GREYS, WHITES, EDGES, UNUSED = 60, 10, 20, 34, 4
COUNT = HUES + GREYS + WHITES + EDGES + UNUSED
FIRST_WHITE = HUES + GREYS
FIRST_EDGE = FIRST_WHITE + WHITES
FIRST_UNUSED = FIRST_EDGE + EDGES
BLANK = FIRST_WHITE
"""The first of the near-whites is pure white: blank canvases are made of it, so it is not folded."""


def codebook(cell_px: int = 4) -> LevelStatistics:
    """128 codes: fills around the hue circle, greys, near-whites, edges, and four unused ones."""
    swatches = np.concatenate(
        [
            _flat([_hue(place) for place in range(HUES)], cell_px),
            _flat([(grey, grey, grey) for grey in np.linspace(0, 225, GREYS).astype(int)], cell_px),
            _flat([(255 - place // 2, 255 - place // 3, 255) for place in range(WHITES)], cell_px),
            _edges(cell_px),
            _flat([(0, 0, 0)] * UNUSED, cell_px),
        ]
    )
    fields = np.broadcast_to(swatches.mean(axis=(1, 2), keepdims=True), swatches.shape).astype(np.uint8)
    contexts = np.pad(swatches, ((0, 0), (cell_px, cell_px), (cell_px, cell_px), (0, 0)), mode="edge")
    use = np.random.default_rng(5).permutation(np.arange(1, COUNT + 1) * 7).astype(np.int64)
    use[FIRST_UNUSED:] = 0
    vectors = swatches.reshape(COUNT, -1).astype(np.float32) / 255.0
    followers = np.zeros((2, 0), dtype=np.int32)
    return LevelStatistics(use, use[None], swatches, fields, contexts, contexts, vectors, followers)


def _hue(place: int) -> tuple[int, ...]:
    value = (1.0, 0.75, 0.5)[place % 3]
    return tuple(int(255 * part) for part in colorsys.hsv_to_rgb(place / HUES, 0.9, value))


def _flat(colours: list[tuple[int, ...]], cell_px: int) -> NDArray[np.uint8]:
    cells = np.array(colours, dtype=np.uint8)[:, None, None]
    return np.broadcast_to(cells, (len(colours), cell_px, cell_px, 3))


def _edges(cell_px: int) -> NDArray[np.uint8]:
    """Colour on white: half of it across, half down."""
    cells = np.full((EDGES, cell_px, cell_px, 3), 255, dtype=np.uint8)
    for place in range(EDGES):
        half = cells[place, : cell_px // 2] if place % 2 else cells[place, :, : cell_px // 2]
        half[:] = _hue(place * 2)
    return cells


class SessionStub(QObject):
    """What `Book` reads of a session."""

    status_changed = Signal()
    decoder_changed = Signal()
    statistics_changed = Signal()

    def __init__(
        self,
        statistics: tuple[LevelStatistics, ...] = (),
        decoder: Decoder | None = None,
        status: str = "ready",
    ) -> None:
        super().__init__()
        self.statistics = statistics
        self.decoder = decoder
        self.status = status

    def bring(self, statistics: tuple[LevelStatistics, ...] = (), decoder: Decoder | None = None) -> None:
        self.statistics, self.decoder, self.status = statistics, decoder, "ready"
        self.statistics_changed.emit()
        self.decoder_changed.emit()
        self.status_changed.emit()


def painting_of(codes: list[list[int]], count: int = COUNT) -> PaintingState:
    grid = CodeGrid([np.array(codes, dtype=np.int64)], [count])
    return PaintingState(Painting(grid, (4,), "made-up", "0" * 64))
