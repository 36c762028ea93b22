"""The eyedropper: takes up the code under the pointer; the right button takes the secondary one."""

from __future__ import annotations

from engine.codes.box import Box
from gui.canvas.tools.tool import Ghost, Pointer, Steps, Tool


class PickTool(Tool):
    paints = False

    def drag(self, press: Pointer) -> Steps:
        self._pick(press)
        while here := (yield):
            self._pick(here)

    def ghost(self, pointer: Pointer) -> Ghost:
        return self.one_cell(pointer)

    def _pick(self, pointer: Pointer) -> None:
        codes = self.painting.codes
        if not Box(0, 0, *codes.shape).contains(*pointer.cell):
            return
        code = int(codes[pointer.cell])
        if pointer.button == "left":
            self.brush.primary = code
        else:
            self.brush.secondary = code
