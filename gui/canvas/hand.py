"""The user's hand on the canvas: which tool acts, the drag under way, the ghost under the pointer.

Knows no widget: the canvas turns mouse, pen and keys into `Pointer`s.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Signal

from engine.codes.box import Box
from gui.canvas.tools.tool import Drag, Ghost, Pointer, Tool
from gui.state.brush import BrushState
from gui.state.painting import PaintingState, Stamp


class Hand(QObject):
    """One drag at a time. While nothing is pressed the ghost says what a press would do."""

    ghost_changed = Signal()
    band_changed = Signal()
    refused = Signal()  # a tool that paints was pressed on a painting that cannot be changed

    def __init__(
        self,
        painting: PaintingState,
        brush: BrushState,
        tools: dict[str, Tool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._painting = painting
        self._brush = brush
        self._tools = tools
        self._drag: Drag | None = None
        self._pointer: Pointer | None = None
        self._ghost: Ghost | None = None
        self._alt = False
        self._ratio = painting.ratio  # what the pointer's cells are cells of
        brush.changed.connect(self._follow_brush)
        painting.document_changed.connect(self._start_over)
        painting.level_changed.connect(self._follow_level)

    @property
    def tool(self) -> Tool:
        """What a press uses: the chosen tool, or the eyedropper while Alt is held."""
        chosen = self._tools[self._brush.tool]
        return self._tools["pick"] if self._alt and chosen.alt_picks else chosen

    @property
    def is_dragging(self) -> bool:
        return self._drag is not None

    @property
    def pointer(self) -> Pointer | None:
        """Where the pointer (or the keyboard's cell cursor) is; None while it is elsewhere."""
        return self._pointer

    @property
    def ghost(self) -> Ghost | None:
        return self._ghost

    @property
    def band(self) -> Box | None:
        """The rectangle the tool is drawing, in cells."""
        return self._drag.tool.band if self._drag is not None else None

    @property
    def stamp(self) -> Stamp | None:
        """What a press would paint, within the selection; None where it would paint nothing."""
        ghost = self._ghost
        if ghost is None or ghost.codes is None or self.is_dragging or not self._painting.may_paint:
            return None
        mask = self._painting.selection.limits(ghost.box, ghost.mask, self._painting.ratio)
        return (ghost.box, mask, ghost.codes) if mask.any() else None

    def hold_alt(self, held: bool) -> None:
        if held != self._alt:
            self._alt = held
            self.refresh()

    def press(self, pointer: Pointer) -> None:
        if self._drag is not None:
            return
        self._pointer = pointer
        self._alt = pointer.alt
        tool = self._tools["erase"] if pointer.eraser else self.tool
        if tool.paints and not self._painting.may_paint:
            self.refused.emit()
            return
        self._drag = Drag(tool, pointer)
        self.refresh()

    def move(self, pointer: Pointer) -> None:
        """Drag on, or hover."""
        self._pointer = pointer
        self._alt = pointer.alt
        self._brush.hovered_cell = self._cell_inside(pointer)
        if self._drag is not None:
            band = self.band
            self._drag.move(pointer)
            if self.band != band:
                self.band_changed.emit()
        self.refresh()

    def release(self) -> None:
        drag, self._drag = self._drag, None
        if drag is not None:
            drag.release()
            self.band_changed.emit()
            self.refresh()

    def cancel(self) -> bool:
        """Interrupt the drag, which takes itself back; False where there was none."""
        drag, self._drag = self._drag, None
        if drag is None:
            return False
        drag.cancel()
        self.band_changed.emit()
        self.refresh()
        return True

    def leave(self) -> None:
        """The pointer is no longer over the canvas."""
        self._pointer = None
        self._brush.hovered_cell = None
        self.refresh()

    def refresh(self) -> None:
        """Work the ghost out anew."""
        ghost = self._wanted_ghost()
        if not _same(ghost, self._ghost):
            self._ghost = ghost
            self.ghost_changed.emit()

    def _wanted_ghost(self) -> Ghost | None:
        tool = self._drag.tool if self._drag is not None else self.tool
        if self._pointer is None or (self._drag is not None and not tool.shows_ghost_in_drag):
            return None
        if tool.paints and not self._painting.may_paint:
            return None
        ghost = tool.ghost(self._pointer)
        everything = Box(0, 0, *self._painting.shape)
        return None if ghost is None or ghost.box.intersection(everything).is_empty else ghost

    def _cell_inside(self, pointer: Pointer) -> tuple[int, int] | None:
        rows, columns = self._painting.shape
        row, column = pointer.cell
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None

    def _start_over(self) -> None:
        self._ratio = self._painting.ratio
        self.cancel()

    def _follow_level(self) -> None:
        """The pointer stays where it is on the picture, over a larger or smaller cell."""
        times, self._ratio = self._painting.ratio / self._ratio, self._painting.ratio
        self.cancel()
        if self._pointer is not None:
            self.move(replace(self._pointer, x=self._pointer.x * times, y=self._pointer.y * times))

    def _follow_brush(self, name: str) -> None:
        if name not in ("hovered_cell", "hovered_code", "recent"):
            self.refresh()


def _same(one: Ghost | None, other: Ghost | None) -> bool:
    if one is None or other is None:
        return one is other
    return (
        one.box == other.box
        and np.array_equal(one.mask, other.mask)
        and np.array_equal(np.asarray(one.codes), np.asarray(other.codes))
    )
