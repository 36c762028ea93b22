"""The Train workspace in a window of its own, with a stand-in for the child process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from engine.errors import CodebrushError
from gui.state.expected_times import ExpectedTimes
from gui.state.gallery import Gallery
from gui.state.session import Session
from gui.state.trained_models import TrainedModels
from gui.state.training import TrainingState
from gui.workers.job import Ticket, Worker
from gui.workers.train_form import FormReader, Subject, TrainForm
from gui.workspaces.train import RunCommands, TrainWorkspace
from tests.gui.conftest import Answers
from tests.gui.fake_trainer import PROGRAM
from tests.gui.tiny import TinyModel, library_of
from tests.gui.train.forms import PRESETS, Option, times

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


def start(
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


def curve_lengths(window: Window) -> dict[str, int]:
    assert window.train.curves.losses is not None
    return {curve.title: len(curve.steps) for curve in window.train.curves.losses.curves}


def wait(qtbot: QtBot, done: Callable[[], bool]) -> None:
    qtbot.waitUntil(done, timeout=20_000)


def start_prior(qtbot: QtBot, window: Window, until: str, **options: object) -> Path:
    """Of the model in use; its data is the emoji, which are not looked at here."""
    settings = window.train.settings
    QTest.mouseClick(settings.family.buttons["prior"], Qt.MouseButton.LeftButton)
    wait(qtbot, settings.start.isEnabled)
    return start(qtbot, window, "stripes-prior", until, **options)
