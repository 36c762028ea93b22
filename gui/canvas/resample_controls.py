"""The options of resampling in one row: how many, how bold, of which label and how true to it, the seed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gui import theme
from gui.frame.label_choice import LabelChoice
from gui.frame.number_control import NumberControl
from gui.state.resample_options import (
    LEAST_TOP_P,
    MOST_GUIDANCE,
    MOST_SEED,
    MOST_TEMPERATURE,
    MOST_VARIATIONS,
    ResampleOptions,
)


class ResampleControls(QWidget):
    """Bound to `ResampleOptions`, which holds the values."""

    done = Signal()  # Return was pressed in a field

    def __init__(self, options: ResampleOptions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options = options
        self.count = NumberControl("Count", (1, MOST_VARIATIONS), 4, 1, "How many to choose from", self)
        self.temperature = NumberControl(
            "Temperature",
            (0, MOST_TEMPERATURE),
            1,
            0.05,
            "1 draws as the prior was trained, less keeps to what is likely, 0 takes the likeliest code",
            self,
        )
        self.top_p = NumberControl(
            "Top-p", (LEAST_TOP_P, 1), 1, 0.05, "Draws from the likeliest codes that hold this share", self
        )
        self.guidance = NumberControl(
            "Guidance",
            (0, MOST_GUIDANCE),
            1,
            0.25,
            "1 heeds the label as the prior was trained, more sharpens what it says, 0 forgets it\n"
            "Classifier-free guidance",
            self,
        )
        self.seed = NumberControl("Seed", (0, MOST_SEED), 0, 1, "The same seed draws the same codes", self)
        self.label = LabelChoice(self)
        self.label.setMaximumWidth(140)  # the names of some sets are long
        self.label.setToolTip("What the new codes should be a picture of, as far as the prior has learnt it")
        self._label_name = QLabel("Label", self)
        self._label_name.setProperty("role", "secondary")
        self._lay_out()
        self._connect()
        for name in ("count", "temperature", "top_p", "label", "guidance", "seed"):
            self._follow(name)

    def show_labels(self, labels: tuple[str, ...]) -> None:
        """Those of the prior in use; without any there is nothing to choose."""
        self.label.show_labels(labels, self._options.label)
        for part in (self.label, self._label_name, self.guidance):
            part.setVisible(bool(labels))
        self._allow_guidance()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return ends typing here; to what lies around it would mean to accept."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.done.emit()
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE_2)
        named = QHBoxLayout()
        named.setSpacing(theme.SPACE_1)
        named.addWidget(self._label_name)
        named.addWidget(self.label)
        widths = (48, 58, 58, 58, 64)  # all fit into a window of 1280 px
        numbers = self.count, self.temperature, self.top_p, self.guidance, self.seed
        for control, width in zip(numbers, widths, strict=True):
            control.number.setFixedWidth(width)
        for control in (self.count, self.temperature, self.top_p):
            row.addWidget(control)
        row.addLayout(named)
        for control in (self.guidance, self.seed):
            row.addWidget(control)

    def _connect(self) -> None:
        options = self._options
        self.count.wanted.connect(lambda value: setattr(options, "count", value))
        self.temperature.wanted.connect(lambda value: setattr(options, "temperature", value))
        self.top_p.wanted.connect(lambda value: setattr(options, "top_p", value))
        self.guidance.wanted.connect(lambda value: setattr(options, "guidance", value))
        self.seed.wanted.connect(lambda value: setattr(options, "seed", value))
        self.label.chosen.connect(lambda label: setattr(options, "label", label))
        options.changed.connect(self._follow)

    def _follow(self, name: str) -> None:
        if name == "label":
            self.label.choose(self._options.label)
            self._allow_guidance()
        else:
            control: NumberControl = getattr(self, name)
            control.show_number(getattr(self._options, name))

    def _allow_guidance(self) -> None:
        """It is guidance towards a label."""
        self.guidance.allow(bool(self.label.currentData()), "Choose a label first")
