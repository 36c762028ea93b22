"""The foot of the left column: the run's name, and the one filled button that starts, pauses or stops it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from engine.errors import OptionFault
from engine.training.names import check_name
from gui import theme
from gui.train.words import ACTIVE


class StartFoot(QWidget):
    """`name_fault` says what is wrong with the name, `hint` all else there is to say before a start."""

    renamed = Signal()  # by hand

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._named_by_hand = False
        self.name, self.name_fault = QLineEdit(self), QLabel(self)
        self.start = QPushButton("Start", self)
        self.pause = QPushButton("Pause", self)
        self.stop = QPushButton("Stop and keep", self)
        self.hint = QLabel(self)
        self.name.textEdited.connect(self._name_typed)
        self._arrange()

    @property
    def run_name(self) -> str:
        return self.name.text().strip()

    def offer_name(self, name: str) -> bool:
        """Put in a name for the next run, unless one was typed; whether it was put in."""
        if self._named_by_hand:
            return False
        self.name.setText(name)
        return True

    def forget_name(self) -> None:
        """What was typed need not stay: the next name that is offered is put in."""
        self._named_by_hand = False

    def judge_name(self) -> None:
        """Say whether a folder can be called so."""
        try:
            check_name(self.run_name)
            self.name_fault.clear()
        except OptionFault as error:
            self.name_fault.setText(str(error) if self.run_name else "A run needs a name")
        self.name_fault.setVisible(bool(self.name_fault.text()))

    def say(self, text: str, role: str) -> None:
        """One sentence above the buttons; nothing where it is empty."""
        self.hint.setText(text)
        self.hint.setVisible(bool(text))
        theme.restyle(self.hint, "role", role)

    def allow(self, fault: str) -> None:
        """Let a run be started where there is no fault."""
        self.start.setEnabled(not fault)
        self.start.setToolTip(fault or "Train a new run with these settings")

    def follow_status(self, status: str) -> None:
        """Start where the run on show rests; pause, resume and stop where it is active."""
        active = status in ACTIVE
        self.start.setVisible(not active)
        for button in (self.pause, self.stop):
            button.setVisible(active)
        self.pause.setEnabled(status in ("training", "paused"))
        self.stop.setEnabled(status != "stopping")
        self.pause.setText("Resume" if status == "paused" else "Pause")
        theme.restyle(self.pause, "role", "primary" if status == "paused" else "")

    @property
    def has_focus(self) -> bool:
        """Whether one of the buttons has it."""
        return any(button.hasFocus() for button in (self.start, self.pause, self.stop))

    def take_focus(self) -> None:
        """To the first button, or Qt would put it far away; never to Stop: the next Space would press it."""
        first = next((b for b in (self.start, self.pause) if b.isVisible() and b.isEnabled()), self.name)
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _name_typed(self, text: str) -> None:
        self._named_by_hand = bool(text.strip())
        self.renamed.emit()

    def _arrange(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.SPACE_3, theme.SPACE_3, theme.SPACE_3, theme.SPACE_3)
        rows.setSpacing(theme.SPACE_2)
        named, buttons = QHBoxLayout(), QHBoxLayout()
        for row in (named, buttons):
            row.setSpacing(theme.SPACE_2)
        label = QLabel("Name", self)
        label.setProperty("role", "secondary")
        label.setBuddy(self.name)
        self.name.setAccessibleName("Name of the run")
        self.name.setToolTip("The run's folder gets this name")
        named.addWidget(label)
        named.addWidget(self.name, 1)
        self.name_fault.setProperty("role", "bad")
        for note in (self.name_fault, self.hint):
            note.setWordWrap(True)
        self.start.setProperty("role", "primary")
        self.pause.setToolTip("Waits where it is, and keeps its memory")
        self.stop.setToolTip("Saves a snapshot to go on from, and ends")
        for button in (self.start, self.pause, self.stop):
            buttons.addWidget(button, 1)
        rows.addLayout(named)
        for note in (self.name_fault, self.hint):
            rows.addWidget(note)
        rows.addLayout(buttons)
