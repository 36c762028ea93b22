"""What is done with the selected cells: fill, clear, copy, cut, paste and move."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from engine.codes.box import Box
from engine.codes.grid import CodeGrid
from engine.codes.patch import Patch
from engine.codes.selection import Fragment, Selection, copy_cells, fill_cells, paste_cells
from gui.state.open_stroke import Floating
from gui.state.painting import PaintingState


class SelectedCells(QObject):
    """Edits of the selection of one `PaintingState`; holds the copied cells.

    All of them take the whole canvas where nothing is selected. What is cleared, cut or moved away leaves
    the blank code behind, not the picture the painting started from (that is the eraser's). Pasted and
    moved cells float, selected, until they are set down: moving them again uncovers what was below.
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

    def fill(self, code: int) -> None:
        """Paint all selected cells with `code`, on the level being painted."""
        chosen, level = self._chosen(), self._painting.level
        self._painting.edit("Fill", lambda grid: fill_cells(grid, chosen, level, code), "follows")

    def clear(self) -> None:
        """Leave the blank code in all selected cells."""
        chosen = self._chosen()
        self._painting.edit("Clear", lambda grid: self._emptied(grid, chosen))

    def copy(self) -> None:
        self.set_clipboard(copy_cells(self._painting.painting.grid, self._chosen()))

    def cut(self) -> None:
        self.copy()
        chosen = self._chosen()
        self._painting.edit("Cut", lambda grid: self._emptied(grid, chosen))

    def paste(self, row: int, column: int) -> None:
        """Let the copied cells float with their middle at (row, column), as far as the canvas allows.

        Raises `CodesFault` where they come from a model with other levels or more codes.
        """
        fragment = self._clipboard
        if fragment is None or not self._painting.begin("Paste"):
            return
        height, width = fragment.mask.shape
        rows, columns = self._painting.painting.grid.shape
        top = _held_inside(row - height // 2, height, rows)
        left = _held_inside(column - width // 2, width, columns)
        self._float(Floating(fragment, None, top, left))

    def move(self, rows: int, columns: int) -> None:
        """Move what floats by whole cells; the selected cells are lifted first if nothing floats."""
        floating = self._painting.floating or self._lifted()
        if floating is not None:
            self._float(replace(floating, top=floating.top + rows, left=floating.left + columns))

    def _lifted(self) -> Floating | None:
        chosen = self._chosen()
        fragment = copy_cells(self._painting.painting.grid, chosen)
        if fragment is None or not self._painting.begin("Move"):
            return None
        return Floating(fragment, chosen, fragment.top, fragment.left)

    def _float(self, floating: Floating) -> None:
        height, width = floating.fragment.mask.shape
        box = Box(0, 0, height, width).shifted(floating.top, floating.left)
        outline = self._painting.selection.combined(box, floating.fragment.mask, "replace")
        self._painting.float_cells(floating, lambda grid: self._shown(grid, floating), outline)

    def _shown(self, grid: CodeGrid, floating: Floating) -> list[Patch]:
        emptied = self._emptied(grid, floating.hole) if floating.hole is not None else []
        return [*emptied, *paste_cells(grid, floating.fragment, floating.top, floating.left)]

    def _emptied(self, grid: CodeGrid, cells: Selection) -> list[Patch]:
        levels = range(len(grid.levels))
        return [patch for level in levels for patch in fill_cells(grid, cells, level, self._blank_of(level))]

    def _chosen(self) -> Selection:
        selection = self._painting.selection
        return selection.inverted() if selection.is_empty else selection

    def _blank_of(self, level: int) -> int:
        return self._blank[level] if level < len(self._blank) else 0


def _held_inside(start: int, length: int, limit: int) -> int:
    """`start` moved so that `length` cells from it lie within 0..limit, or cover it where they are more."""
    low, high = min(0, limit - length), max(0, limit - length)
    return min(max(start, low), high)
