"""Where each swatch of the palette stands: group titles, rows of sixteen, the row that unfolds whites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect

from engine.analysis.looks import Group
from engine.analysis.ordering import COLUMNS

SWATCH = 20  # px across, the strip of its uniform field included
GAP = 1
PITCH = SWATCH + GAP
WIDTH = COLUMNS * PITCH - GAP
RIGHT_MARGIN = 17  # px right of the swatches: a scroll bar, and room for a swatch that stands out
TITLE_HEIGHT = 22
FOLD_HEIGHT = 24
GROUP_SPACE = 4


@dataclass(frozen=True, slots=True)
class Title:
    rect: QRect
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that can be pointed at and stepped to: a swatch, or the row that unfolds the near-whites."""

    rect: QRect
    code: int | None  # None: the fold


class PaletteLayout:
    """`groups` laid out from the top; `unfolded` shows the near-whites below their row."""

    def __init__(self, groups: Sequence[Group], unfolded: bool) -> None:
        self.titles: list[Title] = []
        self.slots: list[Slot] = []
        self.whites: frozenset[int] = frozenset()  # the near-white codes, whether shown or folded
        self.height = 0
        for group in groups:
            self._add_group(group, unfolded)
        self._index = {slot.code: place for place, slot in enumerate(self.slots)}

    def _add_group(self, group: Group, unfolded: bool) -> None:
        count = len(group.codes) + len(group.folded)
        self.titles.append(Title(QRect(0, self.height, WIDTH, TITLE_HEIGHT), group.title, count))
        self.height += TITLE_HEIGHT
        self._add_swatches(group.codes.tolist())
        if len(group.folded):
            self.slots.append(Slot(QRect(0, self.height, WIDTH, FOLD_HEIGHT), None))
            self.whites = frozenset(group.folded.tolist())
            self.height += FOLD_HEIGHT
            if unfolded:
                self._add_swatches(group.folded.tolist())
        self.height += GROUP_SPACE

    def _add_swatches(self, codes: list[int]) -> None:
        for place, code in enumerate(codes):
            row, column = divmod(place, COLUMNS)
            corner = QPoint(column * PITCH, self.height + row * PITCH)
            self.slots.append(Slot(QRect(corner.x(), corner.y(), SWATCH, SWATCH), code))
        self.height += -(-len(codes) // COLUMNS) * PITCH

    def at(self, point: QPoint) -> Slot | None:
        """The slot under `point`; the gap right of and below a swatch belongs to it."""
        for slot in self.slots:
            if slot.rect.adjusted(0, 0, GAP, GAP).contains(point):
                return slot
        return None

    def slot_of(self, code: int) -> Slot | None:
        """Where `code` stands; for a folded near-white that is the fold's row."""
        place = self._index.get(code)
        if place is None:
            return self.fold if code in self.whites else None
        return self.slots[place]

    @property
    def fold(self) -> Slot | None:
        place = self._index.get(None)
        return None if place is None else self.slots[place]

    def beside(self, slot: Slot, steps: int) -> Slot:
        """The slot `steps` further on in reading order, or the last one there is."""
        place = self._index[slot.code] + steps
        return self.slots[min(max(place, 0), len(self.slots) - 1)]

    def in_row_beside(self, slot: Slot, rows: int) -> Slot:
        """The slot nearest to the same column, `rows` rows further down (up if negative) or in the last."""
        tops = sorted({other.rect.top() for other in self.slots})
        row = min(max(tops.index(slot.rect.top()) + rows, 0), len(tops) - 1)
        in_row = [other for other in self.slots if other.rect.top() == tops[row]]
        return min(in_row, key=lambda other: abs(other.rect.left() - slot.rect.left()))

    def again(self, slot: Slot | None) -> Slot | None:
        """Where what stood at `slot` of an earlier layout stands now; None if it has no place any more."""
        place = self._index.get(slot.code) if slot is not None else None
        return None if place is None else self.slots[place]
