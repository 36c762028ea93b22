"""The system's file dialogs: they start in the last folder, remember it, and add the ending."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from gui.dialogs.choose_file import SystemFileChooser
from gui.settings import Settings


class Chooser:
    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.settings = Settings(folder / "codebrush.ini")
        self.settings.folder = folder
        self.chooser = SystemFileChooser(self.window, self.settings)
        self.chosen: list[Path] = []

    def dialog(self) -> QFileDialog:
        (found,) = self.window.findChildren(QFileDialog)
        return found


@pytest.fixture
def chooser(qtbot: QtBot, tmp_path: Path) -> Iterator[Chooser]:
    made = Chooser(qtbot, tmp_path)
    yield made
    for dialog in made.window.findChildren(QFileDialog):
        dialog.close()


def test_opening_starts_in_the_last_folder_and_remembers_the_next(chooser: Chooser, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    path = tmp_path / "sub" / "sea.codebrush"
    path.touch()
    chooser.chooser.to_open("Open", "Paintings (*.codebrush)", chooser.chosen.append)
    dialog = chooser.dialog()
    assert Path(dialog.directory().path()) == tmp_path
    dialog.fileSelected.emit(str(path))
    assert chooser.chosen == [path]
    assert chooser.settings.folder == path.parent


def test_saving_suggests_a_name_and_adds_the_ending(chooser: Chooser) -> None:
    chooser.chooser.to_save(
        "Save", "Sea.codebrush", "codebrush", "Paintings (*.codebrush)", chooser.chosen.append
    )
    dialog = chooser.dialog()
    assert dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
    assert dialog.defaultSuffix() == "codebrush"
    assert [Path(name).name for name in dialog.selectedFiles()] == ["Sea.codebrush"]


def test_a_folder_is_chosen_as_a_folder(chooser: Chooser) -> None:
    chooser.chooser.folder("Export into", chooser.chosen.append)
    assert chooser.dialog().fileMode() == QFileDialog.FileMode.Directory


def test_cancelling_chooses_nothing(chooser: Chooser) -> None:
    chooser.chooser.to_open("Open", "", chooser.chosen.append)
    chooser.dialog().reject()
    assert chooser.chosen == []
