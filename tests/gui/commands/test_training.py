"""Training beside painting: what keys reach, what closing asks, what a death leaves untouched."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from engine.training.lock import is_held
from gui.dialogs.training_goes_on import TrainingGoesOnDialog
from gui.dialogs.unsaved import UnsavedDialog
from gui.state.training import StartRequest
from gui.studio import Studio
from tests.gui.commands.test_files import dialog, no_dialog, press
from tests.gui.conftest import OpenStudio
from tests.gui.test_studio import paint_at, settle


def start(qtbot: QtBot, studio: Studio, **settings: object) -> int:
    """Start the stand-in; its process."""
    chosen = tuple(f"{key}={value}" for key, value in settings.items())
    studio.training.start(StartRequest("first", "vqvae", "emoji", steps=100_000, settings=chosen))
    qtbot.waitUntil(lambda: studio.training.status == "training", timeout=30_000)
    child = studio.training._rounds.runs[studio.training.folder / "first"].child
    assert child is not None
    return child.pid


@pytest.fixture
def training(qtbot: QtBot, studio: Studio) -> Iterator[Studio]:
    pid = start(qtbot, studio)
    yield studio
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        return  # it has ended, and was waited for


def test_keys_of_the_canvas_reach_it_in_its_workspace_only(qtbot: QtBot, studio: Studio) -> None:
    paint_at(qtbot, studio, 2, 2)
    codes = studio.painting.codes.copy()
    qtbot.keyClick(studio.window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert studio.window.workspace == "train"
    qtbot.keyClick(studio.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(studio.window, Qt.Key.Key_E)
    np.testing.assert_array_equal(studio.painting.codes, codes)
    assert studio.brush.tool == "brush"
    field = QLineEdit(studio.window.workspaces.currentWidget())
    field.show()
    field.setFocus()
    qtbot.keyClicks(field, "be")
    qtbot.keyClick(field, Qt.Key.Key_Backspace)
    assert field.text() == "b"
    assert not studio.window.actions_table["edit.undo"].isEnabled()
    qtbot.keyClick(studio.window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert studio.window.workspace == "paint"
    assert studio.window.actions_table["workspace.paint"].isChecked()
    qtbot.keyClick(studio.paint.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert studio.painting.codes[2, 2] != codes[2, 2]


def test_commands_of_the_canvas_are_not_offered_elsewhere(studio: Studio) -> None:
    def offered() -> list[str]:
        studio.window.open_commands()
        assert studio.window.commands is not None
        shown = studio.window.commands.shown
        studio.window.commands.hide()
        return shown

    assert "Eraser" in offered()
    studio.window.show_workspace("train")
    assert "Eraser" not in offered()
    assert "Save" in offered()
    assert {"Paint", "Train"} <= set(offered())


def test_opening_a_painting_comes_back_to_the_canvas(studio: Studio) -> None:
    studio.window.show_workspace("train")
    studio.models.show(studio.models.blank(3, 4))
    assert studio.window.workspace == "paint"


def test_only_what_can_be_done_with_a_run_is_offered(qtbot: QtBot, studio: Studio) -> None:
    actions = studio.window.actions_table
    names = ("train.pause", "train.stop", "train.go_on", "train.paint_with", "train.follow")
    assert [name for name in names if actions[name].isEnabled()] == []
    pid = start(qtbot, studio)
    assert actions["train.pause"].isEnabled()
    assert not actions["train.go_on"].isEnabled()
    actions["train.pause"].trigger()
    qtbot.waitUntil(lambda: studio.training.status == "paused", timeout=10_000)
    assert actions["train.pause"].text() == "Resume training"
    actions["train.pause"].trigger()
    qtbot.waitUntil(lambda: studio.training.status == "training", timeout=10_000)
    actions["train.stop"].trigger()
    qtbot.waitUntil(lambda: studio.training.status == "stopped", timeout=10_000)
    assert actions["train.go_on"].isEnabled()
    qtbot.waitUntil(actions["train.paint_with"].isEnabled, timeout=10_000)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_closing_asks_whether_to_keep_training(qtbot: QtBot, training: Studio) -> None:
    training.window.close()
    asked = dialog(training, TrainingGoesOnDialog)
    press(qtbot, asked.cancel)
    assert training.window.isVisible()
    training.window.close()
    press(qtbot, dialog(training, TrainingGoesOnDialog).primary)
    qtbot.waitUntil(lambda: not training.window.isVisible())
    assert training.all_ended
    assert is_held(training.training.folder / "first")


def test_closing_can_stop_and_keep_it(qtbot: QtBot, training: Studio) -> None:
    folder = training.training.folder / "first"
    training.window.close()
    press(qtbot, dialog(training, TrainingGoesOnDialog).stop)
    assert not training.window.isVisible()
    qtbot.waitUntil(lambda: not is_held(folder), timeout=10_000)
    assert (folder / "last" / "weights.safetensors").is_file()


def test_closing_asks_about_the_painting_first(qtbot: QtBot, training: Studio) -> None:
    paint_at(qtbot, training, 1, 1)
    training.window.close()
    press(qtbot, dialog(training, UnsavedDialog).discard)
    press(qtbot, dialog(training, TrainingGoesOnDialog).primary)
    qtbot.waitUntil(lambda: not training.window.isVisible())


def test_closing_without_training_asks_nothing(studio: Studio) -> None:
    studio.window.close()
    assert no_dialog(studio)
    assert not studio.window.isVisible()


def test_a_death_is_a_message_and_the_painting_is_as_it_was(qtbot: QtBot, studio: Studio) -> None:
    paint_at(qtbot, studio, 2, 2)
    settle(qtbot, studio)
    codes, pixels = studio.painting.codes.copy(), studio.picture.pixels()
    os.kill(start(qtbot, studio), signal.SIGKILL)
    qtbot.waitUntil(lambda: "Training of first was killed" in studio.window.messages.text, timeout=10_000)
    np.testing.assert_array_equal(studio.painting.codes, codes)
    np.testing.assert_array_equal(studio.picture.pixels(), pixels)
    assert studio.painting.painting.history.can_undo
    press(qtbot, studio.window.messages._action)
    assert studio.window.workspace == "train"
    assert studio.window.actions_table["train.go_on"].isEnabled()


def test_a_death_in_the_train_workspace_is_said_once(qtbot: QtBot, studio: Studio) -> None:
    studio.window.show_workspace("train")
    os.kill(start(qtbot, studio), signal.SIGKILL)
    qtbot.waitUntil(lambda: "was killed" in studio.train.failure.text, timeout=10_000)
    assert studio.window.messages.text == ""


def test_the_next_start_shows_what_is_still_training(
    qtbot: QtBot, training: Studio, open_studio: OpenStudio
) -> None:
    training.close()
    again = open_studio()
    qtbot.waitUntil(lambda: again.window.messages.text == "first is training", timeout=10_000)
    press(qtbot, again.window.messages._action)
    assert again.window.workspace == "train"
    qtbot.waitUntil(lambda: again.training.status == "training", timeout=10_000)
    qtbot.waitUntil(lambda: len(again.training.curves.get("loss", ((), ()))[0]) > 1, timeout=10_000)


def test_a_refusal_is_a_message(qtbot: QtBot, studio: Studio) -> None:
    studio.training.start(StartRequest("a/b", "vqvae", "emoji", steps=3))
    assert "'/' cannot be part" in studio.window.messages.text
