"""Export the picture: how large, and whether pixels stay square or are smoothed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from engine.codes.png import MAX_EXPORT_PX
from gui import theme
from gui.dialogs.dialog import Dialog, note
from gui.dialogs.preview import Preview

MAX_SCALE = 8


class ExportPngDialog(Dialog):
    """Calls `export(scale, smooth)` with a scale of 1 to 8."""

    def __init__(
        self, parent: QWidget, picture: NDArray[np.uint8], export: Callable[[int, bool], object]
    ) -> None:
        super().__init__(parent, "Export picture", "Export...")
        self._export = export
        self._height, self._width = picture.shape[:2]
        self.preview = Preview(self)
        self.preview.show_pixels(picture)
        self.preview.setAccessibleName("The picture")
        self.crisp = QRadioButton("Square pixels", self)
        self.smooth = QRadioButton("Smooth", self)
        self.crisp.setToolTip("Nearest neighbour: every pixel becomes a square")
        self.smooth.setToolTip("Bicubic interpolation between pixels")
        self.crisp.setChecked(True)
        self._scales = QButtonGroup(self)
        self._size = note("", self, "")
        columns = QHBoxLayout()
        columns.setSpacing(theme.SPACE_4)
        columns.addWidget(self.preview, 1)
        columns.addLayout(self._choices())
        self.body.addLayout(columns, 1)
        self.primary.clicked.connect(self._accept)
        self.resize(720, 440)
        self._show_size()

    @property
    def scale(self) -> int:
        return self._scales.checkedId()

    def set_scale(self, scale: int) -> None:
        self._scales.button(scale).setChecked(True)

    def _choices(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(theme.SPACE_2)
        column.addWidget(QLabel("Size", self))
        column.addLayout(self._scale_buttons())
        column.addWidget(self._size)
        column.addSpacing(theme.SPACE_3)
        column.addWidget(QLabel("Enlarged with", self))
        column.addWidget(self.crisp)
        column.addWidget(self.smooth)
        column.addStretch()
        column.addWidget(
            note(
                "The PNG carries the painting: open it here to paint on, as long as that takes 1 MB or less",
                self,
            )
        )
        return column

    def _scale_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        for scale in range(1, MAX_SCALE + 1):
            button = QPushButton(f"{scale}x", self)
            button.setProperty("role", "choice")
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setFixedWidth(36)
            button.setAccessibleName(f"{scale} times")
            if self._height * self._width * scale**2 > MAX_EXPORT_PX:
                button.setEnabled(False)
                button.setToolTip("Too large for a PNG: 16384 x 16384 px is the most")
            self._scales.addButton(button, scale)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self._scales.button(1).setChecked(True)
        self._scales.idToggled.connect(self._show_size)
        return row

    def _show_size(self) -> None:
        scale = self.scale
        self._size.setText(f"{self._width * scale} x {self._height * scale} px")
        for choice in (self.crisp, self.smooth):
            choice.setEnabled(scale > 1)

    def _accept(self) -> None:
        scale, smooth = self.scale, self.smooth.isChecked()
        self.accept()
        self._export(scale, smooth)
