"""Asking for a file, starting where the last one was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtWidgets import QFileDialog, QWidget

from gui.settings import Settings

Chosen = Callable[[Path], object]


class FileChooser(Protocol):
    """How the window asks for files; tests answer by themselves."""

    def to_open(self, title: str, filters: str, chosen: Chosen) -> None: ...
    def to_save(self, title: str, name: str, suffix: str, filters: str, chosen: Chosen) -> None: ...
    def folder(self, title: str, chosen: Chosen) -> None: ...


class SystemFileChooser:
    """The system's own file dialogs; they open without stopping the program."""

    def __init__(self, window: QWidget, settings: Settings) -> None:
        self._window = window
        self._settings = settings

    def to_open(self, title: str, filters: str, chosen: Chosen) -> None:
        """An existing file; `filters` as Qt writes them: `Paintings (*.codebrush);;All files (*)`."""
        dialog = self._dialog(title, filters)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._ask(dialog, chosen)

    def to_save(self, title: str, name: str, suffix: str, filters: str, chosen: Chosen) -> None:
        """A file that may exist (the dialog asks before it is replaced)."""
        dialog = self._dialog(title, filters)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.selectFile(name)
        self._ask(dialog, chosen)

    def folder(self, title: str, chosen: Chosen) -> None:
        dialog = self._dialog(title, "")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._ask(dialog, chosen)

    def _dialog(self, title: str, filters: str) -> QFileDialog:
        dialog = QFileDialog(self._window, title, str(self._settings.folder), filters)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _ask(self, dialog: QFileDialog, chosen: Chosen) -> None:
        def take(name: str) -> None:
            path = Path(name)
            self._settings.folder = path.parent
            chosen(path)

        dialog.fileSelected.connect(take)
        dialog.open()
