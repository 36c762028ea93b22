"""A small painting for the tests of the window: 12 x 16 cells of the fake decoder's 16 codes."""

from __future__ import annotations

import numpy as np

from engine.analysis.statistics import LevelStatistics
from engine.codes.document import Painting
from gui.state.painting import PaintingState
from tests.fakes import TinyDecoder

ROWS, COLUMNS = 12, 16


def small_painting(rows: int = ROWS, columns: int = COLUMNS) -> Painting:
    """Code 1 everywhere, code 2 in the top left quarter."""
    codes = np.ones((rows, columns), np.int64)
    codes[: rows // 2, : columns // 2] = 2
    return Painting.of_codes([codes], TinyDecoder())


def small_state(rows: int = ROWS, columns: int = COLUMNS) -> PaintingState:
    return PaintingState(small_painting(rows, columns))


def tiny_statistics(decoder: TinyDecoder | None = None) -> LevelStatistics:
    """What the fake decoder's codes look like: flat swatches of their colours."""
    decoder = decoder or TinyDecoder()
    count, side = decoder.levels[0].codes, decoder.levels[0].stride_px
    colours = np.rint(decoder.codebook(0) * 255).astype(np.uint8)
    cells = np.broadcast_to(colours[:, None, None], (count, side, side, 3)).copy()
    around = np.broadcast_to(colours[:, None, None], (count, 3 * side, 3 * side, 3)).copy()
    return LevelStatistics(
        use=np.ones(count, np.int64),
        use_by_label=np.ones((2, count), np.int64),
        swatches=cells,
        fields=cells,
        contexts=around,
        patches=around,
        vectors=decoder.codebook(0),
        followers=np.zeros((2, 0), np.int32),
    )
