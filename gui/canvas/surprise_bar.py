"""The line above the canvas while surprise is shown: for which label, in how many bits, what is above."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QPushButton, QSlider, QWidget

from gui import theme
from gui.canvas.overlays import magma_words
from gui.canvas.tool_options import HEIGHT
from gui.frame.label_choice import LabelChoice
from gui.state.surprise import SurpriseState

_STEPS = 10  # of the slider, per bit


class SurpriseBar(QWidget):
    """Shown while surprise is; the number, the slider and the count follow the state. `heal` is another's."""

    def __init__(self, surprise: SurpriseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._surprise = surprise
        self.setFixedHeight(HEIGHT)
        self._title = _label("Surprise", self)
        self._title.setToolTip("How unexpected each code is to the prior: -log2 p, in bits")
        self.label = LabelChoice(self)
        self.label.setMaximumWidth(150)  # the names of some sets are long
        self.label.setToolTip(
            "What the prior takes the picture for\nAlso for suggestions, variations, dreams"
        )
        self._labels: tuple[str, ...] = ()
        self._scale = Scale(surprise, self)
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setFixedWidth(72)
        self._number = QDoubleSpinBox(self, decimals=1, singleStep=0.5, suffix=" bits")
        self._number.setFixedWidth(88)
        self._number.setFont(theme.font(tabular=True))
        for control in (self._slider, self._number):
            control.setAccessibleName("Surprising from this many bits")
            control.setToolTip("Surprising from this many bits")
        self._count = _label("", self)
        self._count.setFont(theme.font(tabular=True))
        self.select = QPushButton("Select", self)
        self.select.setToolTip("Select the cells above the threshold (Ctrl+Shift+U)")
        self.heal = QPushButton("Heal", self)
        self.heal.setToolTip("New codes for the cells above the threshold (Shift+U)")
        self._lay_out()
        self._slider.valueChanged.connect(lambda steps: surprise.set_threshold(steps / _STEPS))
        self._number.valueChanged.connect(surprise.set_threshold)
        self.select.clicked.connect(surprise.select)
        self.label.chosen.connect(lambda label: setattr(surprise.asked, "label", label))
        surprise.asked.changed.connect(lambda _: self.label.choose(surprise.asked.label))
        for signal in (surprise.changed, surprise.threshold_changed, surprise.shown_changed):
            signal.connect(self._follow)
        self._follow()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACE_3, 0, theme.SPACE_3, 0)
        row.setSpacing(theme.SPACE_2)
        above = _label("Above", self)
        for part in (
            self._title,
            self.label,
            self._scale,
            above,
            self._slider,
            self._number,
            self.select,
            self.heal,
            self._count,
        ):
            row.addWidget(part)
        row.addStretch(1)

    def _follow(self) -> None:
        surprise = self._surprise
        self.setVisible(surprise.shown)
        if surprise.labels != self._labels:
            self._labels = surprise.labels
            self.label.show_labels(self._labels, surprise.asked.label)
        self.label.setVisible(bool(self._labels))
        threshold = surprise.threshold
        self._slider.blockSignals(True)  # its steps are coarser than the number's
        self._slider.setRange(0, surprise.top * _STEPS)
        self._slider.setValue(round(threshold * _STEPS))
        self._slider.blockSignals(False)
        self._number.setRange(0.0, 99.9)
        self._number.setValue(threshold)
        count = int(np.count_nonzero(surprise.surprising))
        self._count.setText(f"{count} cell" if count == 1 else f"{count} cells")
        self.select.setEnabled(count > 0)
        self.heal.setEnabled(count > 0)
        self._scale.update()


class Scale(QWidget):
    """The colours of the overlay from 0 to its top in bits."""

    def __init__(self, surprise: SurpriseState, parent: QWidget) -> None:
        super().__init__(parent)
        self._surprise = surprise
        self.setFixedSize(140, HEIGHT)
        self.setAccessibleName("Scale of surprise in bits")

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        words = magma_words(np.linspace(0.0, 1.0, 128)[None], opacity=255)
        image = QImage(words.data, 128, 1, 512, QImage.Format.Format_ARGB32)
        painter.setFont(theme.font(theme.CAPTION_PX, tabular=True))
        painter.setPen(QColor(theme.SECONDARY))
        middle, ends = Qt.AlignmentFlag.AlignVCenter, QRectF(self.rect())
        painter.drawText(ends, Qt.AlignmentFlag.AlignLeft | middle, "0")
        painter.drawText(ends, Qt.AlignmentFlag.AlignRight | middle, f"{self._surprise.top}+ bits")
        painter.drawImage(QRectF(14, (self.height() - 10) / 2, self.width() - 14 - 54, 10), image)


def _label(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("role", "secondary")
    return label
