"""The eraser: a brush that brings back the codes the painting started from."""

from __future__ import annotations

import numpy as np

from engine.codes.box import Box
from gui.canvas.tools.brush import BrushTool
from gui.canvas.tools.tool import Pointer
from gui.state.open_stroke import Beneath
from gui.state.painting import Codes


class EraseTool(BrushTool):
    label = "Erase"
    beneath: Beneath = "starts"

    def ink(self, _press: Pointer) -> int:
        return 0  # no code is used: each cell has its own

    def codes_for(self, box: Box, _ink: int) -> Codes:
        start = self.painting.start
        codes = np.zeros((box.height, box.width), np.int64)
        inside = box.clipped(*start.shape)
        codes[inside.shifted(-box.top, -box.left).slices] = start[inside.slices]
        return codes
