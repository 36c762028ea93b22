"""The canvas: the decoded picture, and mouse, pen and keys turned into strokes on its codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QPointingDevice,
    QTabletEvent,
)
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QPlainTextEdit, QWidget

from engine.codes.box import Box, Mask
from gui import theme
from gui.canvas import overlays
from gui.canvas.hand import Hand
from gui.canvas.mipmap import Words, words_of
from gui.canvas.outline import Edges, border, shifted
from gui.canvas.overlays import Cells
from gui.canvas.picture import PictureStore
from gui.canvas.picture_view import PictureView
from gui.canvas.tools.tool import Button, Pointer
from gui.canvas.tools.toolbox import make_tools
from gui.canvas.view import View
from gui.state.brush import BrushState
from gui.state.dreaming import Dreaming
from gui.state.painting import PaintingState
from gui.state.selected_cells import SelectedCells
from gui.state.surprise import SurpriseState
from gui.workers.decode import Decoded

NOWHERE = Box(0, 0, 0, 0)
NO_EDGES: Edges = np.zeros((0, 4), np.int64)
LINE_PX = 3
"""Lines over the picture reach this far beyond their cells."""
LIT_AFTER_MS = 60
"""Passing over the palette must not make the canvas flicker."""
FAR = 8
"""Cells that Shift and an arrow key go."""
_ARROWS = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}
_BUTTONS: dict[Qt.MouseButton, Button] = {
    Qt.MouseButton.LeftButton: "left",
    Qt.MouseButton.RightButton: "right",
}


class CodeCanvas(PictureView):
    """Shows a `PaintingState` and paints on it with the tool in a `BrushState`."""

    preview_wanted = Signal(object)  # Stamp to be shown decoded under the pointer, or None
    suggestions_wanted = Signal(int, int)  # row and column of the cell under the pointer
    refused = Signal()  # a tool was pressed on a painting that cannot be changed

    def __init__(
        self,
        painting: PaintingState,
        brush: BrushState,
        cells: SelectedCells,
        picture: PictureStore,
        dreaming: Dreaming,
        parent: QWidget | None = None,
        surprise: SurpriseState | None = None,
    ) -> None:
        super().__init__(picture, parent)
        self._surprise = surprise
        self.layers: list[Callable[[QPainter, View], None]] = []  # over the picture, below what is said of it
        self._suggests = self._is_over = False
        self._painting = painting
        self._brush = brush
        self._cells = cells
        self._hand = Hand(painting, brush, make_tools(painting, brush, cells, dreaming), self)
        self._button: Button | None = None  # pressed, by mouse, pen or Return
        self._pressed_by_key = False
        self._ring = False  # the focus ring, for those who came by keyboard
        self._grid = self._numbers = False
        self._preview: tuple[Box, Words] | None = None
        self._ghost_box = self._selection_box = NOWHERE  # picture pixels they were drawn in
        self._ghost_edges = self._selection_edges = NO_EDGES
        self._ghost_mask: Mask = np.zeros((0, 0), np.bool_)
        self._ghost_border = NO_EDGES  # of that mask; a brush keeps its shape while it moves
        self._lit: int | None = None
        self._lit_soon = QTimer(self, singleShot=True, interval=LIT_AFTER_MS)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)  # the right button paints
        self.setAccessibleName("Canvas")
        self.setAccessibleDescription("Arrow keys move a cell, Return paints it, Escape takes a stroke back")
        self._connect()
        self.update_cursor()

    def _connect(self) -> None:
        self._lit_soon.timeout.connect(self._light)
        self._hand.ghost_changed.connect(self._ghost_moved)
        self._hand.band_changed.connect(self.update)
        self._hand.refused.connect(self.refused)
        self._brush.changed.connect(self._follow_brush)
        self._painting.selection_changed.connect(self._selection_moved)
        self._painting.codes_changed.connect(self._drop_preview)
        self._painting.document_changed.connect(self._drop_preview)
        for changed in (self._painting.read_only_changed, self._painting.locks_changed):
            changed.connect(self.update_cursor)
        self._painting.level_changed.connect(self.update)
        self._painting.level_changed.connect(self.update_cursor)
        if self._surprise is not None:
            self._surprise.changed.connect(self.update)

    # What is shown

    @property
    def is_dragging(self) -> bool:
        return self._hand.is_dragging

    @property
    def shows_grid(self) -> bool:
        return self._grid

    def show_grid(self, shown: bool) -> None:
        """Lines between the cells, where these are large enough."""
        self._grid = shown
        self.update()

    @property
    def shows_index(self) -> bool:
        return self._numbers

    def show_index(self, shown: bool) -> None:
        """The code's number in each cell, where these are large enough."""
        self._numbers = shown
        self.update()

    def show_preview(self, decoded: Decoded) -> None:
        """Show what `preview_wanted` asked for, until the pointer moves on."""
        if self._hand.stamp is None:
            return
        box = decoded.box.scaled(self._painting.painting.strides[0])
        self._preview = box, words_of(decoded.pixels)
        self.repaint_picture(box)

    @property
    def target_cell(self) -> tuple[int, int]:
        """Where pasted cells go: below the pointer, else the middle of what is in view (row, column)."""
        pointer = self._hand.pointer
        if pointer is not None:
            return pointer.cell
        seen, stride = self.visible, self._painting.stride_px
        return (seen.top + seen.bottom) // (2 * stride), (seen.left + seen.right) // (2 * stride)

    def draw_over(self, painter: QPainter, exposed: Box) -> None:
        stride, codes = self._painting.stride_px, self._painting.codes
        cells, part = Cells(self.view, stride), exposed.coarsened(stride).clipped(*codes.shape)
        for draw in self.layers:
            draw(painter, self.view)
        if self._preview is not None:
            overlays.draw_pixels(painter, Cells(self.view, 1), *self._preview)
        bits = self._surprise.bits if self._surprise is not None else None
        if self._surprise is not None and bits is not None and not part.is_empty:
            overlays.draw_surprise(painter, cells, part, bits, self._surprise.top)
        if self._lit is not None:
            seen = self.visible.coarsened(stride).clipped(*codes.shape)
            overlays.draw_lit(painter, cells, seen, codes, self._lit)
        if self._grid:
            overlays.draw_grid(painter, cells, part)
        if self._numbers:
            overlays.draw_numbers(painter, cells, part, codes, self.picture.mipmap.words)
        self._draw_outlines(painter, cells, exposed)
        if self._ring:
            painter.setPen(QPen(QColor(theme.ACCENT), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _draw_outlines(self, painter: QPainter, cells: Cells, exposed: Box) -> None:
        coarse_px = self._painting.painting.strides[0]
        coarse = exposed.coarsened(coarse_px)
        overlays.draw_selection(painter, Cells(self.view, coarse_px), coarse, self._selection_edges)
        if self._hand.band is not None:
            band = self._hand.band
            edges = shifted(border(np.ones((band.height, band.width), np.bool_)), band)
            overlays.draw_selection(painter, cells, exposed.coarsened(cells.stride_px), edges)
        if self._hand.ghost is not None:
            overlays.draw_ghost(painter, cells, self._ghost_edges)

    # Following the state

    def _ghost_moved(self) -> None:
        self._drop_preview()
        self.repaint_picture(self._ghost_box, LINE_PX)
        ghost = self._hand.ghost
        if ghost is not None:
            self._ghost_box = ghost.box.scaled(self._painting.stride_px)
            if not np.array_equal(ghost.mask, self._ghost_mask):
                self._ghost_mask, self._ghost_border = ghost.mask, border(ghost.mask)
            self._ghost_edges = shifted(self._ghost_border, ghost.box)
            self.repaint_picture(self._ghost_box, LINE_PX)
        self.preview_wanted.emit(self._hand.stamp)

    def _drop_preview(self) -> None:
        if self._preview is not None:
            box, _ = self._preview
            self._preview = None
            self.repaint_picture(box)

    def _selection_moved(self) -> None:
        selection, stride = self._painting.selection, self._painting.painting.strides[0]
        self.repaint_picture(self._selection_box, LINE_PX)
        box = selection.box
        if box is None:
            self._selection_edges, self._selection_box = NO_EDGES, NOWHERE
            return
        self._selection_edges = shifted(border(selection.mask[box.slices]), box)
        self._selection_box = box.scaled(stride)
        self.repaint_picture(self._selection_box, LINE_PX)

    def _follow_brush(self, name: str) -> None:
        if name == "hovered_code":
            self._lit_soon.start()
        elif name == "tool":
            if self._brush.tool != "move" and self._painting.floating is not None:
                self._painting.settle()
            self.update_cursor()

    def _light(self) -> None:
        """Light the cells of the code pointed at in the palette, if there are any."""
        code = self._brush.hovered_code
        lit = code if code is not None and bool((self._painting.codes == code).any()) else None
        if lit != self._lit:
            self._lit = lit
            self.update()

    def resting_cursor(self) -> Qt.CursorShape:
        tool = self._hand.tool
        if tool.paints and not self._painting.may_paint:
            return Qt.CursorShape.ForbiddenCursor
        return Qt.CursorShape.SizeAllCursor if self._brush.tool == "move" else Qt.CursorShape.CrossCursor

    # Mouse and pen

    def _pointer_at(self, at: QPointF, event: QMouseEvent | QTabletEvent, pressure: float = 1.0) -> Pointer:
        x, y = self.view.to_picture(at.x(), at.y())
        stride, held = self._painting.stride_px, event.modifiers()
        return Pointer(
            x / stride,
            y / stride,
            self._button or "left",
            bool(held & Qt.KeyboardModifier.ShiftModifier),
            bool(held & Qt.KeyboardModifier.AltModifier),
            pressure,
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._show_ring(False)
        button = _BUTTONS.get(event.button())
        if button is not None and self._button is None and not self.is_panning:
            self._button = button
            self._hand.press(self._pointer_at(event.position(), event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._is_over = True
        if not self.is_panning:
            self._hand.move(self._pointer_at(event.position(), event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if self._button is not None and _BUTTONS.get(event.button()) == self._button:
            self._button = None
            self._hand.release()

    def tabletEvent(self, event: QTabletEvent) -> None:
        is_eraser = event.pointerType() == QPointingDevice.PointerType.Eraser
        pointer = replace(self._pointer_at(event.position(), event, event.pressure()), eraser=is_eraser)
        if event.type() == QEvent.Type.TabletPress and self._button is None and not self.may_pan:
            self._button = "right" if event.button() == Qt.MouseButton.RightButton else "left"
            self._hand.press(replace(pointer, button=self._button))
        elif event.type() == QEvent.Type.TabletMove and not self.is_panning:
            self._hand.move(pointer)
        elif event.type() == QEvent.Type.TabletRelease and self._button is not None:
            self._button = None
            self._hand.release()
        else:
            event.ignore()  # Qt turns it into a mouse event: a pen pans as a mouse does
            return
        event.accept()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Keys such as space and Alt are for what is under the pointer, unless something is being typed."""
        super().enterEvent(event)
        if not isinstance(QApplication.focusWidget(), QLineEdit | QAbstractSpinBox | QPlainTextEdit):
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._is_over = False
        if not self.is_dragging:
            self._hand.leave()

    def hideEvent(self, event: QHideEvent) -> None:
        """A stroke under way ends where it is: its release will not be seen."""
        super().hideEvent(event)
        self._button = None
        self._hand.release()
        self._hand.leave()

    # Keys

    def offer_suggestions(self, offered: bool) -> None:
        """Whether Tab over a cell asks what could stand there."""
        self._suggests = offered

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab moves the focus, but over a cell that something can be suggested for."""
        cell = self._brush.hovered_cell
        if forward and self._suggests and self._is_over and cell is not None and not self.is_dragging:
            self.suggestions_wanted.emit(*cell)
            return True
        return super().focusNextPrevChild(forward)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _ARROWS:
            reach = FAR if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self._go(_ARROWS[key][0] * reach, _ARROWS[key][1] * reach)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self._press_by_key()
        elif key == Qt.Key.Key_Alt:
            self._hand.hold_alt(True)
        elif key != Qt.Key.Key_Escape or not self._take_back():
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Alt:
            self._hand.hold_alt(False)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._pressed_by_key:
            if not event.isAutoRepeat():
                self._button, self._pressed_by_key = None, False
                self._hand.release()
        else:
            super().keyReleaseEvent(event)

    def _take_back(self) -> bool:
        """Escape: the stroke being made, else the cells that float; False where there is neither."""
        if self._hand.cancel():
            self._button, self._pressed_by_key = None, False
            return True
        if self._painting.floating is None:
            return False
        self._painting.cancel()
        return True

    def _press_by_key(self) -> None:
        """Return sets down what floats; else it presses the tool on the cell the keys went to."""
        if self._painting.floating is not None:
            self._painting.settle()
        elif self._button is None:
            self._button, self._pressed_by_key = "left", True
            self._hand.press(self._hand.pointer or self._pointer_on(*self.target_cell))

    def _go(self, rows: int, columns: int) -> None:
        """Arrow keys move the selected cells with the move tool, the cell cursor with any other."""
        if self._brush.tool == "move" and not self.is_dragging:
            self._cells.move(rows, columns)
            return
        row, column = self.target_cell
        height, width = self._painting.shape
        row, column = min(max(row + rows, 0), height - 1), min(max(column + columns, 0), width - 1)
        self._hand.move(self._pointer_on(row, column))

    def _pointer_on(self, row: int, column: int) -> Pointer:
        # A little left of the middle, so that brushes of odd and even sizes are stamped on this cell.
        return Pointer(column + 0.25, row + 0.25)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._show_ring(event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show_ring(False)
        self._hand.hold_alt(False)
        self.release_keys()

    def _show_ring(self, shown: bool) -> None:
        if shown != self._ring:
            self._ring = shown
            self.update()
