from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gui.canvas.code_pictures import CellPicture
from gui.panels.code import CodePanel
from gui.state.book import Book
from gui.state.brush import BrushState
from gui.workers.job import Worker
from tests.fakes import TinyDecoder
from tests.gui.codebooks import COUNT, FIRST_UNUSED, SessionStub, codebook, painting_of


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker("test")
    yield worker
    worker.stop()


def panel_of(qtbot: QtBot, session: SessionStub, worker: Worker) -> tuple[CodePanel, BrushState]:
    brush = BrushState()
    brush.set_code_count(COUNT)
    panel = CodePanel(Book(session, painting_of([[0]]), worker), brush)
    qtbot.addWidget(panel)
    panel.show()
    return panel, brush


def words(panel: CodePanel) -> list[str]:
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]


def pictures(panel: CodePanel) -> list[CellPicture]:
    return [picture for picture in panel.findChildren(CellPicture) if picture.isVisible()]


def test_it_follows_the_primary_code(qtbot: QtBot, worker: Worker) -> None:
    panel, brush = panel_of(qtbot, SessionStub((codebook(),)), worker)
    assert words(panel)[0] == "0  Fill"
    brush.primary = 100
    kind, use, norm = words(panel)
    assert kind == "100  Edge or texture"
    assert "of cells, rank" in use
    assert norm.startswith("Norm ")
    assert len(pictures(panel)) == 3
    field = tuple(codebook().fields[100, 0, 0].tolist())
    shown = pictures(panel)[0].grab().toImage().pixelColor(10, 10)
    assert (shown.red(), shown.green(), shown.blue()) == field


def test_an_unused_code_says_so(qtbot: QtBot, worker: Worker) -> None:
    panel, brush = panel_of(qtbot, SessionStub((codebook(),)), worker)
    brush.primary = FIRST_UNUSED
    assert words(panel)[0] == f"{FIRST_UNUSED}  Unused"


def test_without_statistics_only_what_is_known_is_shown(qtbot: QtBot, worker: Worker) -> None:
    panel, _ = panel_of(qtbot, SessionStub(decoder=TinyDecoder()), worker)
    assert words(panel)[0] == "Code 0"
    assert len(words(panel)) == 2
    assert len(pictures(panel)) == 1
    qtbot.waitUntil(lambda: worker.pending == 0)


def test_without_a_model_it_says_so(qtbot: QtBot, worker: Worker) -> None:
    panel, _ = panel_of(qtbot, SessionStub(status="loading"), worker)
    assert words(panel) == ["No code yet"]
    assert pictures(panel) == []
