"""The settings column with labelled pictures and the form of a VQ-VAE."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import theme
from gui.state.expected_times import ExpectedTimes
from gui.train.settings_column import SettingsColumn
from gui.workers.job import Worker
from tests.gui.conftest import Answers
from tests.gui.train.columns import settle
from tests.gui.train.forms import READER


@pytest.fixture
def labelled(tmp_path: Path) -> str:
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", (8, 8)).save(tmp_path / "pets" / label / f"{number}.png")
    return str(tmp_path / "pets")


@pytest.fixture
def column(qtbot: QtBot, qapp: QApplication, answers: Answers, labelled: str) -> Iterator[SettingsColumn]:
    theme.apply_theme(qapp)
    workers = desk, models, clock = Worker("desk"), Worker("models"), Worker("times")
    times = ExpectedTimes(READER.times, clock)
    column = SettingsColumn(desk, models, READER, times, answers)
    qtbot.addWidget(column)
    column.resize(320, 900)
    column.show()
    column.data.choose(labelled)
    column.begin()
    column.offer_name("vqvae-pets")
    settle(qtbot, *workers)
    yield column
    for worker in workers:
        worker.stop()
