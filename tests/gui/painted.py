"""A small painting for the tests of the window: 12 x 16 cells of the fake decoder's 16 codes."""

from __future__ import annotations

import numpy as np

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
