from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.panels.codes import CodesPanel
from gui.panels.column import Column
from gui.state.book import Book
from gui.state.brush import BrushState
from gui.theme import apply_theme
from gui.workers.job import Worker
from tests.gui.codebooks import COUNT, FIRST_EDGE, SessionStub, codebook, painting_of


@pytest.fixture
def panel(qapp: QApplication, qtbot: QtBot) -> Iterator[CodesPanel]:
    apply_theme(qapp)  # the width of scroll bars is the style sheet's
    worker, painting, brush = Worker("test"), painting_of([[0]]), BrushState()
    brush.set_code_count(COUNT)
    column = Column()
    panel = CodesPanel(Book(SessionStub((codebook(),)), painting, worker), brush, painting)
    column.add("Codes", panel)
    qtbot.addWidget(column)
    column.resize(column.width(), 700)
    column.show()
    yield panel
    worker.stop()


def test_the_whole_palette_shows_where_there_is_height(panel: CodesPanel) -> None:
    view = panel.palette_view
    assert view.visibleRegion().boundingRect() == view.rect()


def test_in_a_low_window_it_scrolls_and_nothing_is_cut_at_the_side(qtbot: QtBot, panel: CodesPanel) -> None:
    panel.window().resize(panel.window().width(), 300)
    view = panel.palette_view
    qtbot.waitUntil(lambda: view.visibleRegion().boundingRect().height() < view.height())
    last_column = view.rect_of(view.shown_codes[15])
    assert view.visibleRegion().boundingRect().right() >= last_column.right() + 2


def test_finding_takes_the_keyboard(qtbot: QtBot, panel: CodesPanel) -> None:
    panel.focus_find()
    qtbot.waitUntil(panel.find_field.hasFocus)


def test_a_click_on_a_well_goes_to_its_code(panel: CodesPanel) -> None:
    panel.palette_view.set_sort("index")
    QTest.mouseClick(
        panel.palette_view, Qt.MouseButton.LeftButton, pos=panel.palette_view.rect_of(FIRST_EDGE).center()
    )
    panel.palette_view.go_to(2)
    QTest.mouseClick(panel.hand.primary, Qt.MouseButton.LeftButton)
    assert panel.palette_view.current_code == FIRST_EDGE


def test_tab_reaches_every_control(qtbot: QtBot, panel: CodesPanel) -> None:
    panel.find_field.setFocus()
    qtbot.waitUntil(panel.find_field.hasFocus)
    reached = []
    for _ in range(20):
        QTest.keyClick(panel.window().focusWidget(), Qt.Key.Key_Tab)
        reached.append(panel.window().focusWidget())
    assert {panel.palette_view, panel.sorts, panel.hand.primary, panel.hand.swap} <= set(reached)
    assert all(widget.accessibleName() for widget in set(reached))
