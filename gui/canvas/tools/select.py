"""Rectangle selection: Shift adds, Alt takes away, a click without a drag selects nothing."""

from __future__ import annotations

import math

import numpy as np

from engine.codes.box import Box
from engine.codes.selection import Mode
from engine.codes.strokes import rectangle
from gui.canvas.tools.tool import Pointer, Steps, Tool

CLICK_CELLS = 0.25
"""A pointer that moved no further than this was only clicked."""


class SelectTool(Tool):
    paints = False
    alt_picks = False
    _band: Box | None = None

    def drag(self, press: Pointer) -> Steps:
        mode: Mode = "add" if press.shift else "subtract" if press.alt else "replace"
        dragged = mode != "replace"
        last = press
        try:
            while here := (yield):
                last = here
                dragged = dragged or math.hypot(here.x - press.x, here.y - press.y) > CLICK_CELLS
                self._band = self._box(press, here) if dragged else None
        finally:
            self._band = None
        self._select(self._box(press, last) if dragged else Box(0, 0, 0, 0), mode)

    def ghost(self, _pointer: Pointer) -> None:
        return None

    @property
    def band(self) -> Box | None:
        return self._band

    def _box(self, press: Pointer, here: Pointer) -> Box:
        """The cells dragged over, within the canvas; whole coarsest cells, which selections count."""
        ratio = self.painting.ratio
        box, _ = rectangle(press.cell, here.cell)
        return box.clipped(*self.painting.shape).coarsened(ratio).scaled(ratio)

    def _select(self, box: Box, mode: Mode) -> None:
        """Combine `box` (cells of the level being painted) with the selection; an empty one has no cells."""
        coarse = box.coarsened(self.painting.ratio)
        mask = np.ones((coarse.height, coarse.width), np.bool_)
        self.painting.set_selection(self.painting.selection.combined(coarse, mask, mode))
