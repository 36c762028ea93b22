"""Unsaved changes: save, discard or go back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QPushButton, QWidget

from gui.dialogs.dialog import Dialog, note


class UnsavedDialog(Dialog):
    """Calls `save` or `discard`; nothing when cancelled."""

    def __init__(
        self, parent: QWidget, title: str, save: Callable[[], object], discard: Callable[[], object]
    ) -> None:
        super().__init__(parent, "Save the changes?", "Save")
        self.setMinimumWidth(400)
        self.body.addWidget(note(f"“{title}” has changes that are not in a file yet", self))
        self.discard = QPushButton("Discard", self)
        self.discard.setAutoDefault(False)
        self.buttons.insertWidget(0, self.discard)
        self.discard.clicked.connect(lambda: self._end(discard))
        self.primary.clicked.connect(lambda: self._end(save))

    def _end(self, choice: Callable[[], object]) -> None:
        self.accept()
        choice()
