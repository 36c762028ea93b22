"""Straight lines, and the geometry of Shift: eight directions, equal sides."""

from __future__ import annotations

import math

import numpy as np

from engine.codes.strokes import Cell, footprint, line, sweep
from gui.canvas.tools.tool import Ghost, Pointer, Steps, Tool


class LineTool(Tool):
    """A line as thick as the brush, seen decoded while it is drawn; Shift keeps it to eight directions."""

    def drag(self, press: Pointer) -> Steps:
        code, size = self.code(press), self.brush.size
        start = press.anchor(size)
        stamp = footprint(size, self.brush.shape)
        with self.painting.stroke("Line", "follows"):
            self.painting.repaint((*sweep(line(start, start), stamp), code))
            while here := (yield):
                end = here.anchor(size)
                end = to_eight_directions(start, end) if here.shift else end
                self.painting.repaint((*sweep(line(start, end), stamp), code))

    def ghost(self, pointer: Pointer) -> Ghost:
        size = self.brush.size
        box, mask = sweep(np.array([pointer.anchor(size)]), footprint(size, self.brush.shape))
        return Ghost(box, mask, self.brush.primary)


def to_eight_directions(start: Cell, end: Cell) -> Cell:
    """The cell nearest to `end` that lies straight or diagonally from `start`."""
    down, right = end[0] - start[0], end[1] - start[1]
    eighth = round(math.atan2(down, right) / (math.pi / 4))
    turn_down, turn_right = round(math.sin(eighth * math.pi / 4)), round(math.cos(eighth * math.pi / 4))
    length = max(abs(down), abs(right))
    if turn_down and turn_right:
        length = round((abs(down) + abs(right)) / 2)
    return start[0] + turn_down * length, start[1] + turn_right * length


def to_equal_sides(start: Cell, end: Cell) -> Cell:
    """The corner opposite `start` of the square as large as the longer side to `end`."""
    down, right = end[0] - start[0], end[1] - start[1]
    side = max(abs(down), abs(right))
    return start[0] + int(math.copysign(side, down)), start[1] + int(math.copysign(side, right))
