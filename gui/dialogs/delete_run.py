"""Asks before a run and its files are gone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from engine.training.shelf import RunCard
from gui.dialogs.dialog import Dialog, note


class DeleteRunDialog(Dialog):
    """Calls `delete` where the answer is yes."""

    def __init__(self, parent: QWidget, card: RunCard, delete: Callable[[], object]) -> None:
        super().__init__(parent, f"Delete {card.name}?", "Delete")
        text = "Its models, curves and previews are removed from the disk. This cannot be undone."
        self.body.addWidget(note(text, self))
        self.body.addWidget(note(str(card.folder), self, "caption"))
        self.primary.clicked.connect(self.accept)
        self.accepted.connect(delete)
