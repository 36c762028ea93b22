from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import theme
from gui.train import data_panel
from gui.train.data_panel import DataPanel
from gui.workers.job import Ticket, Worker
from tests.gui.conftest import Answers

LABELS = "ant", "bee", "cat", "dog", "eel", "fox"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures with six labels, and seven files that are none."""
    for place, label in enumerate(LABELS):
        (tmp_path / "animals" / label).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", (8, 8), (place, number, 0)).save(tmp_path / "animals" / label / f"{number}.png")
    for number in range(7):
        (tmp_path / "animals" / "ant" / f"broken{number}.png").write_bytes(b"nothing")
    return tmp_path / "animals"


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication, answers: Answers) -> Iterator[DataPanel]:
    theme.apply_theme(qapp)
    desk = Worker("desk")
    panel = DataPanel(desk, answers)
    qtbot.addWidget(panel)
    panel.resize(296, 500)
    panel.show()
    yield panel
    desk.stop()


def _choose(panel: DataPanel, text: str) -> None:
    at = next(i for i in range(panel.combo.count()) if panel.combo.itemText(i).startswith(text))
    panel.combo.setCurrentIndex(at)
    panel.combo.activated.emit(at)


def _texts(panel: DataPanel) -> list[str]:
    return [panel.combo.itemText(i) for i in range(panel.combo.count()) if panel.combo.itemText(i)]


def test_a_folder_is_looked_at_before_anything_is_trained(
    qtbot: QtBot, panel: DataPanel, answers: Answers, folder: Path
) -> None:
    answers.answer = folder
    with qtbot.waitSignal(panel.looked):
        _choose(panel, "Folder")
    assert panel.name == str(folder)
    assert panel.combo.currentText() == "animals"
    assert panel.look is not None
    assert panel.facts.text() == f"18 pictures, {panel.look.size} px, colour"
    assert panel.problems.text() == "7 files cannot be read and will be skipped"
    assert panel.problems.toolTip().endswith("and 2 more")
    for part in (panel.sheet, panel.splits, panel.labels, panel.problems, panel.more):
        assert part.isVisible()
    assert not panel.waiting.isVisible()


def test_all_labels_are_shown_on_request(qtbot: QtBot, panel: DataPanel, folder: Path) -> None:
    with qtbot.waitSignal(panel.looked):
        panel.choose(str(folder))
    assert panel.more.text() == "1 more label"
    assert panel.labels.rows == 5
    QTest.mouseClick(panel.more, Qt.MouseButton.LeftButton)
    assert panel.labels.rows == 6
    assert panel.more.text() == "Fewer labels"
    QTest.keyClick(panel.more, Qt.Key.Key_Space)
    assert panel.labels.rows == 5


def test_pictures_without_labels_have_no_bars(qtbot: QtBot, panel: DataPanel, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    for number in range(4):
        Image.new("RGB", (8, 8)).save(tmp_path / "plain" / f"{number}.png")
    with qtbot.waitSignal(panel.looked):
        panel.choose(str(tmp_path / "plain"))
    assert not panel.labels.isVisible()
    assert not panel.problems.isVisible()
    assert panel.sheet.isVisible()


def test_what_cannot_be_read_is_said_and_can_be_tried_again(
    qtbot: QtBot, panel: DataPanel, folder: Path
) -> None:
    missing = folder.parent / "elsewhere"
    with qtbot.waitSignal(panel.looked):
        panel.choose(str(missing))
    assert "elsewhere" in panel.fault.text()
    assert panel.look is None
    assert panel.again.isVisible()
    folder.rename(missing)
    with qtbot.waitSignal(panel.looked):
        QTest.mouseClick(panel.again, Qt.MouseButton.LeftButton)
    assert panel.fault.text() == ""
    assert panel.look is not None


def test_a_long_look_shows_how_far_it_is_and_can_be_cancelled(
    qtbot: QtBot, panel: DataPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(name: str, ticket: Ticket) -> None:
        while True:
            ticket.report(0.4, f"Reading {name}")

    monkeypatch.setattr(data_panel, "look_at_data", slow)
    panel.choose("mnist")
    qtbot.waitUntil(lambda: panel.bar.value() == 40)
    assert panel.waiting.isVisible()
    assert panel.doing.text() == "Reading mnist"
    QTest.mouseClick(panel.cancel, Qt.MouseButton.LeftButton)
    assert not panel.is_looking
    assert panel.again.isVisible()
    assert panel.name == "mnist"


def test_choosing_and_then_thinking_better_of_it_keeps_the_data(
    qtbot: QtBot, panel: DataPanel, folder: Path
) -> None:
    with qtbot.waitSignal(panel.looked):
        panel.choose(str(folder))
    with qtbot.assertNotEmitted(panel.chosen):
        _choose(panel, "File")  # the dialog is cancelled
    assert panel.combo.currentText() == "animals"


def test_sets_used_before_are_offered_once(panel: DataPanel) -> None:
    panel.offer(["mnist", "/data/flowers", "/data/flowers", "/data/birds.zip"])
    assert _texts(panel)[1:5] == ["Emoji in many designs", "MNIST digits", "flowers", "birds.zip"]
    assert panel.combo.itemData(3, Qt.ItemDataRole.ToolTipRole) == "/data/flowers"


def test_a_folder_is_dropped_on_it(qtbot: QtBot, panel: DataPanel, folder: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(folder))])
    nothing, copy = Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(5, 5), copy, mime, Qt.MouseButton.LeftButton, nothing)
    QApplication.sendEvent(panel, enter)
    assert enter.isAccepted()
    with qtbot.waitSignal(panel.looked):
        drop = QDropEvent(QPoint(5, 5).toPointF(), copy, mime, Qt.MouseButton.LeftButton, nothing)
        QApplication.sendEvent(panel, drop)
    assert panel.name == str(folder)
