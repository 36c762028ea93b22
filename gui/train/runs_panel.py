"""The right column: the runs, and what can be done with the one on show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from engine.training.shelf import RunCard
from gui import theme
from gui.frame.empty_state import EmptyState
from gui.frame.lines import line
from gui.state.trained_models import has_codes
from gui.train.run_list import RunList
from gui.train.words import ACTIVE, family_title

WIDTH = 300
_CAN_GO_ON = frozenset({"stopped", "failed", "interrupted"})
_EMPTY_TEXT_WIDTH = 220


class RunsPanel(QWidget):
    """Asks for what is wanted by signals; the runs themselves belong to `TrainingState`."""

    paint_asked = Signal(object)  # Path, as all of these
    go_on_asked = Signal(object)
    duplicate_asked = Signal(object)
    open_asked = Signal(object)
    delete_asked = Signal(object)

    def __init__(self, follow: QAction, parent: QWidget | None = None) -> None:
        """`follow` is the action behind "Follow training"."""
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self.list = RunList(self)
        self.list.delete_asked.connect(self.delete_asked)
        self.list.show_asked.connect(lambda _: self._choose())
        self.count = QLabel(self)
        self.count.setProperty("role", "caption")
        self.empty = EmptyState(
            "history",
            "No runs yet",
            "Each training is kept here: compare them, go on with them, paint with them",
            _EMPTY_TEXT_WIDTH,
            self,
        )
        self.paint = QPushButton(" Paint with this", self)
        self.paint.setAccessibleName("Paint with this run")
        self.paint.setIcon(theme.icon("brush"))
        self.paint.clicked.connect(lambda: self._ask(self.paint_asked))
        self.go_on = self._button("step-forward", "Go on training", "From its last snapshot")
        self.rename = self._button("pencil", "Rename (F2)", "")
        self.duplicate = self._button("copy", "Use its settings again", "Fills the form on the left")
        self.open = self._button("folder-open", "Open its folder", "Models, curves and previews")
        self.delete = self._button("trash-2", "Delete... (Del)", "The run and all of its files")
        self.follow = QCheckBox("Follow training", self)
        self._connect(follow)
        self._arrange()
        self.show_cards((), None, {})

    def show_cards(self, cards: Sequence[RunCard], shown: Path | None, colours: Mapping[Path, str]) -> None:
        """List the runs; `colours` are those of the curves on show, the run on show first."""
        self.list.show_cards(cards, shown, colours)
        self.count.setText(f"{len(cards)}" if cards else "")
        self.list.setVisible(bool(cards))
        self._actions.setVisible(bool(cards))
        self.empty.setVisible(not cards)
        self._choose()

    # Inside

    def _choose(self) -> None:
        """Offer what can be done with the chosen run."""
        card = self.list.card()
        for button in (self.rename, self.duplicate, self.open, self.delete):
            button.setEnabled(card is not None)
        self.go_on.setEnabled(card is not None and card.status in _CAN_GO_ON)
        idle = card is not None and card.status not in ACTIVE
        for button in (self.rename, self.delete):
            button.setEnabled(idle)
        self._choose_paint(card)

    def _choose_paint(self, card: RunCard | None) -> None:
        paintable = card is not None and has_codes(card)
        self.paint.setEnabled(paintable and card is not None and card.model is not None)
        tip = "Opens its newest snapshot in the Paint workspace, also while it trains"
        if card is not None and not paintable:
            tip = f"{family_title(card.family)} has no codes to paint with"
        elif card is not None and card.model is None:
            tip = "There is no snapshot yet: the first comes within a minute of training"
        self.paint.setToolTip(tip)

    def _ask(self, signal: object) -> None:
        card = self.list.card()
        if card is not None:
            signal.emit(card.folder)  # type: ignore[attr-defined]  # PySide's stubs know no bound signals

    def _connect(self, follow: QAction) -> None:
        asked = {
            self.go_on: self.go_on_asked,
            self.duplicate: self.duplicate_asked,
            self.open: self.open_asked,
            self.delete: self.delete_asked,
        }
        for button, signal in asked.items():
            button.clicked.connect(lambda _=False, signal=signal: self._ask(signal))
        self.rename.clicked.connect(self.list.begin_rename)

        def show_what_is() -> None:
            self.follow.setChecked(follow.isChecked())
            self.follow.setEnabled(follow.isEnabled())
            self.follow.setToolTip(follow.toolTip())

        self.follow.clicked.connect(follow.trigger)
        self.follow.clicked.connect(show_what_is)
        follow.changed.connect(show_what_is)
        show_what_is()

    def _button(self, icon: str, name: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(theme.icon(icon))
        button.setIconSize(QSize(theme.ICON_PX, theme.ICON_PX))
        button.setFixedSize(theme.CONTROL_HEIGHT, theme.CONTROL_HEIGHT)
        button.setAccessibleName(name.partition(" (")[0].removesuffix("..."))
        button.setToolTip(f"{name.replace('...', '')}\n{tip}".rstrip())
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(theme.SPACE_4, theme.SPACE_3, theme.SPACE_4, theme.SPACE_2)
        title = QLabel("Runs", self)
        title.setProperty("role", "title")
        head.setSpacing(theme.SPACE_2)
        for widget in (title, self.count):
            head.addWidget(widget)
        head.addStretch(1)
        self._actions = QWidget(self)
        rows = QVBoxLayout(self._actions)
        rows.setContentsMargins(theme.SPACE_4, theme.SPACE_3, theme.SPACE_4, theme.SPACE_3)
        rows.setSpacing(theme.SPACE_2)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE_2)
        for button in (self.go_on, self.rename, self.duplicate, self.open, self.delete):
            row.addWidget(button)
        row.addStretch(1)
        rows.addWidget(self.paint)
        rows.addLayout(row)
        rows.addWidget(self.follow)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(self.list, 1)
        whole.addWidget(self.empty, 1)
        whole.addWidget(line(Qt.Orientation.Horizontal, self))
        whole.addWidget(self._actions)
