"""Rectangles and ellipses, as areas or as outlines drawn with the brush."""

from __future__ import annotations

import numpy as np

from engine.codes.box import Box, Mask
from engine.codes.strokes import Cell, ellipse, footprint, rectangle, sweep
from gui.canvas.tools.line import to_equal_sides
from gui.canvas.tools.tool import Ghost, Pointer, Steps, Tool


class ShapeTool(Tool):
    """A shape between two corners, seen decoded while it is drawn; Shift makes its sides equal."""

    label: str

    def drag(self, press: Pointer) -> Steps:
        code, start = self.code(press), press.cell
        with self.painting.stroke(self.label, "follows"):
            self.painting.repaint((*self._drawn(start, start), code))
            while here := (yield):
                end = to_equal_sides(start, here.cell) if here.shift else here.cell
                self.painting.repaint((*self._drawn(start, end), code))

    def ghost(self, pointer: Pointer) -> Ghost:
        return Ghost(*self._drawn(pointer.cell, pointer.cell), self.brush.primary)

    def shape(self, start: Cell, end: Cell, filled: bool) -> tuple[Box, Mask]:
        raise NotImplementedError

    def _drawn(self, start: Cell, end: Cell) -> tuple[Box, Mask]:
        box, mask = self.shape(start, end, self.brush.filled)
        if self.brush.filled or self.brush.size == 1:
            return box, mask
        outline = np.argwhere(mask) + np.array([box.top, box.left])
        return sweep(outline, footprint(self.brush.size, self.brush.shape))


class RectangleTool(ShapeTool):
    label = "Rectangle"

    def shape(self, start: Cell, end: Cell, filled: bool) -> tuple[Box, Mask]:
        return rectangle(start, end, filled)


class EllipseTool(ShapeTool):
    label = "Ellipse"

    def shape(self, start: Cell, end: Cell, filled: bool) -> tuple[Box, Mask]:
        return ellipse(start, end, filled)
