"""The bucket: fills the cells of one code that touch, inside the selection."""

from __future__ import annotations

from engine.codes.selection import refined
from engine.codes.strokes import flood
from gui.canvas.tools.tool import Ghost, Pointer, Steps, Tool


class FillTool(Tool):
    def drag(self, press: Pointer) -> Steps:
        selection = self.painting.selection
        within = None if selection.is_empty else refined(selection.mask, None, self.painting.ratio)
        box, mask = flood(self.painting.codes, *press.cell, within)
        with self.painting.stroke("Fill", "follows"):
            if not box.is_empty:
                self.painting.paint(box, mask, self.code(press))
            # Held until the release, so that Escape takes it back like any other stroke.
            while (yield):
                pass

    def ghost(self, pointer: Pointer) -> Ghost:
        return self.one_cell(pointer, self.brush.primary)
