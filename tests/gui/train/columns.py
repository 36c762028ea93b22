"""What tests do with a settings column: choose, and wait until it has read what was chosen."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.state.trained_models import TrainedModel
from gui.train.settings_column import SettingsColumn
from gui.workers.job import Worker

EMOJI = TrainedModel("emoji-vqvae", "emoji-vqvae", "vqvae", "")
"""Its data is not at hand, so that the pets stay."""


def settle(qtbot: QtBot, *workers: Worker) -> None:
    qtbot.waitUntil(lambda: all(worker.pending == 0 for worker in workers))


def wait(qtbot: QtBot, column: SettingsColumn) -> None:
    settle(qtbot, column.data._desk, column._models, column._times._worker)


def choose_prior(qtbot: QtBot, column: SettingsColumn, *models: TrainedModel) -> None:
    column.offer_models(models, models[0] if models else None)
    QTest.mouseClick(column.family.buttons["prior"], Qt.MouseButton.LeftButton)
    wait(qtbot, column)
