"""The line above the canvas: what can be set for the tool in the hand."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)

from gui import theme
from gui.actions import ActionTable
from gui.canvas.dream_control import DreamControl
from gui.canvas.pen_menu import PenMenu
from gui.state.brush import MAX_SIZE, BrushState, Shape
from gui.state.dreaming import Dreaming

HEIGHT = theme.CONTROL_HEIGHT + 2 * theme.SPACE_1
SIZED = ("brush", "erase", "line")
SHAPES = ("rectangle", "ellipse")
HINTS = {
    "fill": "Fills the cells of one code that touch",
    "pick": "Click takes up the primary code, right-click the secondary one",
    "move": "Drag or use the arrow keys; Return sets down, Escape puts back",
}


class ToolOptions(QWidget):
    """Shows the controls of one tool at a time, in the same places for all of them."""

    def __init__(
        self, brush: BrushState, dreaming: Dreaming, actions: ActionTable, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._brush, self._dreaming = brush, dreaming
        self.setFixedHeight(HEIGHT)
        self._size = SizeControl(brush, self)
        self._shape = ShapeControl(brush, self)
        self._filled = _check("Filled", "Paint the whole area, not its outline only", self)
        self._dream = DreamControl(brush, self)
        self._pen = PenMenu(brush, self)
        selecting = "select.all", "select.none", "select.invert", "edit.resample"
        self._selection = _buttons(actions, selecting, self)
        self._hint = QLabel(self)
        self._hint.setProperty("role", "secondary")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACE_3, 0, theme.SPACE_3, 0)
        row.setSpacing(theme.SPACE_4)
        painting = self._filled, self._size, self._shape, self._dream, self._pen
        for part in (*painting, self._selection, self._hint):
            row.addWidget(part)
        row.addStretch(1)
        self._filled.toggled.connect(lambda on: setattr(brush, "filled", on))
        brush.changed.connect(self._follow)
        dreaming.ability_changed.connect(self._show_controls)
        self._follow("tool")

    def _follow(self, name: str) -> None:
        if name in ("tool", "filled"):
            self._show_controls()

    def _show_controls(self) -> None:
        brush, tool = self._brush, self._brush.tool
        self._filled.setChecked(brush.filled)
        sized = tool in SIZED or (tool in SHAPES and not brush.filled)
        self._size.setVisible(sized)
        self._shape.setVisible(sized)
        self._filled.setVisible(tool in SHAPES)
        self._pen.setVisible(tool in ("brush", "erase"))
        dreams = tool == "brush" and self._dreaming.is_able
        self._dream.setVisible(dreams)
        self._pen.offer_dream(dreams)
        self._selection.setVisible(tool == "select")
        self._hint.setText(HINTS.get(tool, ""))
        self._hint.setVisible(tool in HINTS)


class SizeControl(QWidget):
    """The brush's size in cells: dragged, typed, wheeled; a double click on its name sets it to 1."""

    def __init__(self, brush: BrushState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._brush = brush
        self._label = QLabel("Size", self)
        self._label.setProperty("role", "secondary")
        self._label.setToolTip("Brush size in cells ([ and ])\nDouble-click for 1")
        self._label.installEventFilter(self)
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setFixedWidth(120)
        self._number = QSpinBox(self)
        self._number.setFixedWidth(60)
        self._number.setFont(theme.font(tabular=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE_2)
        for control in (self._slider, self._number):
            control.setRange(1, MAX_SIZE)
            control.setAccessibleName("Brush size in cells")
            control.setToolTip("Brush size in cells ([ and ])")
            control.valueChanged.connect(self._set_size)
        for part in (self._label, self._slider, self._number):
            row.addWidget(part)
        brush.changed.connect(self._follow)
        self._follow("size")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._label and event.type() == QEvent.Type.MouseButtonDblClick:
            self._brush.size = 1
        return super().eventFilter(watched, event)

    def _set_size(self, size: int) -> None:
        self._brush.size = size

    def _follow(self, name: str) -> None:
        if name == "size":
            self._slider.setValue(self._brush.size)
            self._number.setValue(self._brush.size)


class ShapeControl(QWidget):
    """Round or square: two buttons of which one is checked."""

    def __init__(self, brush: BrushState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._brush = brush
        group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._buttons = {
            "round": self._button("round", "circle", "Round brush"),
            "square": self._button("square", "square", "Square brush"),
        }
        for button in self._buttons.values():
            group.addButton(button)
            row.addWidget(button)
        brush.changed.connect(self._follow)
        self._follow("shape")

    def _button(self, shape: Shape, icon: str, text: str) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(theme.icon(icon))
        button.setCheckable(True)
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.setFixedSize(theme.CONTROL_HEIGHT, theme.CONTROL_HEIGHT)
        button.clicked.connect(lambda _checked=False: setattr(self._brush, "shape", shape))
        return button

    def _follow(self, name: str) -> None:
        if name == "shape":
            self._buttons[self._brush.shape].setChecked(True)


def _check(text: str, tip: str, parent: QWidget) -> QCheckBox:
    box = QCheckBox(text, parent)
    box.setToolTip(tip)
    return box


def _buttons(actions: ActionTable, names: tuple[str, ...], parent: QWidget) -> QWidget:
    """Quiet buttons in a row that do what these actions do."""
    group = QWidget(parent)
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.SPACE_1)
    for name in names:
        row.addWidget(_text_button(actions[name], group))
    return group


def _text_button(action: QAction, parent: QWidget) -> QPushButton:
    button = QPushButton(action.text(), parent)
    button.setProperty("role", "quiet")
    button.setToolTip(action.toolTip())
    button.clicked.connect(lambda _checked=False: action.trigger())
    return button
