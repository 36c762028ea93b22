"""The brush: paints the cells it is drawn over; Shift-click goes straight from where it last was."""

from __future__ import annotations

import numpy as np

from engine.codes.box import Box
from engine.codes.strokes import Cell, footprint, line, sweep
from gui.canvas.tools.tool import Ghost, Pointer, Steps, Tool
from gui.state.painting import Codes


class BrushTool(Tool):
    """Freehand strokes without gaps, whatever the speed of the pointer."""

    label = "Brush"
    shows_ghost_in_drag = True
    _last: tuple[int, Cell] | None = None  # level and cell

    def drag(self, press: Pointer) -> Steps:
        ink = self.ink(press)
        here = press.anchor(self.size(press))
        start = self._last_cell(here) if press.shift else here
        with self.painting.stroke(self.label):
            self._stamp(start, here, press, ink)
            while pointer := (yield):
                before, here = here, pointer.anchor(self.size(pointer))
                if here != before:
                    self._stamp(before, here, pointer, ink)
        self._last = self.painting.level, here

    def ghost(self, pointer: Pointer) -> Ghost:
        size = self.brush.size
        box, mask = sweep(np.array([pointer.anchor(size)]), footprint(size, self.brush.shape))
        return Ghost(box, mask, self.codes_for(box, self.brush.primary))

    def size(self, pointer: Pointer) -> int:
        """Cells across: the brush's size, scaled by a pen's pressure if that is wanted."""
        if not self.brush.pressure_size:
            return self.brush.size
        return max(1, round(self.brush.size * pointer.pressure))

    def ink(self, press: Pointer) -> int:
        """The code of the whole stroke."""
        return self.code(press)

    def codes_for(self, _box: Box, ink: int) -> Codes:
        """What is painted into `_box`, which may reach outside the canvas."""
        return ink

    def _last_cell(self, otherwise: Cell) -> Cell:
        """Where the last stroke on this level ended."""
        level, cell = self._last or (None, otherwise)
        return cell if level == self.painting.level else otherwise

    def _stamp(self, start: Cell, end: Cell, pointer: Pointer, ink: int) -> None:
        stamp = footprint(self.size(pointer), self.brush.shape)
        box, mask = sweep(line(start, end), stamp)
        self.painting.paint(box, mask, self.codes_for(box, ink))
