"""What the run on show is, how far it is and how quick: figures that keep their places."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from engine.training.follow import Curves
from gui import theme
from gui.frame.spinner import Spinner
from gui.plots.style import number_words
from gui.train.words import ACTIVE, STATUS, duration_words, memory_words
from gui.workers.data_look import data_title

_PARTS = 1000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; None for what is not known yet."""

    name: str
    subject: str  # what is trained, in words
    data: str
    status: str
    step: int
    total: int | None
    images_per_s: float | None = None
    eta_s: float | None = None
    memory_mb: float | None = None
    device: str = ""
    loss: float | None = None
    bits: float | None = None  # per code, of a prior; its loss says the same in nats
    start_from: str = ""  # the model whose weights it began with

    @property
    def part(self) -> float:
        return self.step / self.total if self.total else 0.0


class ProgressLine(QWidget):
    """Name and status, the figures, and a thin bar below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.about = _Elided(self), _Elided(self)
        self.name.setFont(theme.font(theme.TITLE_PX, semibold=True))
        self.about.setProperty("role", "secondary")
        self.spinner, self.icon, self.word = Spinner(self), QLabel(self), QLabel(self)
        self.word.setFont(theme.font(semibold=True))
        self.steps = self._figure("Steps done")
        self.speed = self._figure("Speed")
        self.left = self._figure("Time left")
        self.loss = self._figure("Loss")
        self.place = self._figure("Device and memory")
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, _PARTS)
        self.bar.setAccessibleName("Progress")
        self._arrange()
        self.tell(None)

    @property
    def text(self) -> str:
        """All figures that are shown, from the left."""
        return "  ".join(label.text() for label in self._figures if label.text())

    def tell(self, progress: Progress | None) -> None:
        """Show how far a run is; None where none is on show."""
        self.setVisible(progress is not None)
        if progress is None:
            return
        self.name.show_whole(progress.name)
        start = f", from {progress.start_from}" if progress.start_from else ""
        self.about.show_whole(f"{progress.subject} on {data_title(progress.data)}{start}")
        self._show_status(progress.status)
        for label, text in zip(self._figures, _figures(progress), strict=True):
            label.setText(text)
            label.setVisible(bool(text))
        known = progress.total is not None or progress.status not in ("starting", "training")
        self.bar.setRange(0, _PARTS if known else 0)
        if known:
            self.bar.setValue(round(_PARTS * progress.part))

    def _show_status(self, status: str) -> None:
        words = STATUS[status]
        waits = words.icon == "loader-circle"
        self.spinner.setVisible(waits)
        self.icon.setVisible(not waits)
        if not waits:
            self.icon.setPixmap(theme.pixmap(words.icon, words.colour, 16))
        self.word.setText(words.word)
        self.word.setToolTip(words.tip)
        self.word.setStyleSheet(f"color: {words.colour};")
        self.word.setAccessibleName(f"Status: {words.word}")

    @property
    def _figures(self) -> tuple[QLabel, ...]:
        return self.steps, self.speed, self.left, self.loss, self.place

    def _figure(self, name: str) -> QLabel:
        label = QLabel(self)
        label.setProperty("role", "secondary")
        label.setFont(theme.font(12, tabular=True))
        label.setAccessibleName(name)
        label.setToolTip(name)
        return label

    def _arrange(self) -> None:
        head, figures = QHBoxLayout(), QHBoxLayout()
        head.setSpacing(theme.SPACE_2)
        head.addWidget(self.name)
        head.addWidget(self.about)
        head.addStretch(1)
        for widget in (self.spinner, self.icon, self.word):
            head.addWidget(widget)
        figures.setSpacing(theme.SPACE_4)
        for label in self._figures[:-1]:
            figures.addWidget(label)
        figures.addStretch(1)
        figures.addWidget(self.place)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.SPACE_3, theme.SPACE_2, theme.SPACE_3, theme.SPACE_2)
        rows.setSpacing(theme.SPACE_1)
        rows.addLayout(head)
        rows.addLayout(figures)
        rows.addWidget(self.bar)


class _Elided(QLabel):
    """Cut in the middle where there is no room; as wide as its whole text where there is."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)

    def show_whole(self, text: str) -> None:
        self._whole = text
        self.setToolTip(text)
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        width = QFontMetrics(self.font()).horizontalAdvance(self._whole) + 2
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(60, self.sizeHint().width()), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics = QFontMetrics(self.font())
        self.setText(metrics.elidedText(self._whole, Qt.TextElideMode.ElideMiddle, self.width()))


def _figures(progress: Progress) -> tuple[str, ...]:
    total = f" / {progress.total:,}" if progress.total else ""
    active = progress.status == "training"
    quick = progress.images_per_s if active else None
    left = progress.eta_s if active else None
    holds = progress.memory_mb if progress.status in ACTIVE else None
    memory = memory_words(holds) if holds else ""
    return (
        f"step {progress.step:,}{total}" if progress.step or total else "",
        f"{quick:,.0f} images/s" if quick else "",
        f"{duration_words(left)} left" if left else "",
        _learned(progress),
        ", ".join(part for part in (progress.device, memory) if part),
    )


def _learned(progress: Progress) -> str:
    if progress.bits is not None:
        return f"{progress.bits:.2f} bits per code"
    return f"loss {number_words(progress.loss)}" if progress.loss is not None else ""


def newest_figures(curves: Curves) -> tuple[float | None, float | None]:
    """The loss, and of priors the bits per code: None for what was not measured."""
    loss = float(curves["loss"][1][-1]) if "loss" in curves else None
    if loss is None or not any(name.startswith("bits_") for name in curves):
        return loss, None
    return loss, loss / math.log(2)
