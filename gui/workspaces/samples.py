"""The Samples workspace: what to draw on the left, the pictures as they are drawn beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.checkpoint import ModelCard
from gui import theme
from gui.frame.empty_state import EmptyState
from gui.frame.lines import line
from gui.samples.form import SamplesForm
from gui.samples.gallery_view import GalleryView
from gui.samples.words import counted
from gui.state.drawn import Group, Sample
from gui.state.samples import SamplesState
from gui.state.session import Session


class SampleCommands(Protocol):
    """What the rest of the window does with samples."""

    def paint(self, group: Group, sample: Sample) -> None: ...
    def more_like(self) -> None: ...
    def save_gif(self) -> None: ...
    def save_sheet(self) -> None: ...
    def save_codes(self) -> None: ...


class SamplesWorkspace(QWidget):
    """Shows a `SamplesState`."""

    def __init__(
        self,
        state: SamplesState,
        session: Session,
        commands: SampleCommands,
        train_prior: Callable[[ModelCard | None], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state, self._session, self._commands = state, session, commands
        self._train_prior = train_prior
        self.form = SamplesForm(state, self)
        self.gallery = GalleryView(state, self)
        self.progress = QProgressBar(self)
        self.words, self.time = QLabel(self), QLabel(self)
        self.paint = QPushButton("Open in Paint", self)
        self.more = QPushButton("More like this", self)
        self.gif = QPushButton("Save as GIF...", self)
        self.sheet = QPushButton("Save contact sheet...", self)
        self.codes = QPushButton("Save codes...", self)
        self._pages = QStackedWidget(self)
        self._arrange()
        self._connect()
        self._show_all()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        cards = [card for card in (self._state.card, self._session.card) if card is not None]
        # Read anew: a run's file is written again while it is trained, and may have gone.
        path = next((card.path for card in cards if card.path.exists()), None)
        if path is not None:
            self._state.choose_model(path)
        self.form.offer_models(self._session.at_hand())
        self.form.draw.setFocus(Qt.FocusReason.OtherFocusReason)

    # Showing

    def _show_all(self) -> None:
        state = self._state
        there = sum(len(group.samples) for group in state.groups)
        self._pages.setCurrentIndex(1 if there or state.is_running else 0)
        self.progress.setVisible(state.is_running)
        self.progress.setValue(round(1000 * state.share))
        loved = sum(sample.is_favourite for group in state.groups for sample in group.samples.values())
        words = [counted(there, "picture")] + ([counted(loved, "favourite")] if loved else [])
        self.words.setText(", ".join(words) if there else "")
        self.time.setText(self._time_words())
        chosen = self.gallery.chosen
        self.more.setEnabled(chosen is not None and chosen[1].is_whole)
        for button in (self.paint, self.gif):
            button.setEnabled(chosen is not None and chosen[1].is_whole and bool(chosen[1].codes))
        whole = [s for group in state.groups for s in group.samples.values() if s.is_whole]
        self.sheet.setEnabled(bool(whole) and not state.is_running)
        self.codes.setEnabled(any(sample.codes for sample in whole) and not state.is_running)

    def _time_words(self) -> str:
        left = self._state.seconds_left
        if not self._state.is_running or (not self._state.doing and left is None):
            return ""
        return self._state.doing or f"about {left:.0f} s left"

    def _follow_chosen(self) -> None:
        place = self.gallery.chosen_place
        if place is not None:
            self._area.ensureVisible(place.center().x(), place.center().y(), place.width(), place.height())

    def _open_chosen(self) -> None:
        chosen = self.gallery.chosen
        if chosen is not None and self.paint.isEnabled():
            self._commands.paint(*chosen)

    # Making

    def _connect(self) -> None:
        for changed in (
            self._state.gallery_changed,
            self._state.running_changed,
            self._state.chosen_changed,
        ):
            changed.connect(self._show_all)
        self._state.chosen_changed.connect(self._follow_chosen)
        self.form.model_chosen.connect(self._state.choose_model)
        self.form.prior_asked.connect(lambda: self._train_prior(self._state.card))
        self.gallery.opened.connect(self._open_chosen)
        self.paint.clicked.connect(self._open_chosen)
        self.more.clicked.connect(self._commands.more_like)
        self.gif.clicked.connect(self._commands.save_gif)
        self.sheet.clicked.connect(self._commands.save_sheet)
        self.codes.clicked.connect(self._commands.save_codes)

    def _arrange(self) -> None:
        area = self._area = QScrollArea(self)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(self.gallery)
        area.setProperty("surface", "surround")
        self.gallery.setProperty("surface", "surround")
        self.gallery.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._pages.addWidget(
            EmptyState(
                "dices",
                "Pictures that a model makes up",
                "Choose what to draw from on the left, then Sample. A prior draws codes that go together; "
                "the other sources show what it is for.",
                parent=self,
            )
        )
        self._pages.addWidget(area)
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(200)
        self.progress.setAccessibleName("Sampling")
        for label in (self.words, self.time):
            label.setProperty("role", "secondary")
            label.setFont(theme.font(tabular=True))
        self.paint.setToolTip("The chosen picture as a new painting (Return, or double-click)")
        self.more.setToolTip("New pictures that share most of the chosen one and differ in a part (M)")
        self.gif.setToolTip("The chosen picture being drawn, code after code")
        self.sheet.setToolTip("The pictures side by side, as a PNG; favourites only, where there are some")
        self.codes.setToolTip("The codes of the same pictures, as an .npz")
        right = QVBoxLayout()
        right.addWidget(self._pages, 1)
        right.addWidget(line(Qt.Orientation.Horizontal, self))
        right.addLayout(self._foot())
        whole = QHBoxLayout(self)
        whole.addWidget(self.form)
        whole.addWidget(line(Qt.Orientation.Vertical, self))
        whole.addLayout(right, 1)
        for layout in (right, whole):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)

    def _foot(self) -> QVBoxLayout:
        """How far it is; below it what is done with the chosen picture, and with all of them."""
        told, buttons, foot = QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        for part in (self.words, self.progress, self.time):
            told.addWidget(part)
        told.addStretch(1)
        for button in (self.more, self.paint, self.gif):
            buttons.addWidget(button)
        buttons.addStretch(1)
        for button in (self.sheet, self.codes):
            buttons.addWidget(button)
        for row in (told, buttons):
            row.setSpacing(theme.SPACE_2)
            foot.addLayout(row)
        foot.setContentsMargins(theme.SPACE_3, theme.SPACE_2, theme.SPACE_3, theme.SPACE_3)
        foot.setSpacing(theme.SPACE_2)
        return foot
