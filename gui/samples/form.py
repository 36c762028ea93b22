"""The left column: which model, what is drawn from, how; and the one filled button that draws."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.sampling.requests import BEST_OF, FALLOFF, GUIDANCE, MOST_CANDIDATES
from gui import theme
from gui.frame.card_choice import CardChoice
from gui.frame.label_choice import LabelChoice
from gui.frame.lines import line
from gui.frame.number_control import NumberControl
from gui.samples.words import SOURCES
from gui.state.samples import MOST, SamplesState

WIDTH = 320
_MOST_SEED = 2**31 - 1
_NUMBER_WIDTH = 88
# Name, range, what it begins with, step and tip.
NUMBERS = {
    "count": ("Pictures", (1, MOST), 16, 1, "How many are drawn"),
    "temperature": (
        "Temperature",
        (0, 9),
        1,
        0.05,
        "1 draws as the prior was trained, less keeps to what is likely, 0 takes the likeliest code",
    ),
    "falloff": (
        "Falloff",
        (0, 1),
        FALLOFF,
        0.05,
        "Each level of codes is drawn at so much of the temperature of the one before\n"
        "1 draws all at the same, less makes details calmer",
    ),
    "top_k": ("Top-k", (0, 65536), 0, 1, "Draws from the k likeliest codes; 0 from all"),
    "top_p": ("Top-p", (0.01, 1), 1, 0.05, "Draws from the likeliest codes that hold this share"),
    "guidance": (
        "Guidance",
        (0, 20),
        GUIDANCE,
        0.25,
        "Above 1 the label counts for more\nClassifier-free guidance",
    ),
    "candidates": (
        "Best of",
        (1, MOST_CANDIDATES),
        BEST_OF,
        1,
        "So many are begun for each picture; the one that is most surely of its label is kept",
    ),
    "seed": ("Seed", (0, _MOST_SEED), 0, 1, "The same seed draws the same pictures, whatever their number"),
}
_WHOLE = ("count", "top_k", "candidates", "seed")
_USED_BY = {
    "prior": ("count", "temperature", "falloff", "top_k", "top_p", "guidance", "candidates", "seed"),
    "unigram": ("count", "temperature", "top_k", "top_p", "seed"),
    "uniform": ("count", "seed"),
    "gaussian": ("count", "temperature", "seed"),
}


class SamplesForm(QWidget):
    """Follows a `SamplesState` and sets it."""

    model_chosen = Signal(object)  # Path
    prior_asked = Signal()  # to train one

    def __init__(self, state: SamplesState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._models: dict[str, Path] = {}
        self.setFixedWidth(WIDTH)
        self.model, self.label = QComboBox(self), LabelChoice(self)
        self.source = CardChoice("Source", side_by_side=False, parent=self)
        self.compare = QCheckBox("All sources side by side", self)
        self.numbers = {name: NumberControl(*facts, self) for name, facts in NUMBERS.items()}
        self.dice = QToolButton(self)
        self.no_prior = QWidget(self)
        self.draw, self.cancel = QPushButton("Sample", self), QPushButton("Cancel", self)
        self._arrange()
        self._connect()
        self._show_model()
        self._show_running()

    def offer_models(self, models: Mapping[str, Path]) -> None:
        """Names and files of the models there are; the one chosen stays, also where it is none of them."""
        self._models = dict(models)
        self._show_model()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Letters typed on a list go to its entries; as shortcuts they would act on the gallery."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            typed = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
            event.setAccepted(typed and event.text().isalnum())
            return event.isAccepted()
        return super().eventFilter(watched, event)

    # Showing

    def _show_model(self) -> None:
        card = self._state.card
        offered = list(self._models.items())
        if card is not None and card.path not in self._models.values():
            offered.append((card.name, card.path))
        self.model.clear()
        for name, path in offered:
            self.model.addItem(name, path)
        paths = [path for _, path in offered]
        self.model.setCurrentIndex(paths.index(card.path) if card is not None else -1)
        self.source.show_cards({source: SOURCES[source] for source in self._state.sources})
        self.source.choose(self._state.source)
        self.no_prior.setVisible(card is not None and bool(card.levels) and card.prior is None)
        self._show_running()
        for name in ("compares", *self.numbers):
            self._follow(name)

    def _show_labels(self) -> None:
        labels = self._state.labels
        self.label.show_labels(labels, self._state.label)
        self.label.setEnabled(bool(labels))
        used = {name for source in self._state.asked for name in _USED_BY[source]}
        for name, row in self.numbers.items():
            row.setVisible(name in used)
        for name in ("guidance", "candidates"):
            self.numbers[name].allow(self._state.tells_prior, "Choose a label first")
        self.numbers["falloff"].allow(self._state.draws_in_levels, "The codes of this model are of one level")
        several = len(self._state.sources) > 1
        self.compare.setVisible(several)
        self.source.setEnabled(not (several and self._state.compares))

    def _show_running(self) -> None:
        running = self._state.is_running
        shown, hidden = (self.cancel, self.draw) if running else (self.draw, self.cancel)
        self.draw.setEnabled(self._state.card is not None)
        had_focus = hidden.hasFocus()
        shown.show()
        if had_focus:  # or Qt would put it far away
            shown.setFocus(Qt.FocusReason.OtherFocusReason)
        hidden.hide()

    def _follow(self, name: str) -> None:
        state = self._state
        if name in self.numbers:
            self.numbers[name].show_number(getattr(state, name))
        elif name == "compares":
            with QSignalBlocker(self.compare):
                self.compare.setChecked(state.compares)
        elif name == "source":
            self.source.choose(state.source)
        self._show_labels()

    # Setting

    def _connect(self) -> None:
        state = self._state
        state.changed.connect(self._follow)
        state.model_changed.connect(self._show_model)
        state.running_changed.connect(self._show_running)
        self.model.activated.connect(lambda place: self.model_chosen.emit(self.model.itemData(place)))
        self.source.chosen.connect(lambda source: setattr(state, "source", source))
        self.label.chosen.connect(lambda label: setattr(state, "label", label))
        self.compare.toggled.connect(lambda on: setattr(state, "compares", on))
        for name, row in self.numbers.items():
            row.wanted.connect(partial(self._put, name))
        self.dice.clicked.connect(lambda: setattr(state, "seed", random.randrange(_MOST_SEED)))
        self.draw.clicked.connect(state.sample)
        self.cancel.clicked.connect(state.cancel)

    def _put(self, name: str, value: float) -> None:
        setattr(self._state, name, round(value) if name in _WHOLE else value)

    # Making

    def _arrange(self) -> None:
        content = QWidget(self)
        rows = QVBoxLayout(content)
        rows.setContentsMargins(theme.SPACE_3, theme.SPACE_3, theme.SPACE_3, theme.SPACE_3)
        rows.setSpacing(theme.SPACE_2)
        self.model.setToolTip("Whose pictures are drawn")
        self.label.setToolTip("What they should show")
        for choice in (self.model, self.label):
            choice.installEventFilter(self)
        for name, widget in (("Model", self.model), ("Source", self.source)):
            rows.addWidget(_title(name, widget, content))
            rows.addWidget(widget)
        rows.addWidget(self.compare)
        rows.addWidget(self.no_prior)
        rows.addSpacing(theme.SPACE_2)
        rows.addWidget(_title("Label", self.label, content))
        rows.addWidget(self.label)
        rows.addSpacing(theme.SPACE_2)
        for name, row in self.numbers.items():
            row.number.setFixedWidth(_NUMBER_WIDTH)
            if name != "seed":
                rows.addWidget(row)
        rows.addLayout(self._seed_row())
        rows.addStretch(1)
        self.compare.setToolTip("So that one sees what the prior is for")
        self._fill_no_prior()
        area = QScrollArea(self)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidgetResizable(True)
        area.setWidget(content)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(area, 1)
        whole.addWidget(line(Qt.Orientation.Horizontal, self))
        whole.addLayout(self._foot())

    def _seed_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE_1)
        self.dice.setIcon(theme.icon("dices"))
        self.dice.setFixedSize(theme.CONTROL_HEIGHT, theme.CONTROL_HEIGHT)
        self.dice.setToolTip("Another seed")
        self.dice.setAccessibleName("Another seed")
        row.addWidget(self.numbers["seed"], 1)
        row.addWidget(self.dice)
        return row

    def _fill_no_prior(self) -> None:
        rows = QVBoxLayout(self.no_prior)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.SPACE_1)
        words = QLabel("This model has no prior, which would make codes go together", self.no_prior)
        words.setProperty("role", "secondary")
        words.setWordWrap(True)
        button = QPushButton("Train a prior", self.no_prior)
        button.clicked.connect(self.prior_asked.emit)
        rows.addWidget(words)
        rows.addWidget(button)

    def _foot(self) -> QVBoxLayout:
        foot = QVBoxLayout()
        foot.setContentsMargins(theme.SPACE_3, theme.SPACE_3, theme.SPACE_3, theme.SPACE_3)
        self.draw.setProperty("role", "primary")
        self.draw.setToolTip("Draw pictures with these settings")
        self.cancel.setToolTip("Stop at once; what is there stays")
        foot.addWidget(self.draw)
        foot.addWidget(self.cancel)
        return foot


def _title(text: str, buddy: QWidget, parent: QWidget) -> QLabel:
    title = QLabel(text, parent)
    title.setProperty("role", "title")
    title.setBuddy(buddy)
    buddy.setAccessibleName(text)
    return title
