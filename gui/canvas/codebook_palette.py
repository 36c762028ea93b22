"""Every code as a swatch, painted by one widget: look, point, pick, by mouse or by keys.

Pointing at a code lights its cells on the canvas; pointing at a cell lights its code here.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QCursor,
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QMoveEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from engine.analysis.looks import Group, Sort
from gui import theme
from gui.canvas.palette_drawing import MARGIN, SKELETON_HEIGHT, Marks, PaletteDrawing, draw_skeleton, lifted
from gui.canvas.palette_keys import PICKS, destination, is_for_palette
from gui.canvas.palette_layout import WIDTH, PaletteLayout, Slot
from gui.canvas.palette_words import fold_tip, spoken, swatch_tip
from gui.state.book import Book
from gui.state.brush import BrushState
from gui.state.painting import PaintingState


class CodebookPalette(QWidget):
    """Left click takes a code in hand, right click takes it as the second one.

    Arrows move, Return picks (with Shift as the second one), digits go to a code by its number.
    """

    reveal = Signal(QRect)  # a place of this widget that should be scrolled into view
    digit_typed = Signal(str)  # the beginning of a number
    laid_out = Signal()  # the swatches moved, and the height may have changed

    def __init__(
        self, book: Book, brush: BrushState, painting: PaintingState, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._book = book
        self._brush = brush
        self._painting = painting
        self._sort: Sort = "colour"
        self._unfolded = False
        self._peeking = False  # unfolded only for the code gone to
        self._groups: tuple[Group, ...] = ()
        self._layout = PaletteLayout((), False)
        self._drawing: PaletteDrawing | None = None
        self._lit: Slot | None = None
        self._pointer_leads = False  # what is lit follows the pointer, not the keys or the canvas
        self._current: Slot | None = None  # where the arrow keys are
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedWidth(WIDTH + 2 * MARGIN)
        book.changed.connect(self._arrange)
        brush.changed.connect(self._brush_changed)
        painting.codes_changed.connect(self._light_what_is_pointed_at)
        self._arrange()

    # What is shown

    @property
    def sort(self) -> Sort:
        return self._sort

    def set_sort(self, sort: Sort) -> None:
        if sort != self._sort:
            self._sort = sort
            self._arrange()

    @property
    def is_unfolded(self) -> bool:
        """Whether the near-white codes are shown one by one."""
        return self._unfolded or self._peeking

    def set_unfolded(self, unfolded: bool) -> None:
        if unfolded != self.is_unfolded:
            self._unfolded, self._peeking = unfolded, False
            self._lay_out()

    @property
    def shown_codes(self) -> tuple[int, ...]:
        """The codes in the order of their places, folded ones left out."""
        return tuple(slot.code for slot in self._layout.slots if slot.code is not None)

    @property
    def lit_code(self) -> int | None:
        return self._lit.code if self._lit is not None else None

    @property
    def current_code(self) -> int | None:
        return self._current.code if self._current is not None else None

    def rect_of(self, code: int) -> QRect:
        """Where the code's swatch stands in this widget: a folded one on the fold's row."""
        return _placed(self._layout.slot_of(code))

    @property
    def fold_rect(self) -> QRect:
        """The row that unfolds the near-white codes; empty where there is none."""
        return _placed(self._layout.fold)

    def go_to(self, code: int) -> None:
        """Bring `code` before the eye: scrolled to, lit, and the arrows' place.

        Near-whites unfold for one of them, and fold again for another code.
        """
        peeking = code in self._layout.whites
        if peeking != self._peeking:
            self._peeking = peeking
            self._lay_out()
        slot = self._layout.slot_of(code)
        if slot is not None:
            self._move_to(slot)

    # Laying out

    def _arrange(self) -> None:
        looks = self._book.looks
        self._groups = looks.groups(self._sort) if looks is not None else ()
        self._lay_out()

    def _lay_out(self) -> None:
        looks = self._book.looks
        self._layout = PaletteLayout(self._groups, self.is_unfolded)
        self._drawing = PaletteDrawing(looks, self._layout, self.is_unfolded) if looks is not None else None
        self._current = self._layout.again(self._current)
        self._light_what_is_pointed_at()
        height = self._layout.height if looks is not None else SKELETON_HEIGHT
        self.setFixedHeight(height + 2 * MARGIN)
        self.laid_out.emit()
        self.update()
        self._tell_screen_readers()

    # What stands out

    def _brush_changed(self, name: str) -> None:
        if name in ("primary", "secondary"):
            self.update()
            self._tell_screen_readers()
        elif name in ("hovered_code", "hovered_cell"):
            self._light_what_is_pointed_at()

    def _light_what_is_pointed_at(self) -> None:
        """Here the code under the pointer, else that of the canvas's cell under it."""
        code, from_canvas = self._brush.hovered_code, False
        if code is None:
            code = self._code_of(self._brush.hovered_cell)
            from_canvas = code is not None
        slot = self._layout.slot_of(code) if code is not None else None
        if slot == self._lit:
            return
        self._light(slot)
        if from_canvas and slot is not None:
            self.reveal.emit(_placed(slot))

    def _code_of(self, cell: tuple[int, int] | None) -> int | None:
        if cell is None:
            return None
        rows, columns = self._painting.shape
        inside = 0 <= cell[0] < rows and 0 <= cell[1] < columns
        return int(self._painting.codes[cell]) if inside else None

    def _light(self, slot: Slot | None) -> None:
        before, self._lit = self._lit, slot
        self._update_places(before, slot)

    def _update_places(self, *slots: Slot | None) -> None:
        for slot in slots:
            if slot is not None:
                self.update(lifted(_placed(slot)).adjusted(-3, -3, 3, 3))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.translate(MARGIN, MARGIN)
        if self._drawing is not None:
            region = event.rect().translated(-MARGIN, -MARGIN)
            self._drawing.draw(painter, region, self._marks(), self.devicePixelRatioF())
        elif self._book.is_loading:
            draw_skeleton(painter)
        else:
            self._draw_nothing(painter)
        painter.end()

    def _marks(self) -> Marks:
        focus = self._current if self.hasFocus() else None
        return Marks(self._brush.primary, self._brush.secondary, self._lit, focus)

    def _draw_nothing(self, painter: QPainter) -> None:
        painter.setPen(QColor(theme.SECONDARY))
        painter.setFont(theme.font())
        text = "The codes of a model appear here\nOpen a model to paint with them"
        painter.drawText(QRect(0, 0, WIDTH, SKELETON_HEIGHT // 2), Qt.AlignmentFlag.AlignCenter, text)

    # Mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer_leads = True
        self._point_at(self._slot_at(event.position().toPoint()))

    def leaveEvent(self, _event: QEvent) -> None:
        self._pointer_leads = False
        self._point_at(None)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._brush.hovered_code = None

    def moveEvent(self, event: QMoveEvent) -> None:
        """Scrolling brings another code under a pointer that rests."""
        super().moveEvent(event)
        if self._pointer_leads:
            self._point_at(self._slot_at(self.mapFromGlobal(QCursor.pos())))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        slot = self._slot_at(event.position().toPoint())
        if slot is None:
            return
        self._set_current(slot)
        if event.button() == Qt.MouseButton.LeftButton:
            self._activate(slot, second=False)
        elif event.button() == Qt.MouseButton.RightButton:
            self._activate(slot, second=True)

    def _slot_at(self, point: QPoint) -> Slot | None:
        return self._layout.at(point - QPoint(MARGIN, MARGIN))

    def _point_at(self, slot: Slot | None) -> None:
        self._brush.hovered_code = slot.code if slot is not None else None
        if slot is not None and slot.code is None:
            self._light(slot)
        elif slot is None:
            self._light_what_is_pointed_at()
        self.setCursor(Qt.CursorShape.PointingHandCursor if slot is not None else Qt.CursorShape.ArrowCursor)

    def _activate(self, slot: Slot, second: bool) -> None:
        if slot.code is None:
            self.set_unfolded(not self.is_unfolded)
        elif second:
            self._brush.secondary = slot.code
        else:
            self._brush.primary = slot.code

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        here = self._current or self._first_place()
        if here is None or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
        elif (there := destination(self._layout, here, key)) is not None:
            self._move_to(there)
        elif key in PICKS:
            self._activate(here, second=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif event.text().isdecimal():
            self.digit_typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    def _first_place(self) -> Slot | None:
        """Where the arrows begin: at the code in hand."""
        slots = self._layout.slots
        return self._layout.slot_of(self._brush.primary) or (slots[0] if slots else None)

    def _move_to(self, slot: Slot) -> None:
        self._pointer_leads = False
        self._set_current(slot)
        self._brush.hovered_code = slot.code
        self.reveal.emit(_placed(slot))

    def _set_current(self, slot: Slot | None) -> None:
        before, self._current = self._current, slot
        self._update_places(before, slot)
        self._tell_screen_readers()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        here = self._current or self._first_place()
        if by_key and here is not None:
            self._move_to(here)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._brush.hovered_code = None
        self._update_places(self._current)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if is_for_palette(event):  # else 0 and 1 would zoom the canvas while a number is typed here
                event.accept()
                return True
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_tool_tip(event)
            return True
        return super().event(event)

    # Words

    def _show_tool_tip(self, event: QHelpEvent) -> None:
        slot = self._slot_at(event.pos())
        text = self._tool_tip(slot) if slot is not None else ""
        if slot is not None and text:
            QToolTip.showText(event.globalPos(), text, self, _placed(slot))
        else:
            QToolTip.hideText()

    def _tool_tip(self, slot: Slot) -> str:
        if slot.code is None:
            return fold_tip(self.is_unfolded)
        looks = self._book.looks
        return swatch_tip(looks, slot.code) if looks is not None else ""

    def _tell_screen_readers(self) -> None:
        hands = self._brush.primary, self._brush.secondary
        self.setAccessibleName(spoken(self._book.looks, self.current_code, *hands))


def _placed(slot: Slot | None) -> QRect:
    return slot.rect.translated(MARGIN, MARGIN) if slot is not None else QRect()
