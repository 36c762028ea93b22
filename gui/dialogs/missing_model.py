"""A painting whose model is missing: which of those at hand shall show its codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtWidgets import QButtonGroup, QPushButton, QRadioButton, QWidget

from gui.dialogs.dialog import Dialog, note


class MissingModelDialog(Dialog):
    """Calls `use(path)` for one of `models`, or `open_file()`."""

    def __init__(
        self,
        parent: QWidget,
        missing: str,
        models: Mapping[str, Path],
        use: Callable[[Path], object],
        open_file: Callable[[], object],
    ) -> None:
        super().__init__(parent, "Choose a model", "Use this model")
        self.setMinimumWidth(420)
        self._paths = list(models.values())
        self._use, self._open_file = use, open_file
        self.choices = QButtonGroup(self)
        self.body.addWidget(note(_words(missing, bool(models)), self))
        for number, name in enumerate(models):
            choice = QRadioButton(name, self)
            choice.setChecked(number == 0)
            self.choices.addButton(choice, number)
            self.body.addWidget(choice)
        self.file = QPushButton("Open a model file...", self)
        self.file.setAutoDefault(False)
        self.file.clicked.connect(self._take_file)
        self.buttons.insertWidget(0, self.file)
        self.primary.setEnabled(bool(models))
        self.primary.clicked.connect(self._take)

    def _take(self) -> None:
        path = self._paths[self.choices.checkedId()]
        self.accept()
        self._use(path)

    def _take_file(self) -> None:
        self.accept()
        self._open_file()


def _words(missing: str, has_models: bool) -> str:
    if not missing:
        return "Open a model file or an exported folder to paint with it"
    if not has_models:
        return f"None of the models at hand has codes like {missing}: open its file if you have it"
    return f"{missing} is not here. Another model gives the same codes other pictures"
