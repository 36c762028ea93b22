"""The Train workspace on show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import theme
from tests.gui.conftest import Answers
from tests.gui.workspaces.train_window import Window


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
