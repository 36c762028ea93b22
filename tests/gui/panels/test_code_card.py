from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget
from pytestqt.qtbot import QtBot

from gui.canvas.code_pictures import CellPicture
from gui.canvas.codebook_palette import CodebookPalette
from gui.panels.code_card import CodeCard
from gui.state.book import Book
from gui.state.brush import BrushState
from gui.workers.job import Worker
from tests.gui.codebooks import COUNT, FIRST_EDGE, SessionStub, codebook, painting_of

EDGE = FIRST_EDGE + 3


@dataclass
class Stage:
    window: QWidget
    session: SessionStub
    brush: BrushState
    palette: CodebookPalette
    card: CodeCard

    @property
    def card_rect(self) -> QRect:
        return self.card.geometry()

    @property
    def palette_rect(self) -> QRect:
        return QRect(self.palette.mapTo(self.window, QPoint(0, 0)), self.palette.size())


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Stage]:
    """A window of 900 px with the palette at its right."""
    worker, painting, brush = Worker("test"), painting_of([[EDGE]]), BrushState()
    brush.set_code_count(COUNT)
    session = SessionStub((codebook(),))
    book = Book(session, painting, worker)
    window = QWidget()
    palette = CodebookPalette(book, brush, painting)
    row = QHBoxLayout(window)
    row.addStretch(1)
    row.addWidget(palette)
    card = CodeCard(book, brush, palette)
    qtbot.addWidget(window)
    window.resize(900, 400)
    window.show()
    yield Stage(window, session, brush, palette, card)
    worker.stop()


def words(card: CodeCard) -> list[str]:
    return [label.text() for label in card.findChildren(QLabel) if label.isVisible()]


def test_it_appears_beside_the_palette_never_under_the_pointer(qtbot: QtBot, stage: Stage) -> None:
    assert not stage.card.isVisible()
    QTest.mouseMove(stage.palette, stage.palette.rect_of(EDGE).center())
    qtbot.waitUntil(stage.card.isVisible)
    assert not stage.card_rect.intersects(stage.palette_rect)
    assert stage.card_rect.right() < stage.palette_rect.left()
    assert stage.window.rect().contains(stage.card_rect)


def test_it_says_all_that_is_known(qtbot: QtBot, stage: Stage) -> None:
    stage.brush.hovered_code = EDGE
    qtbot.waitUntil(stage.card.isVisible)
    assert {f"Code {EDGE}", "Edge or texture", "Uniform field", "Mean in place", "Typical patch"} <= set(
        words(stage.card)
    )
    assert any(text.startswith("Used in ") and text.endswith(f" of {COUNT}") for text in words(stage.card))
    assert any(text.startswith("Norm ") for text in words(stage.card))
    pictures = stage.card.findChildren(CellPicture)
    assert all(picture.isVisible() for picture in pictures)
    corner = pictures[1].grab().toImage().pixelColor(2, 2)
    expected = codebook().contexts[EDGE, 0, 0].tolist()
    assert [corner.red(), corner.green(), corner.blue()] == expected


def test_it_moves_at_once_to_the_next_code_and_goes_with_the_pointer(qtbot: QtBot, stage: Stage) -> None:
    stage.brush.hovered_code = EDGE
    qtbot.waitUntil(stage.card.isVisible)
    stage.brush.hovered_code = 3
    assert "Code 3" in words(stage.card)
    stage.brush.hovered_code = None
    assert not stage.card.isVisible()


def test_crossing_the_palette_quickly_shows_nothing(qtbot: QtBot, stage: Stage) -> None:
    stage.brush.hovered_code = EDGE
    stage.brush.hovered_code = None
    qtbot.wait(180)
    assert not stage.card.isVisible()


def test_it_stays_within_a_low_window(qtbot: QtBot, stage: Stage) -> None:
    stage.window.resize(900, 240)
    for code in (stage.palette.shown_codes[0], stage.palette.shown_codes[-1]):
        stage.brush.hovered_code = code
        qtbot.waitUntil(stage.card.isVisible)
        assert stage.window.rect().contains(stage.card_rect)


def test_pointing_at_the_canvas_shows_no_card(qtbot: QtBot, stage: Stage) -> None:
    stage.brush.hovered_cell = (0, 0)
    qtbot.wait(180)
    assert not stage.card.isVisible()


def test_another_book_takes_it_away(qtbot: QtBot, stage: Stage) -> None:
    stage.brush.hovered_code = EDGE
    qtbot.waitUntil(stage.card.isVisible)
    stage.session.bring(())
    assert not stage.card.isVisible()
