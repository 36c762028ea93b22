from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.canvas.codebook_palette import CodebookPalette
from gui.canvas.palette_controls import FindField, PaletteScroll, SortBox
from gui.state.book import Book
from gui.state.brush import BrushState
from gui.workers.job import Worker
from tests.gui.codebooks import (
    COUNT,
    FIRST_EDGE,
    FIRST_UNUSED,
    FIRST_WHITE,
    SessionStub,
    codebook,
    painting_of,
)

EDGE, WHITE = FIRST_EDGE + 3, FIRST_WHITE + 4


@dataclass
class Stage:
    window: QWidget
    session: SessionStub
    brush: BrushState
    palette: CodebookPalette
    find: FindField
    sorts: SortBox


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Stage]:
    worker, painting, brush = Worker("test"), painting_of([[0]]), BrushState()
    brush.set_code_count(COUNT)
    session = SessionStub((codebook(),))
    book = Book(session, painting, worker)
    window = QWidget()
    palette = CodebookPalette(book, brush, painting, window)
    find, sorts = FindField(book, brush, palette, window), SortBox(book, palette, window)
    qtbot.addWidget(window)
    window.show()
    yield Stage(window, session, brush, palette, find, sorts)
    worker.stop()


def test_typing_a_number_goes_to_the_code_and_return_picks_it(stage: Stage) -> None:
    QTest.keyClicks(stage.find, str(EDGE))
    assert stage.palette.current_code == stage.brush.hovered_code == EDGE
    assert stage.brush.primary == 0
    QTest.keyClick(stage.find, Qt.Key.Key_Return)
    assert stage.brush.primary == EDGE
    assert stage.find.text() == ""


def test_shift_and_return_picks_the_second_code(stage: Stage) -> None:
    QTest.keyClicks(stage.find, "12")
    QTest.keyClick(stage.find, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert (stage.brush.primary, stage.brush.secondary) == (0, 12)


def test_a_number_on_the_way_to_another_leaves_the_whites_folded(stage: Stage) -> None:
    QTest.keyClicks(stage.find, str(FIRST_WHITE + 5))
    assert stage.palette.is_unfolded
    QTest.keyClicks(stage.find, "0")
    QTest.keyClick(stage.find, Qt.Key.Key_Backspace)
    QTest.keyClick(stage.find, Qt.Key.Key_Backspace)
    assert stage.palette.current_code == (FIRST_WHITE + 5) // 10
    assert not stage.palette.is_unfolded


@pytest.mark.parametrize("text", ["128", "9999", "4x", "-1", "²"])
def test_what_names_no_code_is_said_beside_it_and_picks_nothing(stage: Stage, text: str) -> None:
    stage.find.setText(text)
    assert stage.find.code is None
    assert stage.find.fault.text() == f"0 to {COUNT - 1}"
    assert stage.brush.hovered_code is None
    QTest.keyClick(stage.find, Qt.Key.Key_Return)
    assert stage.brush.primary == 0
    stage.find.clear()
    assert stage.find.fault.text() == ""


def test_digits_typed_in_the_palette_begin_a_search(qtbot: QtBot, stage: Stage) -> None:
    stage.palette.setFocus()
    QTest.keyClick(stage.palette, Qt.Key.Key_4)
    assert stage.find.text() == "4"
    qtbot.waitUntil(stage.find.hasFocus)
    QTest.keyClicks(stage.find, "2")
    QTest.keyClick(stage.find, Qt.Key.Key_Return)
    assert stage.brush.primary == 42
    qtbot.waitUntil(stage.palette.hasFocus)


def test_escape_leaves_the_search_and_lights_nothing(stage: Stage) -> None:
    stage.find.setFocus()
    QTest.keyClicks(stage.find, "42")
    QTest.keyClick(stage.find, Qt.Key.Key_Escape)
    assert stage.find.text() == ""
    assert stage.brush.primary == 0
    assert stage.brush.hovered_code is None


def test_the_sort_box_orders_the_palette(stage: Stage) -> None:
    assert stage.palette.sort == stage.sorts.currentData() == "colour"
    stage.sorts.setCurrentIndex(stage.sorts.findData("index"))
    assert stage.palette.sort == "index"
    shown = stage.palette.shown_codes
    assert list(shown) == sorted(shown)
    assert shown[-1] == COUNT - 1 >= FIRST_UNUSED


def test_the_sort_box_says_how_the_palette_is_sorted(stage: Stage) -> None:
    stage.palette.set_sort("similarity")
    assert stage.sorts.currentData() == "similarity"


def test_sorting_by_use_needs_use_to_be_known(stage: Stage) -> None:
    by_use = stage.sorts.findData("use")
    stage.sorts.setCurrentIndex(by_use)
    stage.session.bring(())
    assert not stage.sorts.isEnabled()
    assert stage.palette.sort == "colour"
    assert not stage.sorts.model().flags(stage.sorts.model().index(by_use, 0)) & Qt.ItemFlag.ItemIsEnabled
    stage.session.bring((codebook(),))
    assert stage.sorts.isEnabled()
    assert stage.sorts.model().flags(stage.sorts.model().index(by_use, 0)) & Qt.ItemFlag.ItemIsEnabled


def test_scrolling_follows_what_is_revealed(qtbot: QtBot, stage: Stage) -> None:
    scroll = PaletteScroll(stage.palette)
    qtbot.addWidget(scroll)
    scroll.resize(scroll.sizeHint().width(), 160)
    scroll.show()
    stage.palette.go_to(COUNT - 1)
    top = scroll.verticalScrollBar().value()
    assert top > 0
    assert top <= stage.palette.rect_of(COUNT - 1).top() < top + 160
    stage.palette.go_to(0)
    assert scroll.verticalScrollBar().value() < top


def test_the_scroll_area_wants_the_palettes_height_and_follows_it(qtbot: QtBot, stage: Stage) -> None:
    scroll = PaletteScroll(stage.palette)
    qtbot.addWidget(scroll)
    folded = scroll.sizeHint().height()
    assert folded == stage.palette.height()
    stage.palette.set_unfolded(True)
    assert scroll.sizeHint().height() == stage.palette.height() > folded
