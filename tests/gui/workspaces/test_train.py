"""The Train workspace with a stand-in for the child process: real clicks, real files of a run."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from engine.errors import CodebrushError, RunFault
from gui import theme
from gui.dialogs.delete_run import DeleteRunDialog
from gui.state.expected_times import ExpectedTimes
from gui.state.gallery import Gallery
from gui.state.session import Session
from gui.state.start_request import StartRequest
from gui.state.trained_models import TrainedModels
from gui.state.training import TrainingState
from gui.train.run_list import box_of
from gui.workers.job import Ticket, Worker
from gui.workers.reconstruct import Reconstructions
from gui.workers.run_end import RunEnd
from gui.workers.train_form import FormReader, Subject, TrainForm
from gui.workspaces import train as train_module
from gui.workspaces.train import RunCommands, TrainWorkspace
from tests.gui.conftest import Answers
from tests.gui.fake_trainer import PROGRAM
from tests.gui.tiny import TinyModel, card_of, library_of
from tests.gui.train.forms import PRESETS, Option, times

ROOT = Path(__file__).resolve().parents[3]
# The options of the stand-in.
OPTIONS = (
    Option("steps", "integer", 1000, 1),
    Option("steps_per_s", "number", 0.0, 0.0),
    Option("die_at", "integer", 0, 0),
    Option("how", "choice", "", choices=("", "kill", "fail", "crash")),
)


def _read(subject: Subject, ticket: Ticket) -> TrainForm:
    ticket.raise_if_cancelled()
    return TrainForm(subject, OPTIONS, PRESETS[:1])  # type: ignore[arg-type]


class Window(QWidget):
    """The workspace in a window of its own, and all that it asked for."""

    def __init__(self, runs: Path, chooser: Answers) -> None:
        super().__init__()
        self.workers = [Worker(name) for name in ("training", "desk", "models", "times")]
        self.state = TrainingState([runs], self.workers[0], self, PROGRAM)
        self.gallery = Gallery(self.workers[2], self)
        self.painted: list[Path] = []
        self.opened: list[Path] = []
        self.faults: list[CodebrushError] = []
        self.follow = QAction("Follow training", self)
        self.follow.setCheckable(True)
        commands = RunCommands(self.painted.append, self.opened.append, self.follow)
        reader = FormReader(_read, times)
        self.session = Session(library_of(TinyModel("dots"), TinyModel("stripes")), self.workers[2], self)
        self.session.open_model("stripes")
        self.train = TrainWorkspace(
            self.state,
            self.gallery,
            TrainedModels(self.session, self.state, self),
            ExpectedTimes(times, self.workers[3], self),
            commands,
            self.workers[1],
            self.workers[2],
            reader,
            chooser,
        )
        self.train.failed.connect(self.faults.append)
        self.state.refused.connect(self.faults.append)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.train)
        self.resize(1280, 720)

    def end(self) -> None:
        self.state.stop_all_here()
        for run in self.state._rounds.runs.values():
            if run.child is not None and run.child.exit_status() is None:
                os.kill(run.child.pid, signal.SIGKILL)
                os.waitpid(run.child.pid, 0)
        assert all(worker.stop(10) for worker in self.workers)
        self.state.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "dots").mkdir()
    for number in range(6):
        Image.new("RGB", (8, 8), (40 * number, 0, 0)).save(tmp_path / "dots" / f"{number}.png")
    return tmp_path / "dots"


@pytest.fixture
def window(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, answers: Answers, data: Path
) -> Iterator[Window]:
    theme.apply_theme(qapp)
    window = Window(tmp_path / "runs", answers)
    qtbot.addWidget(window)
    window.train.settings.data.choose(str(data))
    window.show()
    window.activateWindow()
    window.state.begin()
    qtbot.waitUntil(
        lambda: window.train.curves.losses is not None and window.train.settings.start.isEnabled()
    )
    yield window
    window.end()


def _start(
    qtbot: QtBot, window: Window, name: str = "first", until: str = "training", **options: object
) -> Path:
    settings = window.train.settings
    settings.form.put({"steps": 100_000, "die_at": 0, "how": "", **options})
    settings.name.setFocus()
    settings.name.selectAll()
    QTest.keyClicks(settings.name, name)
    QTest.mouseClick(settings.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.state.status == until, timeout=20_000)
    return window.state.folder / name


def _drawn(window: Window) -> dict[str, int]:
    assert window.train.curves.losses is not None
    return {curve.title: len(curve.steps) for curve in window.train.curves.losses.curves}


def _wait(qtbot: QtBot, done: Callable[[], bool]) -> None:
    qtbot.waitUntil(done, timeout=20_000)


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
    folder = _start(qtbot, window)
    _wait(qtbot, lambda: _drawn(window).get("Loss", 0) > 5)
    assert train.progress.isVisible()
    assert "/ 100,000" in train.progress.text
    assert "320 images/s" in train.progress.text
    assert "512 MB" in train.progress.text
    assert [card.folder for card in train.runs.list.runs.cards] == [folder]
    assert train.runs.list.card() is not None
    assert not train.settings.start.isVisible()
    QTest.mouseClick(train.settings.pause, Qt.MouseButton.LeftButton)
    _wait(qtbot, lambda: window.state.status == "paused")
    assert train.settings.pause.text() == "Resume"
    assert train.progress.word.text() == "Paused"
    QTest.mouseClick(train.settings.pause, Qt.MouseButton.LeftButton)
    _wait(qtbot, lambda: window.state.status == "training")
    QTest.mouseClick(train.settings.stop, Qt.MouseButton.LeftButton)
    _wait(qtbot, lambda: window.state.status == "stopped")
    assert train.settings.start.isVisible()
    assert train.progress.word.text() == "Stopped"
    assert not train.failure.isVisible()
    assert train.settings.name.text() == "vqvae-dots"  # the next one's


def test_the_focus_stays_at_the_buttons(qtbot: QtBot, window: Window) -> None:
    settings = window.train.settings
    _start(qtbot, window, steps_per_s=20)
    assert settings.name.hasFocus() or settings.pause.hasFocus()
    settings.pause.setFocus()
    QTest.keyClick(settings.pause, Qt.Key.Key_Space)
    _wait(qtbot, lambda: window.state.status == "paused")
    assert settings.pause.hasFocus()
    window.state.stop()
    _wait(qtbot, lambda: window.state.status == "stopped")
    assert settings.start.hasFocus() or settings.name.hasFocus()


def _start_prior(qtbot: QtBot, window: Window, until: str, **options: object) -> Path:
    """Of the model in use; its data is the emoji, which are not looked at here."""
    settings = window.train.settings
    QTest.mouseClick(settings.family.buttons["prior"], Qt.MouseButton.LeftButton)
    _wait(qtbot, settings.start.isEnabled)
    return _start(qtbot, window, "stripes-prior", until, **options)


def test_a_prior_is_trained_for_the_model_in_use(qtbot: QtBot, window: Window) -> None:
    train, settings = window.train, window.train.settings
    QTest.mouseClick(settings.family.buttons["prior"], Qt.MouseButton.LeftButton)
    assert settings.prior.combo.currentText() == "stripes"
    assert settings.data.name == "emoji"
    assert settings.name.text() == "stripes-prior"
    folder = _start_prior(qtbot, window, "training")
    _wait(qtbot, lambda: _drawn(window).get("Bits, level 1", 0) > 5)
    assert "Loss" not in _drawn(window)
    assert "bits per code" in train.progress.text
    assert "loss" not in train.progress.text
    assert train.progress.about.text() == "Prior of stripes on Emoji"
    assert "guess" in train.live.pictures.rows.waiting
    assert not train.live.codes.isVisible()
    assert settings.name.text() == "stripes-prior-2"
    QTest.mouseClick(settings.pause, Qt.MouseButton.LeftButton)
    _wait(qtbot, lambda: window.state.status == "paused")
    QTest.mouseClick(settings.stop, Qt.MouseButton.LeftButton)
    _wait(qtbot, lambda: window.state.status == "stopped")
    _wait(qtbot, train.runs.go_on.isEnabled)
    reached = window.state.step
    QTest.mouseClick(train.runs.go_on, Qt.MouseButton.LeftButton)
    _wait(qtbot, lambda: window.state.status == "training" and window.state.step > reached)
    window.state.stop()
    _wait(qtbot, lambda: window.state.status == "stopped")
    _wait(qtbot, train.runs.paint.isEnabled)
    QTest.mouseClick(train.runs.paint, Qt.MouseButton.LeftButton)
    assert window.painted == [folder]


def test_settings_of_a_prior_are_used_again(qtbot: QtBot, window: Window) -> None:
    _start_prior(qtbot, window, "finished", steps=20, steps_per_s=500)
    QTest.mouseClick(window.train.settings.family.buttons["vqvae"], Qt.MouseButton.LeftButton)
    QTest.mouseClick(window.train.runs.duplicate, Qt.MouseButton.LeftButton)
    _wait(qtbot, lambda: window.workers[2].pending == 0)
    asked = window.train.settings.request
    assert (asked.prior_of, asked.prior_name, asked.name) == ("stripes", "stripes", "stripes-prior-2")
    assert asked.settings == ("steps_per_s=500.0",)


def test_a_run_starts_from_another_and_says_so(qtbot: QtBot, window: Window) -> None:
    settings, start = window.train.settings, window.train.settings.start_from

    def offered() -> list[str]:
        return [start.combo.itemText(place) for place in range(start.combo.count())]

    assert offered() == ["Random weights"]  # the models there are of no family that can be trained
    first = _start(qtbot, window, "first", "finished", steps=20, steps_per_s=500)
    _wait(qtbot, lambda: offered() == ["Random weights", "first"])
    start.combo.setFocus()
    QTest.keyClick(start.combo, Qt.Key.Key_Down)
    assert not settings.start.isEnabled()
    _wait(qtbot, settings.start.isEnabled)
    _start(qtbot, window, "second", "finished", steps=20, steps_per_s=500)
    _wait(qtbot, lambda: window.train.progress.about.text() == "VQ-VAE on dots, from first")

    def tip() -> str:
        return str(window.train.runs.list.runs.index(0).data(Qt.ItemDataRole.ToolTipRole))

    _wait(qtbot, lambda: "VQ-VAE on dots, started from weights" in tip())  # as its trainer calls it
    QTest.keyClick(start.combo, Qt.Key.Key_Home)
    QTest.mouseClick(window.train.runs.duplicate, Qt.MouseButton.LeftButton)
    _wait(qtbot, lambda: window.workers[2].pending == 0)
    assert start.combo.currentText() == "first"
    assert settings.request.start_from == str(first / "last" / "weights.safetensors")
    QTest.mouseClick(settings.family.buttons["vae"], Qt.MouseButton.LeftButton)
    assert offered() == ["Random weights"]


def test_priors_are_compared_with_one_another(qtbot: QtBot, window: Window) -> None:
    first = _start_prior(qtbot, window, "finished", steps=20, steps_per_s=500)
    second = _start(qtbot, window, "second", "finished", steps=30, steps_per_s=500)
    window.state.compare(first, True)
    _wait(qtbot, lambda: _drawn(window) == {"second": 30, "stripes-prior": 20})
    assert window.state.card_of(second) is not None
    assert window.train.curves.losses_head.choice is not None
    assert window.train.curves.losses_head.choice.axis == "bits per code"


def test_runs_with_codes_are_offered_once_they_rest(qtbot: QtBot, window: Window) -> None:
    prior = window.train.settings.prior

    def offered() -> list[str]:
        return [prior.combo.itemText(place) for place in range(prior.combo.count())]

    _start(qtbot, window, "first", steps_per_s=20)
    assert offered() == ["dots", "stripes"]
    _wait(qtbot, lambda: window.state.step > 4)
    window.state.stop()
    _wait(qtbot, lambda: offered() == ["dots", "stripes", "first"])


def test_a_kill_is_said_with_the_end_of_the_log_and_a_way_on(
    qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = window.train
    looked: list[Path] = []

    def left_behind(folder: Path, _ticket: Ticket) -> RunEnd:
        looked.append(folder)
        return RunEnd("the last words of the log", 3)

    monkeypatch.setattr(train_module, "look_at_end", left_behind)
    folder = _start(qtbot, window, until="interrupted", die_at=8, how="kill")
    _wait(qtbot, train.failure.go_on.isVisible)
    assert "killed" in train.failure.text
    assert set(looked) == {folder}
    assert train.failure.go_on.text() == "Go on from step 3"
    QTest.mouseClick(train.failure.details, Qt.MouseButton.LeftButton)
    assert train.failure.log.toPlainText() == "the last words of the log"
    _wait(qtbot, lambda: _drawn(window).get("Loss", 0) >= 7)  # the curves stay
    QTest.mouseClick(train.failure.go_on, Qt.MouseButton.LeftButton)
    _wait(qtbot, lambda: window.state.status == "training")
    assert not train.failure.isVisible()
    _wait(qtbot, lambda: window.state.step > 10)


def test_a_failure_is_said_in_the_trainers_words(qtbot: QtBot, window: Window) -> None:
    _start(qtbot, window, until="failed", die_at=5, how="fail")
    assert "no longer finite" in window.train.failure.text
    _wait(qtbot, lambda: "last words" in window.train.failure.log.toPlainText())
    assert not window.train.failure.go_on.isVisible()  # its snapshot cannot be read


def test_a_run_that_is_refused_is_said_where_its_curves_would_be(qtbot: QtBot, window: Window) -> None:
    window.state.start(
        StartRequest("first", "vqvae", "emoji", 10, settings=("refuse=data 'x': no such folder",))
    )
    _wait(qtbot, lambda: bool(window.train.failure.text))
    assert "no such folder" in window.train.failure.text
    _wait(qtbot, lambda: window.state.current is None)
    assert window.train.failure.isVisible()
    _start(qtbot, window, "second", steps_per_s=20)
    assert not window.train.failure.isVisible()


def test_runs_are_shown_by_a_click_and_compared_by_a_tick(qtbot: QtBot, window: Window) -> None:
    first = _start(qtbot, window, "first", "finished", steps=20, steps_per_s=500)
    second = _start(qtbot, window, "second", "finished", steps=30, steps_per_s=500)
    view = window.train.runs.list
    _wait(qtbot, lambda: len(view.runs.cards) == 2 and _drawn(window).get("Loss") == 30)
    assert view.runs.shown == second
    other = view.visualRect(view.runs.index(view.runs.row_of(first)))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=box_of(other).center())
    _wait(qtbot, lambda: _drawn(window) == {"second": 30, "first": 20})
    assert window.state.compared == (first,)
    assert view.runs.colours == {second: theme.SERIES[0], first: theme.SERIES[1]}
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=other.center())
    _wait(qtbot, lambda: view.runs.shown == first)
    assert window.train.progress.name.text() == "first"
    _wait(qtbot, lambda: _drawn(window).get("Loss") == 20)  # compared with itself it is alone


def test_settings_of_a_run_are_used_again(qtbot: QtBot, window: Window) -> None:
    _start(qtbot, window, "first", "finished", steps=20, steps_per_s=500)
    window.train.settings.form.put({"steps": 5, "steps_per_s": 1, "die_at": 3})
    QTest.mouseClick(window.train.runs.duplicate, Qt.MouseButton.LeftButton)
    _wait(qtbot, lambda: window.workers[2].pending == 0)
    asked = window.train.settings.request
    assert (asked.steps, asked.settings) == (400, ("steps_per_s=500.0",))  # its length is not on record
    assert asked.name != "first"


def test_settings_of_a_damaged_run_are_said_to_be(qtbot: QtBot, window: Window) -> None:
    folder = _start(qtbot, window, "first", "finished", steps=5, steps_per_s=500)
    (folder / "config.json").write_text("nothing")
    QTest.mouseClick(window.train.runs.duplicate, Qt.MouseButton.LeftButton)
    assert [type(fault) for fault in window.faults] == [RunFault]


def test_deleting_is_asked(qtbot: QtBot, window: Window) -> None:
    folder = _start(qtbot, window, "first", "finished", steps=5, steps_per_s=500)
    _wait(qtbot, window.train.runs.delete.isEnabled)
    for button, gone in (("cancel", False), ("primary", True)):
        QTest.mouseClick(window.train.runs.delete, Qt.MouseButton.LeftButton)
        (dialog,) = window.findChildren(DeleteRunDialog)
        assert "first" in dialog.windowTitle()
        QTest.mouseClick(getattr(dialog, button), Qt.MouseButton.LeftButton)
        _wait(qtbot, lambda: not window.findChildren(DeleteRunDialog))
        _wait(qtbot, lambda gone=gone: folder.exists() != gone)  # type: ignore[misc]
    _wait(qtbot, window.train.runs.empty.isVisible)
    assert window.train.curves.empty.isVisible()
    assert not window.train.progress.isVisible()


def test_a_run_is_renamed_in_place(qtbot: QtBot, window: Window) -> None:
    folder = _start(qtbot, window, "first", "finished", steps=5, steps_per_s=500)
    _wait(qtbot, window.train.runs.rename.isEnabled)
    QTest.mouseClick(window.train.runs.rename, Qt.MouseButton.LeftButton)
    editor = window.train.runs.list.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, "better")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    _wait(qtbot, (folder.parent / "better").exists)
    _wait(qtbot, lambda: window.train.progress.name.text() == "better")


def test_what_others_do_is_asked_for(qtbot: QtBot, window: Window) -> None:
    folder = _start(qtbot, window, "first", "finished", steps=5, steps_per_s=500)
    _wait(qtbot, window.train.runs.paint.isEnabled)
    QTest.mouseClick(window.train.runs.paint, Qt.MouseButton.LeftButton)
    QTest.mouseClick(window.train.runs.open, Qt.MouseButton.LeftButton)
    assert window.painted == window.opened == [folder]


def test_values_and_pictures_are_saved(
    qtbot: QtBot, window: Window, answers: Answers, tmp_path: Path
) -> None:
    _start(qtbot, window, "first", "finished", steps=20, steps_per_s=500)
    _wait(qtbot, lambda: _drawn(window).get("Loss") == 20)
    curves = window.train.curves
    menu = {action.text(): action for action in curves.menu_for(curves.losses).actions()}
    for text, name in (("Save values (CSV)...", "values.csv"), ("Save as picture (PNG)...", "curves.png")):
        answers.answer = tmp_path / name
        menu[text].trigger()
        _wait(qtbot, (tmp_path / name).exists)
    assert answers.suggested == ["first-curves.csv", "first-curves.png"]
    rows = list(csv.reader((tmp_path / "values.csv").read_text().splitlines()))
    assert rows[0] == ["step", "Loss"]
    assert [float(row[1]) for row in rows[1:]] == [1 / step for step in range(1, 21)]
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.width > window.train.curves.width()


def test_a_disk_that_refuses_is_said(qtbot: QtBot, window: Window, answers: Answers, data: Path) -> None:
    answers.answer = data / "0.png" / "values.csv"
    window.train.curves.values_wanted.emit(())
    _wait(qtbot, lambda: bool(window.faults))
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
    _wait(qtbot, lambda: not window.train.settings.data.is_looking)


def test_a_model_without_codes_is_shown_by_its_pictures(
    qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = np.full((4, 6, 6, 3), 90, np.uint8)
    monkeypatch.setattr("gui.state.gallery.reconstruct", lambda *_: Reconstructions(pictures, pictures // 2))
    window.gallery.show(card_of(TinyModel("digits-vae")))
    train = window.train
    assert train.heading.isVisible()
    _wait(qtbot, lambda: train.live.pictures.columns == 4)
    assert train.heading.text().startswith("digits-vae")
    assert not train.curves.isVisible()
    assert not train.live.codes.isVisible()
    _start(qtbot, window, steps_per_s=20)
    assert not train.heading.isVisible()
    assert train.curves.isVisible()


def test_a_failed_run_is_not_told_of_beside_a_model_from_a_file(
    qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = np.full((4, 6, 6, 3), 90, np.uint8)
    monkeypatch.setattr("gui.state.gallery.reconstruct", lambda *_: Reconstructions(pictures, pictures))
    _start(qtbot, window, until="failed", die_at=5, how="fail")
    assert window.train.failure.isVisible()
    window.gallery.show(card_of(TinyModel("digits-vae")))
    assert not window.train.failure.isVisible()
    window.gallery.clear()
    assert window.train.failure.isVisible()


def test_nothing_is_drawn_while_nobody_looks(qtbot: QtBot, window: Window) -> None:
    _start(qtbot, window)
    _wait(qtbot, lambda: _drawn(window).get("Loss", 0) > 2)
    window.train.hide()
    drawn = _drawn(window)["Loss"]
    with qtbot.waitSignal(window.state.curves_changed):
        pass
    qtbot.wait(100)
    assert _drawn(window)["Loss"] == drawn
    window.train.show()
    assert _drawn(window)["Loss"] > drawn


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
