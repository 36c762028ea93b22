from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction, QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from engine.training.shelf import RunCard, RunStatus
from gui import theme
from gui.train.run_list import RunList, box_of
from gui.train.runs_panel import RunsPanel

BLUE, ORANGE = theme.SERIES[:2]


def card(name: str, status: RunStatus = "finished", family: str = "vqvae", model: bool = True) -> RunCard:
    folder = Path("/runs") / name
    best = {"valid_psnr": 25.5}
    path = folder / "model.safetensors" if model else None
    return RunCard(name, folder, family, "mnist", 600, 6000, status, best, 0.0, (3.0, 2.0, 1.0), "", path)


FIRST, SECOND, THIRD = card("first", "training"), card("second"), card("third", "interrupted", "vae")
CARDS = (FIRST, SECOND, THIRD)


class Shelf:
    """Shows and compares as `TrainingState` does, so that the panel sees what it asked for."""

    def __init__(self, panel: RunsPanel) -> None:
        self.panel, self.cards = panel, CARDS
        self.shown: Path | None = FIRST.folder
        self.compared: list[Path] = []
        panel.list.show_asked.connect(self.show)
        panel.list.compare_asked.connect(self.compare)
        self.tell()

    def show(self, folder: Path) -> None:
        self.shown = folder
        self.tell()

    def compare(self, folder: Path, compared: bool) -> None:
        self.compared = [p for p in self.compared if p != folder] + [folder] * compared
        self.tell()

    def tell(self) -> None:
        shown = [self.shown] if self.shown is not None else []
        colours = {path: theme.SERIES[place] for place, path in enumerate((*shown, *self.compared))}
        self.panel.show_cards(self.cards, self.shown, colours)


@pytest.fixture
def follow(qapp: QApplication) -> QAction:
    action = QAction("Follow training")
    action.setCheckable(True)
    return action


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication, follow: QAction) -> RunsPanel:
    theme.apply_theme(qapp)
    panel = RunsPanel(follow)
    qtbot.addWidget(panel)
    panel.resize(300, 600)
    panel.show()
    return panel


@pytest.fixture
def shelf(panel: RunsPanel) -> Shelf:
    return Shelf(panel)


def _rect(panel: RunsPanel, row: int) -> QRect:
    return panel.list.visualRect(panel.list.runs.index(row))


def _click(panel: RunsPanel, at: QPoint) -> None:
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=at)


def _colours(panel: RunsPanel, row: int) -> set[str]:
    image = panel.list.viewport().grab(_rect(panel, row)).toImage()
    return {QColor(image.pixel(x, y)).name() for x in range(image.width()) for y in range(image.height())}


def test_no_runs_is_a_designed_place(panel: RunsPanel) -> None:
    assert panel.empty.isVisible()
    assert not panel.paint.isVisible()


def test_a_click_or_the_arrow_keys_show_a_run(panel: RunsPanel, shelf: Shelf) -> None:
    assert panel.list.card() == FIRST
    _click(panel, _rect(panel, 1).center())
    assert shelf.shown == SECOND.folder
    QTest.keyClick(panel.list, Qt.Key.Key_Down)
    assert shelf.shown == THIRD.folder
    assert panel.list.card() == THIRD


def test_a_box_compares_without_showing(panel: RunsPanel, shelf: Shelf) -> None:
    _click(panel, box_of(_rect(panel, 1)).center())
    assert shelf.compared == [SECOND.folder]
    assert shelf.shown == FIRST.folder
    assert {BLUE} <= _colours(panel, 0)
    assert {ORANGE} <= _colours(panel, 1)
    assert ORANGE not in _colours(panel, 2)
    _click(panel, box_of(_rect(panel, 1)).center())
    assert shelf.compared == []
    assert ORANGE not in _colours(panel, 1)


def test_the_run_on_show_is_not_compared_with_itself(qtbot: QtBot, panel: RunsPanel, shelf: Shelf) -> None:
    with qtbot.assertNotEmitted(panel.list.compare_asked):
        _click(panel, box_of(_rect(panel, 0)).center())
        QTest.keyClick(panel.list, Qt.Key.Key_Space)


def test_space_compares_the_chosen_run(panel: RunsPanel, shelf: Shelf) -> None:
    panel.show_cards(CARDS, FIRST.folder, {FIRST.folder: BLUE})
    panel.list.ask_to_compare(SECOND)
    assert shelf.compared == [SECOND.folder]
    index = panel.list.runs.index(1)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "second, VQ-VAE, Finished, compared"


def test_a_name_is_typed_in_place(qtbot: QtBot, panel: RunsPanel, shelf: Shelf) -> None:
    shelf.show(SECOND.folder)
    QTest.keyClick(panel.list, Qt.Key.Key_F2)
    editor = panel.list.findChild(QLineEdit)
    assert editor is not None
    assert editor.text() == "second"
    shelf.tell()  # listed anew meanwhile: what is being typed stays
    assert panel.list.findChild(QLineEdit) is editor
    editor.selectAll()
    QTest.keyClicks(editor, "better name")
    with qtbot.waitSignal(panel.list.rename_asked) as asked:
        QTest.keyClick(editor, Qt.Key.Key_Return)
    assert asked.args == [SECOND.folder, "better name"]


