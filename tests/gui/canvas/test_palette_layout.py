from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from engine.analysis.looks import Group
from gui.canvas.palette_layout import PITCH, SWATCH, TITLE_HEIGHT, WIDTH, PaletteLayout


def group(title: str, codes: range, folded: range = range(0)) -> Group:
    return Group(title, np.array(codes, dtype=np.int64), np.array(folded, dtype=np.int64))


@pytest.fixture
def layout() -> PaletteLayout:
    """Forty fills in three rows, five near-whites folded, ten edges."""
    return PaletteLayout([group("Fills", range(40), range(100, 105)), group("Edges", range(50, 60))], False)


def test_rows_hold_sixteen(layout: PaletteLayout) -> None:
    first, sixteenth, seventeenth = (layout.slots[place].rect for place in (0, 15, 16))
    assert first.topLeft() == QPoint(0, TITLE_HEIGHT)
    assert sixteenth.right() == WIDTH - 1
    assert seventeenth.topLeft() == first.topLeft() + QPoint(0, PITCH)


def test_titles_count_the_folded_codes_too(layout: PaletteLayout) -> None:
    assert [(title.text, title.count) for title in layout.titles] == [("Fills", 45), ("Edges", 10)]


def test_nothing_overlaps_and_all_lies_within_the_height(layout: PaletteLayout) -> None:
    rects = [slot.rect for slot in layout.slots] + [title.rect for title in layout.titles]
    assert not any(a.intersects(b) for place, a in enumerate(rects) for b in rects[place + 1 :])
    assert max(rect.bottom() for rect in rects) < layout.height


def test_a_folded_code_is_found_at_the_fold(layout: PaletteLayout) -> None:
    assert layout.slot_of(102) == layout.fold
    assert layout.slot_of(7) == layout.slots[7]
    assert layout.slot_of(99) is None


def test_unfolding_gives_near_whites_their_own_places() -> None:
    groups = [group("Fills", range(3), range(10, 14))]
    folded, unfolded = PaletteLayout(groups, False), PaletteLayout(groups, True)
    assert unfolded.height == folded.height + PITCH
    slot = unfolded.slot_of(12)
    assert slot is not None
    assert slot.code == 12
    assert folded.whites == unfolded.whites == {10, 11, 12, 13}


def test_the_gap_belongs_to_the_swatch_before_it(layout: PaletteLayout) -> None:
    first = layout.slots[0]
    assert layout.at(first.rect.topLeft()) == first
    assert layout.at(first.rect.topLeft() + QPoint(SWATCH, SWATCH)) == first
    assert layout.at(first.rect.topLeft() + QPoint(PITCH, 0)) == layout.slots[1]
    assert layout.at(QPoint(5, 2)) is None  # the title


def test_steps_go_in_reading_order_and_stop_at_the_ends(layout: PaletteLayout) -> None:
    assert layout.beside(layout.slots[15], 1) == layout.slots[16]
    assert layout.beside(layout.slots[0], -1) == layout.slots[0]
    assert layout.beside(layout.slots[0], 10**6) == layout.slots[-1]


def test_rows_are_crossed_through_the_fold(layout: PaletteLayout) -> None:
    assert layout.in_row_beside(layout.slots[3], 1) == layout.slots[19]
    assert layout.in_row_beside(layout.slots[35], 1) == layout.fold
    fold = layout.fold
    assert fold is not None
    assert layout.in_row_beside(fold, 1).code == 50
    assert layout.in_row_beside(fold, -1).code == 32
    assert layout.in_row_beside(layout.slots[15], 2) == layout.slots[39]  # the last row is short


def test_a_slot_is_found_again_in_another_layout(layout: PaletteLayout) -> None:
    other = PaletteLayout([group("All", range(39, -1, -1))], False)
    again = other.again(layout.slots[0])
    assert again is not None
    assert again.code == 0
    assert again.rect != layout.slots[0].rect
    assert other.again(layout.fold) is None
    assert other.again(None) is None


def test_an_empty_layout_has_no_places() -> None:
    empty = PaletteLayout([], False)
    assert empty.slots == []
    assert empty.height == 0
    assert empty.slot_of(0) is None
    assert empty.at(QPoint(1, 1)) is None
