"""All tools of the canvas by the names `BrushState.tool` uses."""

from __future__ import annotations

from gui.canvas.tools.brush import DreamBrushTool
from gui.canvas.tools.erase import EraseTool
from gui.canvas.tools.fill import FillTool
from gui.canvas.tools.line import LineTool
from gui.canvas.tools.move import MoveTool
from gui.canvas.tools.pick import PickTool
from gui.canvas.tools.select import SelectTool
from gui.canvas.tools.shapes import EllipseTool, RectangleTool
from gui.canvas.tools.tool import Tool
from gui.state.brush import BrushState
from gui.state.dreaming import Dreaming
from gui.state.painting import PaintingState
from gui.state.selected_cells import SelectedCells


def make_tools(
    painting: PaintingState, brush: BrushState, cells: SelectedCells, dreaming: Dreaming
) -> dict[str, Tool]:
    return {
        "brush": DreamBrushTool(painting, brush, dreaming),
        "erase": EraseTool(painting, brush),
        "line": LineTool(painting, brush),
        "rectangle": RectangleTool(painting, brush),
        "ellipse": EllipseTool(painting, brush),
        "fill": FillTool(painting, brush),
        "pick": PickTool(painting, brush),
        "select": SelectTool(painting, brush),
        "move": MoveTool(painting, brush, cells),
    }
