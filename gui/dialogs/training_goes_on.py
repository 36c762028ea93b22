"""Closing the window while it trains: the training may go on without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QPushButton, QWidget

from gui.dialogs.dialog import Dialog, note


class TrainingGoesOnDialog(Dialog):
    """Calls `keep` or `stop`, then the window may close; nothing when cancelled."""

    def __init__(
        self,
        parent: QWidget,
        names: Sequence[str],
        keep: Callable[[], object],
        stop: Callable[[], object],
    ) -> None:
        super().__init__(parent, "Keep training?", "Keep training")
        self.setMinimumWidth(440)
        are = "is" if len(names) == 1 else "are"
        self.body.addWidget(note(f"{' and '.join(names)} {are} still training", self, role=""))
        self.body.addWidget(
            note(
                "Training can go on while the window is closed: the next start shows it again. "
                "Stopped, it keeps what it has learned and can go on later",
                self,
            )
        )
        self.stop = QPushButton("Stop and keep", self)
        self.stop.setAutoDefault(False)
        self.buttons.insertWidget(0, self.stop)
        self.stop.clicked.connect(lambda: self._end(stop))
        self.primary.clicked.connect(lambda: self._end(keep))

    def _end(self, choice: Callable[[], object]) -> None:
        self.accept()
        choice()
