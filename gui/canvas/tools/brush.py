"""The brush: paints the cells it is drawn over; Shift-click goes straight from where it last was."""

from __future__ import annotations

import numpy as np

from engine.codes.box import Box, Mask
from engine.codes.strokes import Cell, footprint, line, sweep
from gui.canvas.tools.tool import Ghost, Pointer, Steps, Tool
from gui.state.brush import BrushState
from gui.state.dreaming import Dreaming
from gui.state.open_stroke import Beneath
from gui.state.painting import Codes, PaintingState


class BrushTool(Tool):
    """Freehand strokes without gaps, whatever the speed of the pointer."""

    label = "Brush"
    beneath: Beneath = "follows"
    shows_ghost_in_drag = True
    _last: tuple[int, Cell] | None = None  # level and cell

    def drag(self, press: Pointer) -> Steps:
        ink = self.ink(press)
        here = press.anchor(self.size(press))
        start = self._last_cell(here) if press.shift else here
        self.begin(press)
        with self.painting.stroke(self.label, self.beneath):
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

    def begin(self, press: Pointer) -> None:
        """A stroke is about to be made."""

    def stamp(self, box: Box, mask: Mask, ink: int, _pointer: Pointer) -> None:
        """Paint a piece of the stroke."""
        self.painting.paint(box, mask, self.codes_for(box, ink))

    def _last_cell(self, otherwise: Cell) -> Cell:
        """Where the last stroke on this level ended."""
        level, cell = self._last or (None, otherwise)
        return cell if level == self.painting.level else otherwise

    def _stamp(self, start: Cell, end: Cell, pointer: Pointer, ink: int) -> None:
        box, mask = sweep(line(start, end), footprint(self.size(pointer), self.brush.shape))
        self.stamp(box, mask, ink, pointer)


class DreamBrushTool(BrushTool):
    """The brush, whose codes a prior may vary to suit what is around them; without one, the plain brush."""

    def __init__(self, painting: PaintingState, brush: BrushState, dreaming: Dreaming) -> None:
        super().__init__(painting, brush)
        self._dreaming = dreaming
        self._passed: Mask | None = None  # cells of the level that the stroke has been over; None: all plain

    def begin(self, press: Pointer) -> None:
        dreams = self._dreaming.is_able and self.brush.dream > 0
        self._passed = np.zeros(self.painting.shape, np.bool_) if dreams else None

    def stamp(self, box: Box, mask: Mask, ink: int, pointer: Pointer) -> None:
        if self._passed is None:
            super().stamp(box, mask, ink, pointer)
            return
        box, mask = self._new(box, mask, self._passed)
        if mask.any():
            mask = self.painting.selection.limits(box, mask, self.painting.ratio)
            super().stamp(box, mask, ink, pointer)
            self._dreaming.follow(box, mask, ink, self._amount(pointer))

    def _amount(self, pointer: Pointer) -> float:
        return self.brush.dream * (pointer.pressure if self.brush.pressure_dream else 1.0)

    def _new(self, box: Box, mask: Mask, passed: Mask) -> tuple[Box, Mask]:
        """Without the cells that it has been over: they have been drawn, or will be."""
        inside = box.clipped(*passed.shape)
        mask = mask[inside.shifted(-box.top, -box.left).slices] & ~passed[inside.slices]
        passed[inside.slices] |= mask
        return inside, mask
