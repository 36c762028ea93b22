"""What is done with the selected cells: fill, clear, copy, cut, paste and move."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from engine.codes.box import Box
from engine.codes.patch import Patch
from engine.codes.selection import Fragment, Selection, copy_cells, paste_cells
from gui.state.open_stroke import Floating
from gui.state.painting import PaintingState


class SelectedCells(QObject):
    """Edits of the selection of one `PaintingState`; holds the copied cells.

    Fill, clear, copy, cut and move take the whole canvas where nothing is selected. Pasted and moved
    cells float, selected, until they are set down: moving them again uncovers what was below.
    """

    clipboard_changed = Signal()

    def __init__(self, painting: PaintingState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._painting = painting
        self._clipboard: Fragment | None = None
        self._blank: tuple[int, ...] = ()

    @property
    def clipboard(self) -> Fragment | None:
        """The cells copied last."""
        return self._clipboard

    def set_clipboard(self, fragment: Fragment | None) -> None:
        self._clipboard = fragment
        self.clipboard_changed.emit()

    def set_blank(self, codes: tuple[int, ...]) -> None:
        """The code per level that clearing leaves behind; 0 for levels beyond."""
        self._blank = codes

    @property
    def blank(self) -> int:
        """What clearing leaves behind on the level being painted."""
        return self._blank_of(self._painting.level)

    def fill(self, code: int) -> None:
        """Paint all selected cells with `code`."""
        self._flood("Fill selection", code)

    def clear(self) -> None:
        """Leave the blank code in all selected cells."""
        self._flood("Clear", self.blank)

    def copy(self) -> None:
        self.set_clipboard(copy_cells(self._painting.painting.grid, self._chosen()))

    def cut(self) -> None:
        self.copy()
        self._flood("Cut", self.blank)

    def paste(self, row: int, column: int) -> None:
        """Let the copied cells float with their middle at (row, column), as far as the canvas allows."""
        fragment = self._clipboard
        if fragment is None or not self._painting.begin("Paste"):
            return
        height, width = fragment.mask.shape
        rows, columns = self._painting.shape
        top = int(np.clip(row - height // 2, min(0, rows - height), max(0, rows - height)))
        left = int(np.clip(column - width // 2, min(0, columns - width), max(0, columns - width)))
        self._float(Floating(fragment, None, top, left))

    def move(self, rows: int, columns: int) -> None:
        """Move what floats by whole cells; the selected cells are lifted first if nothing floats."""
        floating = self._painting.floating or self._lifted()
        if floating is not None:
            top, left = floating.top + rows, floating.left + columns
            self._float(Floating(floating.fragment, floating.hole, top, left))

    def _lifted(self) -> Floating | None:
        chosen = self._chosen()
        if not self._painting.begin("Move"):
            return None
        fragment = copy_cells(self._painting.painting.grid, chosen)
        return Floating(fragment, chosen, fragment.top, fragment.left)

    def _float(self, floating: Floating) -> None:
        height, width = floating.fragment.mask.shape
        box = Box(0, 0, height, width).shifted(floating.top, floating.left)
        nothing = Selection.nothing(*self._painting.shape)
        selection = nothing.combined(box, floating.fragment.mask, "replace")
        self._painting.float_cells(floating, lambda: self._shown(floating), selection)

    def _shown(self, floating: Floating) -> list[Patch]:
        grid = self._painting.painting.grid
        patches: list[Patch] = []
        if floating.hole is not None and floating.hole.box is not None:
            box = floating.hole.box
            for level in range(len(grid.levels)):
                hole = grid.paint(level, box, floating.hole.mask[box.slices], self._blank_of(level))
                patches.extend([hole] if hole is not None else [])
        return [*patches, *paste_cells(grid, floating.fragment, floating.top, floating.left)]

    def _flood(self, label: str, code: int) -> None:
        chosen = self._chosen()
        if chosen.box is None:
            return
        with self._painting.stroke(label):
            self._painting.paint(chosen.box, chosen.mask[chosen.box.slices], code)

    def _chosen(self) -> Selection:
        selection = self._painting.selection
        return Selection.everything(*self._painting.shape) if selection.is_empty else selection

    def _blank_of(self, level: int) -> int:
        return self._blank[level] if level < len(self._blank) else 0
