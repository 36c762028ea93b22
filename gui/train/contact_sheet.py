"""A data set at a glance: some of its pictures, how many of each label, how they are split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme
from gui.images import to_image

COLUMNS = 8
_GAP = theme.SPACE_1
_ROW = 18
_NAME_PART = 0.42
_BAR_HEIGHT = 6
SPLIT_COLOURS = {"train": theme.SERIES[0], "valid": theme.SERIES[1], "test": theme.SERIES[4]}
SPLIT_WORDS = {"train": "to train", "valid": "validation", "test": "test"}


class ContactSheet(QWidget):
    """Pictures in rows of eight; resting on one says its name and label."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: tuple[QImage, ...] = ()
        self._captions: tuple[str, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Contact sheet")

    def show_pictures(self, pictures: NDArray[np.uint8], captions: Sequence[str]) -> None:
        """`pictures` (n, H, W, C), a caption each."""
        self._images = tuple(to_image(picture) for picture in pictures)
        self._captions = tuple(captions)
        self.setAccessibleDescription(f"{len(self._images)} pictures")
        self.updateGeometry()
        self.update()

    def caption_at(self, at: QPoint) -> str:
        """Empty between pictures."""
        return next((self._captions[i] for i in range(len(self._images)) if self.place(i).contains(at)), "")

    def place(self, index: int) -> QRect:
        """Where a picture is."""
        row, column = divmod(index, COLUMNS)
        side = self._side(self.width())
        return QRect(column * (side + _GAP), row * (side + _GAP), side, side)

    def _side(self, width: int) -> int:
        return max(1, (width - (COLUMNS - 1) * _GAP) // COLUMNS)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-len(self._images) // COLUMNS)
        return max(0, rows * (self._side(width) + _GAP) - _GAP)

    def sizeHint(self) -> QSize:
        return QSize(288, self.heightForWidth(288))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.caption_at(event.pos()), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for index, image in enumerate(self._images):
            painter.drawImage(self.place(index), image)
        painter.end()


class LabelBars(QWidget):
    """A bar per label, as long as it has pictures; only the first few until more are asked for."""

    FEW = 5

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: tuple[tuple[str, int], ...] = ()
        self.shows_all = False
        self.setFont(theme.font(12, tabular=True))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Pictures per label")

    def show_labels(self, labels: Sequence[tuple[str, int]], shows_all: bool = False) -> None:
        """Labels with their counts."""
        self._labels, self.shows_all = tuple(labels), shows_all
        self.setAccessibleDescription(", ".join(f"{name} {count}" for name, count in labels))
        self.setFixedHeight(self.rows * _ROW)
        self.update()

    def _names_width(self) -> int:
        metrics = QFontMetrics(self.font())
        widest = max((metrics.horizontalAdvance(name) for name, _ in self._labels), default=0)
        return min(round(self.width() * _NAME_PART), widest + theme.SPACE_3)

    @property
    def rows(self) -> int:
        return len(self._labels) if self.shows_all else min(self.FEW, len(self._labels))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max((count for _, count in self._labels), default=1) or 1
        figures = QFontMetrics(self.font()).horizontalAdvance(f"{most:,}")
        for row, (name, count) in enumerate(self._labels[: self.rows]):
            self._draw_row(painter, row * _ROW, name, count, count / most, figures)
        painter.end()

    def _draw_row(
        self, painter: QPainter, top: int, name: str, count: int, part: float, figures: int
    ) -> None:
        names = self._names_width()
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(self.font())
        painter.setPen(QColor(theme.SECONDARY))
        words = QFontMetrics(self.font()).elidedText(name, Qt.TextElideMode.ElideRight, names - theme.SPACE_2)
        painter.drawText(QRect(0, top, names, _ROW), middle, words)
        room = self.width() - names - figures - theme.SPACE_2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.SERIES[0]))
        bar = QRectF(names, top + (_ROW - _BAR_HEIGHT) / 2, max(2.0, room * part), _BAR_HEIGHT)
        painter.drawRoundedRect(bar, 2, 2)
        painter.setPen(QColor(theme.TEXT))
        place = QRect(self.width() - figures, top, figures, _ROW)
        painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, f"{count:,}")


class SplitBar(QWidget):
    """How many pictures are for training, for choosing the best model, and for measuring it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._splits: Mapping[str, int] = {}
        self.setFixedHeight(_BAR_HEIGHT + theme.SPACE_1 + 16)
        self.setFont(theme.font(theme.CAPTION_PX, tabular=True))
        self.setAccessibleName("Splits")
        self.setToolTip("What is trained on; what chooses the best model; what is only measured at the end")

    def show_splits(self, splits: Mapping[str, int]) -> None:
        """Pictures by the name of the split."""
        self._splits = dict(splits)
        self.setAccessibleDescription(", ".join(self.words))
        self.update()

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(f"{count:,} {SPLIT_WORDS[split]}" for split, count in self._splits.items())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, total = 0.0, sum(self._splits.values()) or 1
        text = 0
        for (split, count), words in zip(self._splits.items(), self.words, strict=True):
            width = self.width() * count / total
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(SPLIT_COLOURS[split]))
            painter.drawRect(QRectF(left, 0, max(0.0, width - 1), _BAR_HEIGHT))
            left += width
            painter.drawEllipse(QRectF(text, _BAR_HEIGHT + 9, 6, 6))
            painter.setPen(QColor(theme.SECONDARY))
            painter.setFont(self.font())
            room = QRect(text + 10, _BAR_HEIGHT + theme.SPACE_1, self.width(), 16)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
            text += 10 + QFontMetrics(self.font()).horizontalAdvance(words) + theme.SPACE_2
        painter.end()
