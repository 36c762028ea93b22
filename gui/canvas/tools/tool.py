"""What every tool is: a drag written as one generator function.

def drag(self, press):                     # up to the first yield: the press
    with self.painting.stroke("Brush"):    # interrupted (Escape): the stroke is taken back
        while here := (yield):             # each move of the pointer
            ...
                                           # after the loop: the release
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.codes.box import Box, Mask
from engine.codes.strokes import Cell
from gui.state.brush import BrushState
from gui.state.painting import Codes, PaintingState

Button = Literal["left", "right"]
Steps = Generator[None, "Pointer | None", None]
"""Sent a `Pointer` for each move and None for the release; closed to cancel."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the pointer is, in cells of the level being painted (it may lie outside), and what is held."""

    x: float
    y: float
    button: Button = "left"
    shift: bool = False
    alt: bool = False
    pressure: float = 1.0  # of a pen, 0..1
    eraser: bool = False  # the other end of a pen

    @property
    def cell(self) -> Cell:
        return math.floor(self.y), math.floor(self.x)

    def anchor(self, size: int) -> Cell:
        """The cell that a brush `size` cells across is stamped on so that its middle is nearest."""
        nudge = 0.0 if size % 2 else 0.5
        return math.floor(self.y + nudge), math.floor(self.x + nudge)


@dataclass(frozen=True, slots=True, eq=False)
class Ghost:
    """The cells under the pointer, outlined, and what would be painted there (None: nothing)."""

    box: Box
    mask: Mask
    codes: Codes | None = None


class Tool:
    """A tool of the canvas. `drag` is one press-to-release; see the module's example."""

    paints = True  # needs a painting that may be changed
    alt_picks = True  # holding Alt makes a click pick a code instead
    shows_ghost_in_drag = False

    def __init__(self, painting: PaintingState, brush: BrushState) -> None:
        self.painting = painting
        self.brush = brush

    def drag(self, press: Pointer) -> Steps:
        raise NotImplementedError

    def ghost(self, pointer: Pointer) -> Ghost | None:
        """What a click here would do, to be shown under the pointer."""
        raise NotImplementedError

    @property
    def band(self) -> Box | None:
        """A rectangle of cells being drawn that is not painted yet."""
        return None

    def code(self, pointer: Pointer) -> int:
        """The code of the pressed button, which counts as used from now on."""
        code = self.brush.primary if pointer.button == "left" else self.brush.secondary
        self.brush.remember(code)
        return code

    def one_cell(self, pointer: Pointer, codes: Codes | None = None) -> Ghost:
        """The ghost of a tool that acts on the cell below the pointer."""
        row, column = pointer.cell
        return Ghost(Box(row, column, row + 1, column + 1), np.ones((1, 1), np.bool_), codes)


class Drag:
    """One drag under way: drives a tool's generator. A tool may be done before the release."""

    def __init__(self, tool: Tool, press: Pointer) -> None:
        self.tool = tool
        self._steps = tool.drag(press)
        self._send(None)

    def move(self, pointer: Pointer) -> None:
        self._send(pointer)

    def release(self) -> None:
        self._send(None)

    def cancel(self) -> None:
        """Interrupt the drag; the tool takes back what it did."""
        self._steps.close()

    def _send(self, pointer: Pointer | None) -> None:
        try:
            self._steps.send(pointer)
        except StopIteration:
            return
