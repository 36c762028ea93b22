"""New painting: how many cells across and down."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSpinBox, QWidget

from engine.codes.grid import MAX_CELLS
from gui import theme
from gui.dialogs.dialog import Dialog, note

_SIZES = ((16, 16), (32, 32), (64, 40), (64, 64), (128, 80))  # columns, rows


class NewPaintingDialog(Dialog):
    """Calls `create(rows, columns)`, both 1 to 1024."""

    def __init__(self, parent: QWidget, create: Callable[[int, int], object], stride_px: int) -> None:
        super().__init__(parent, "New painting", "Create")
        self._create = create
        self._stride_px = stride_px
        self.across = self._field("Cells across", 64)
        self.down = self._field("Cells down", 40)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.SPACE_3)
        grid.setVerticalSpacing(theme.SPACE_2)
        for row, (text, field) in enumerate((("Across", self.across), ("Down", self.down))):
            label = QLabel(text, self)
            label.setBuddy(field)
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
            grid.addWidget(note("cells", self), row, 2)
        grid.setColumnStretch(3, 1)
        self._size = note("", self)
        self.body.addLayout(self._presets())
        self.body.addLayout(grid)
        self.body.addWidget(self._size)
        self.primary.clicked.connect(self._accept)
        self._show_size()
        self.across.setFocus()
        self.across.selectAll()

    def _field(self, name: str, value: int) -> QSpinBox:
        field = QSpinBox(self)
        field.setRange(1, MAX_CELLS)
        field.setValue(value)
        field.setFixedWidth(96)
        field.setAccessibleName(name)
        field.valueChanged.connect(self._show_size)
        return field

    def _presets(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE_1)
        for columns, rows in _SIZES:
            button = QPushButton(f"{columns} x {rows}", self)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, size=(columns, rows): self._choose(*size))
            row.addWidget(button)
        row.addStretch()
        return row

    def _choose(self, columns: int, rows: int) -> None:
        self.across.setValue(columns)
        self.down.setValue(rows)

    def _show_size(self) -> None:
        width, height = (field.value() * self._stride_px for field in (self.across, self.down))
        self._size.setText(f"The picture will be {width} x {height} px; each cell is {self._stride_px} px")

    def _accept(self) -> None:
        rows, columns = self.down.value(), self.across.value()
        self.accept()
        self._create(rows, columns)
