"""The Train workspace with a stand-in for the child process: real clicks, real files of a run."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from gui.workers.job import Ticket
from gui.workers.reconstruct import Reconstructions
from gui.workers.run_end import RunEnd
from gui.workspaces import train as train_module
from tests.gui.conftest import Answers
from tests.gui.tiny import TinyModel, card_of
from tests.gui.workspaces.train_window import Window, curve_lengths, start, start_prior, wait

ROOT = Path(__file__).resolve().parents[3]


def test_an_empty_start_says_what_to_do(window: Window) -> None:
    train = window.train
    assert train.curves.empty.isVisible()
    assert train.runs.empty.isVisible()
    assert not train.progress.isVisible()
    assert not train.live.isVisible()
    assert train.settings.start.isEnabled()
    assert train.settings.name.text() == "vqvae-dots"


def test_a_training_is_started_watched_paused_and_stopped_by_buttons(qtbot: QtBot, window: Window) -> None:
    train = window.train
    folder = start(qtbot, window)
    wait(qtbot, lambda: curve_lengths(window).get("Loss", 0) > 5)
    assert train.progress.isVisible()
    assert "/ 100,000" in train.progress.text
    assert "320 images/s" in train.progress.text
    assert "512 MB" in train.progress.text
    assert [card.folder for card in train.runs.list.runs.cards] == [folder]
    assert train.runs.list.card() is not None
    assert not train.settings.start.isVisible()
    QTest.mouseClick(train.settings.pause, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.state.status == "paused")
    assert train.settings.pause.text() == "Resume"
    assert train.progress.word.text() == "Paused"
    QTest.mouseClick(train.settings.pause, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.state.status == "training")
    QTest.mouseClick(train.settings.stop, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.state.status == "stopped")
    assert train.settings.start.isVisible()
    assert train.progress.word.text() == "Stopped"
    assert not train.failure.isVisible()
    assert train.settings.name.text() == "vqvae-dots"  # the next one's


def test_the_focus_stays_at_the_buttons(qtbot: QtBot, window: Window) -> None:
    settings = window.train.settings
    start(qtbot, window, steps_per_s=20)
    assert settings.name.hasFocus() or settings.pause.hasFocus()
    settings.pause.setFocus()
    QTest.keyClick(settings.pause, Qt.Key.Key_Space)
    wait(qtbot, lambda: window.state.status == "paused")
    assert settings.pause.hasFocus()
    window.state.stop()
    wait(qtbot, lambda: window.state.status == "stopped")
    assert settings.start.hasFocus() or settings.name.hasFocus()


def test_a_prior_is_trained_for_the_model_in_use(qtbot: QtBot, window: Window) -> None:
    train, settings = window.train, window.train.settings
    QTest.mouseClick(settings.family.buttons["prior"], Qt.MouseButton.LeftButton)
    assert settings.prior.combo.currentText() == "stripes"
    assert settings.data.name == "emoji"
    assert settings.name.text() == "stripes-prior"
    folder = start_prior(qtbot, window, "training")
    wait(qtbot, lambda: curve_lengths(window).get("Bits, level 1", 0) > 5)
    assert "Loss" not in curve_lengths(window)
    assert "bits per code" in train.progress.text
    assert "loss" not in train.progress.text
    assert train.progress.about.text() == "Prior of stripes on Emoji"
    assert "guess" in train.live.pictures.rows.waiting
    assert not train.live.codes.isVisible()
    assert settings.name.text() == "stripes-prior-2"
    QTest.mouseClick(settings.pause, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.state.status == "paused")
    QTest.mouseClick(settings.stop, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.state.status == "stopped")
    wait(qtbot, train.runs.go_on.isEnabled)
    reached = window.state.step
    QTest.mouseClick(train.runs.go_on, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.state.status == "training" and window.state.step > reached)
    window.state.stop()
    wait(qtbot, lambda: window.state.status == "stopped")
    wait(qtbot, train.runs.paint.isEnabled)
    QTest.mouseClick(train.runs.paint, Qt.MouseButton.LeftButton)
    assert window.painted == [folder]


def test_a_kill_is_said_with_the_end_of_the_log_and_a_way_on(
    qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = window.train
    looked: list[Path] = []

    def left_behind(folder: Path, _ticket: Ticket) -> RunEnd:
        looked.append(folder)
        return RunEnd("the last words of the log", 3)

    monkeypatch.setattr(train_module, "look_at_end", left_behind)
    folder = start(qtbot, window, until="interrupted", die_at=8, how="kill")
    wait(qtbot, train.failure.go_on.isVisible)
    assert "killed" in train.failure.text
    assert set(looked) == {folder}
    assert train.failure.go_on.text() == "Go on from step 3"
    QTest.mouseClick(train.failure.details, Qt.MouseButton.LeftButton)
    assert train.failure.log.toPlainText() == "the last words of the log"
    wait(qtbot, lambda: curve_lengths(window).get("Loss", 0) >= 7)  # the curves stay
    QTest.mouseClick(train.failure.go_on, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.state.status == "training")
    assert not train.failure.isVisible()
    wait(qtbot, lambda: window.state.step > 10)


def test_a_failure_is_said_in_the_trainers_words(qtbot: QtBot, window: Window) -> None:
    start(qtbot, window, until="failed", die_at=5, how="fail")
    assert "no longer finite" in window.train.failure.text
    wait(qtbot, lambda: "last words" in window.train.failure.log.toPlainText())
    assert not window.train.failure.go_on.isVisible()  # its snapshot cannot be read


def test_values_and_pictures_are_saved(
    qtbot: QtBot, window: Window, answers: Answers, tmp_path: Path
) -> None:
    start(qtbot, window, "first", "finished", steps=20, steps_per_s=500)
    wait(qtbot, lambda: curve_lengths(window).get("Loss") == 20)
    curves = window.train.curves
    menu = {action.text(): action for action in curves.menu_for(curves.losses).actions()}
    for text, name in (("Save values (CSV)...", "values.csv"), ("Save as picture (PNG)...", "curves.png")):
        answers.answer = tmp_path / name
        menu[text].trigger()
        wait(qtbot, (tmp_path / name).exists)
    assert answers.suggested == ["first-curves.csv", "first-curves.png"]
    rows = list(csv.reader((tmp_path / "values.csv").read_text().splitlines()))
    assert rows[0] == ["step", "Loss"]
    assert [float(row[1]) for row in rows[1:]] == [1 / step for step in range(1, 21)]
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.width > window.train.curves.width()


def test_a_disk_that_refuses_is_said(qtbot: QtBot, window: Window, answers: Answers, data: Path) -> None:
    answers.answer = data / "0.png" / "values.csv"
    window.train.curves.values_wanted.emit(())
    wait(qtbot, lambda: bool(window.faults))
    assert "values.csv" in str(window.faults[0])


def test_a_folder_dropped_anywhere_becomes_the_data(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    (tmp_path / "others").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "others" / "one.png")
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    for path, welcome in ((tmp_path / "others", True), (tmp_path / "others" / "one.png", False)):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        enter = QDragEnterEvent(QPoint(700, 300), copy, mime, left, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(window.train, enter)
        assert enter.isAccepted() == welcome
        if welcome:
            at = QPoint(700, 300).toPointF()
            drop = QDropEvent(at, copy, mime, left, Qt.KeyboardModifier.NoModifier)
            QApplication.sendEvent(window.train, drop)
    assert window.train.settings.data.name == str(tmp_path / "others")
    wait(qtbot, lambda: not window.train.settings.data.is_looking)


def test_a_model_without_codes_is_shown_by_its_pictures(
    qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = np.full((4, 6, 6, 3), 90, np.uint8)
    monkeypatch.setattr("gui.state.gallery.reconstruct", lambda *_: Reconstructions(pictures, pictures // 2))
    window.gallery.show(card_of(TinyModel("digits-vae")))
    train = window.train
    assert train.heading.isVisible()
    wait(qtbot, lambda: train.live.pictures.columns == 4)
    assert train.heading.text().startswith("digits-vae")
    assert not train.curves.isVisible()
    assert not train.live.codes.isVisible()
    start(qtbot, window, steps_per_s=20)
    assert not train.heading.isVisible()
    assert train.curves.isVisible()


def test_a_failed_run_is_not_told_of_beside_a_model_from_a_file(
    qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = np.full((4, 6, 6, 3), 90, np.uint8)
    monkeypatch.setattr("gui.state.gallery.reconstruct", lambda *_: Reconstructions(pictures, pictures))
    start(qtbot, window, until="failed", die_at=5, how="fail")
    assert window.train.failure.isVisible()
    window.gallery.show(card_of(TinyModel("digits-vae")))
    assert not window.train.failure.isVisible()
    window.gallery.clear()
    assert window.train.failure.isVisible()


def test_nothing_is_drawn_while_nobody_looks(qtbot: QtBot, window: Window) -> None:
    start(qtbot, window)
    wait(qtbot, lambda: curve_lengths(window).get("Loss", 0) > 2)
    window.train.hide()
    drawn = curve_lengths(window)["Loss"]
    with qtbot.waitSignal(window.state.curves_changed):
        pass
    qtbot.wait(100)
    assert curve_lengths(window)["Loss"] == drawn
    window.train.show()
    assert curve_lengths(window)["Loss"] > drawn


def test_everything_has_a_name_and_can_be_reached_by_keyboard(window: Window) -> None:
    for button in window.train.findChildren(QPushButton) + window.train.findChildren(QToolButton):
        assert button.accessibleName() or button.text(), button
        if button.isVisible():
            assert button.focusPolicy() & Qt.FocusPolicy.TabFocus, button.text()


def test_pyqtgraph_is_imported_off_the_gui_thread_and_only_when_the_workspace_shows() -> None:
    code = """
import sys, threading
import gui.workspaces.train
print("pyqtgraph" in sys.modules)
from gui.workers.preload import preload_plots
from gui.workers.job import Ticket
from PySide6.QtWidgets import QApplication
app = QApplication([])
thread = threading.Thread(target=preload_plots, args=(Ticket(lambda *_: None),))
thread.start(); thread.join()
import gui.plots.curve_plot
plot = gui.plots.curve_plot.CurvePlot("p")
plot.show(); app.processEvents(); plot.close()
print("done")
"""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "done"]
