"""Moves the selected cells (all of them where nothing is selected); they float until set down."""

from __future__ import annotations

from gui.canvas.tools.tool import Pointer, Steps, Tool
from gui.state.brush import BrushState
from gui.state.painting import PaintingState
from gui.state.selected_cells import SelectedCells


class MoveTool(Tool):
    def __init__(self, painting: PaintingState, brush: BrushState, cells: SelectedCells) -> None:
        super().__init__(painting, brush)
        self._cells = cells

    def drag(self, press: Pointer) -> Steps:
        floated = self.painting.floating is not None
        rows = columns = 0
        try:
            while here := (yield):
                down, right = self._way(press, here)
                if (down, right) != (rows, columns):
                    self._cells.move(down - rows, right - columns)
                    rows, columns = down, right
        except GeneratorExit:
            self._take_back(floated, rows, columns)
            raise

    def ghost(self, _pointer: Pointer) -> None:
        return None

    def _way(self, press: Pointer, here: Pointer) -> tuple[int, int]:
        """Rows and columns from `press` to `here` in coarsest cells, which are what moves."""
        ratio = self.painting.ratio
        return here.cell[0] // ratio - press.cell[0] // ratio, here.cell[1] // ratio - press.cell[1] // ratio

    def _take_back(self, floated: bool, rows: int, columns: int) -> None:
        """Cells that floated before this drag go back to where it found them, others to their place."""
        if not floated:
            self.painting.cancel()
        elif (rows, columns) != (0, 0):
            self._cells.move(-rows, -columns)
