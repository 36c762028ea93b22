"""What is in the painter's hand: tool, codes, size and shape, and what the pointer is over."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Signal

from gui.state.setting import Setting

TOOLS = ("brush", "erase", "line", "rectangle", "ellipse", "fill", "pick", "select", "move")
Shape = Literal["round", "square"]
MAX_SIZE = 32
RECENT = 8
DREAM = 0.5
"""Half of what is painted is said by the code in hand, half by what is around."""


def _known_tool(_brush: BrushState, tool: str) -> str:
    if tool not in TOOLS:
        raise ValueError(f"tool {tool!r}: choose one of {', '.join(TOOLS)}")
    return tool


def _known_shape(_brush: BrushState, shape: Shape) -> Shape:
    if shape not in ("round", "square"):
        raise ValueError(f"brush shape {shape!r}: choose round or square")
    return shape


def _size(_brush: BrushState, size: int) -> int:
    return min(max(int(size), 1), MAX_SIZE)


def _share(_brush: BrushState, share: float) -> float:
    return round(min(max(float(share), 0.0), 1.0), 2)


def _code(brush: BrushState, code: int) -> int:
    return min(max(int(code), 0), brush.code_count - 1)


class BrushState(QObject):
    """`changed(name)` says which of the properties below changed; setting an equal value emits nothing."""

    changed = Signal(str)

    code_count: int = 512  # K of the level being painted; see set_code_count and take_level

    tool = Setting[str]("brush", _known_tool)
    primary = Setting[int](0, _code)  # painted by the left button
    secondary = Setting[int](0, _code)  # painted by the right button
    size = Setting[int](1, _size)  # cells across, 1..32
    shape = Setting[Shape]("round", _known_shape)
    filled = Setting[bool](True)  # rectangles and ellipses: area or outline
    pressure_size = Setting[bool](False)  # a pen's pressure scales the size
    dream = Setting[float](DREAM, _share)  # how far a prior may depart from the code in hand, 0..1
    pressure_dream = Setting[bool](False)  # a pen's pressure scales that
    recent = Setting[tuple[int, ...]](())  # the eight codes used last, newest first
    hovered_code = Setting[int | None](None)  # pointed at in the palette: the canvas lights its cells
    hovered_cell = Setting[tuple[int, int] | None](None)  # (row, col) under the pointer

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._level = 0
        self._dreamt = DREAM
        self._of_levels: dict[int, tuple[int, int, tuple[int, ...]]] = {}

    def take_level(self, level: int, count: int) -> None:
        """Go on with the codes that were in hand when `level` was painted last; it has `count` of them."""
        if level != self._level:
            self._of_levels[self._level] = self.primary, self.secondary, self.recent
            self._level, self.code_count = level, max(self.code_count, count)
            self.primary, self.secondary, self.recent = self._of_levels.get(level, (0, 0, ()))
        self.set_code_count(count)

    def set_code_count(self, count: int) -> None:
        """Limit the codes to 0..count-1, e.g. of another model; codes beyond are clamped or dropped."""
        if count < 1:
            raise ValueError(f"{count} codes: a level has at least one")
        self.code_count = count
        self.primary = self.primary
        self.secondary = self.secondary
        self.recent = tuple(code for code in self.recent if code < count)
        if self.hovered_code is not None and self.hovered_code >= count:
            self.hovered_code = None

    def swap(self) -> None:
        """Exchange the primary and the secondary code."""
        self.primary, self.secondary = self.secondary, self.primary

    def remember(self, code: int) -> None:
        """Put `code` first among the recent ones; tools call it when they paint with it."""
        self.recent = (code, *(other for other in self.recent if other != code))[:RECENT]

    def switch_dream(self) -> None:
        """Paint the code in hand as it is, or as far from it as before."""
        if self.dream:
            self._dreamt, self.dream = self.dream, 0.0
        else:
            self.dream = self._dreamt

    def grow(self, cells: int) -> None:
        """Make the brush larger or smaller by `cells`, within 1..32."""
        self.size = self.size + cells