def test_escape_and_the_same_name_rename_nothing(qtbot: QtBot, panel: RunsPanel, shelf: Shelf) -> None:
    shelf.show(SECOND.folder)
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_Return):
        panel.rename.click()
        editor = panel.list.findChild(QLineEdit)
        assert editor is not None
        with qtbot.assertNotEmitted(panel.list.rename_asked):
            QTest.keyClick(editor, key)
        qtbot.waitUntil(lambda: panel.list.findChild(QLineEdit) is None)


def test_every_button_asks_for_the_chosen_run(qtbot: QtBot, panel: RunsPanel, shelf: Shelf) -> None:
    shelf.show(SECOND.folder)
    for button, signal in (
        (panel.paint, panel.paint_asked),
        (panel.duplicate, panel.duplicate_asked),
        (panel.open, panel.open_asked),
        (panel.delete, panel.delete_asked),
    ):
        with qtbot.waitSignal(signal) as asked:
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        assert asked.args == [SECOND.folder]
    with qtbot.waitSignal(panel.delete_asked):
        QTest.keyClick(panel.list, Qt.Key.Key_Delete)


def test_only_what_can_be_done_is_offered(panel: RunsPanel, shelf: Shelf) -> None:
    assert not panel.rename.isEnabled()  # it is being trained
    assert not panel.delete.isEnabled()
    assert not panel.go_on.isEnabled()
    assert panel.paint.isEnabled()
    shelf.show(THIRD.folder)
    assert panel.go_on.isEnabled()
    assert panel.delete.isEnabled()
    assert not panel.paint.isEnabled()
    assert panel.paint.toolTip() == "VAE has no codes to paint with"
    shelf.cards = (card("new", "training", model=False),)
    shelf.show(shelf.cards[0].folder)
    assert not panel.paint.isEnabled()
    assert "no snapshot yet" in panel.paint.toolTip()


def test_a_run_that_came_keeps_the_chosen_one(panel: RunsPanel, shelf: Shelf) -> None:
    shelf.show(SECOND.folder)
    shelf.cards = (card("newest"), *CARDS)
    shelf.tell()
    assert panel.list.card() == SECOND
    assert panel.count.text() == "4"


def test_nothing_is_shown_until_somebody_chooses(qtbot: QtBot, panel: RunsPanel) -> None:
    with qtbot.assertNotEmitted(panel.list.show_asked):
        panel.show_cards(CARDS, None, {})
    assert panel.list.card() is None
    assert not panel.duplicate.isEnabled()


def test_following_shows_what_is(panel: RunsPanel, shelf: Shelf, follow: QAction) -> None:
    QTest.mouseClick(panel.follow, Qt.MouseButton.LeftButton, pos=QPoint(10, 12))
    assert follow.isChecked()
    follow.setChecked(False)
    assert not panel.follow.isChecked()
    follow.setEnabled(False)
    assert not panel.follow.isEnabled()


def test_every_button_has_a_name_and_a_tip(panel: RunsPanel, shelf: Shelf) -> None:
    for button in panel.findChildren(QToolButton):
        assert button.accessibleName()
        assert button.toolTip()


def test_the_list_alone_shows_words_for_readers(qtbot: QtBot) -> None:
    runs = RunList()
    qtbot.addWidget(runs)
    runs.show_cards(CARDS, None, {})
    assert runs.runs.index(2).data(Qt.ItemDataRole.AccessibleTextRole) == "third, VAE, Interrupted"
    assert "/runs/third" in runs.runs.index(2).data(Qt.ItemDataRole.ToolTipRole)


def test_a_run_of_priors_says_whose_they_are(panel: RunsPanel) -> None:
    prior = replace(card("emoji-vqvae-prior"), prior_of="emoji-vqvae", best={"valid_bits": 3.358})
    panel.show_cards([prior], prior.folder, {})
    index = panel.list.runs.index(0)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == (
        "emoji-vqvae-prior, Prior of emoji-vqvae, Finished"
    )
    assert "Prior of emoji-vqvae on mnist" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert panel.paint.isEnabled()


def test_the_tool_tip_says_what_a_run_started_from(panel: RunsPanel) -> None:
    started = replace(SECOND, start_from="emoji-vqvae")
    panel.show_cards((FIRST, started), FIRST.folder, {})
    tips = [panel.list.runs.index(row).data(Qt.ItemDataRole.ToolTipRole) for row in (0, 1)]
    assert "started from" not in tips[0]
    assert "VQ-VAE on mnist, started from emoji-vqvae" in tips[1]
