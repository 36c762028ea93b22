"""Shows a picture that can be zoomed and panned: wheel, middle button, space-drag, pinch, keys.

Only what changed is repainted, and drawing costs what is seen, whatever the picture's size.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from engine.codes.box import Box
from gui import theme
from gui.canvas.picture import PictureStore
from gui.canvas.view import View, fitted, stepped

NOTCH = 120
"""What Qt reports for one notch of a mouse wheel."""


class PictureView(QWidget):
    """A picture on the surround. It starts fitted and stays so until zoomed or panned."""

    zoom_changed = Signal(float)
    visible_changed = Signal(object)  # Box of picture pixels in view

    def __init__(self, picture: PictureStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = picture
        self._view = View()
        self._is_fitted = True
        self._pan_from: QPoint | None = None
        self._space = False
        self._notches = 0
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 120)
        picture.changed.connect(self.repaint_picture)
        picture.replaced.connect(self.fit)

    # What is in view

    @property
    def picture(self) -> PictureStore:
        return self._picture

    @property
    def view(self) -> View:
        return self._view

    @property
    def zoom(self) -> float:
        """Screen pixels per picture pixel."""
        return self._view.zoom

    @property
    def visible(self) -> Box:
        """The picture pixels in view."""
        return self._view.picture_box(Box(0, 0, *self._screen())).clipped(*self._picture.size)

    def fit(self) -> None:
        """Show the whole picture, and go on doing so when the window changes its size."""
        self._is_fitted = True
        self._show(fitted(self._picture.size, self._screen()))

    def actual_size(self) -> None:
        """One screen pixel per picture pixel, around what is in the middle now."""
        self._zoom_to(1.0)

    def zoom_in(self) -> None:
        self._zoom_to(stepped(self.zoom, 1))

    def zoom_out(self) -> None:
        self._zoom_to(stepped(self.zoom, -1))

    def zoom_at(self, zoom: float, x: float, y: float) -> None:
        """Change the zoom; what is at the screen position (x, y) stays there."""
        self._is_fitted = False
        self._show(self._view.zoomed(zoom, x, y))

    def pan(self, x: int, y: int) -> None:
        """Move the picture by screen pixels."""
        self._is_fitted = False
        self._show(self._view.panned(x, y))

    def repaint_picture(self, box: Box, margin: int = 1) -> None:
        """Repaint the picture pixels of `box` and `margin` screen pixels around them."""
        screen = self._view.screen_box(box, margin)
        self.update(QRect(screen.left, screen.top, screen.width, screen.height))

    def draw_over(self, painter: QPainter, exposed: Box) -> None:
        """Draw what lies over the picture; `exposed` are the picture pixels being repainted."""

    def _zoom_to(self, zoom: float) -> None:
        height, width = self._screen()
        self.zoom_at(zoom, width / 2, height / 2)

    def _show(self, view: View) -> None:
        view = view.kept_in_sight(self._picture.size, self._screen())
        zoomed = view.zoom != self._view.zoom
        self._view = view
        self.update()
        self.visible_changed.emit(self.visible)
        if zoomed:
            self.zoom_changed.emit(view.zoom)

    def _screen(self) -> tuple[int, int]:
        return self.height(), self.width()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = event.rect()
        exposed = self._view.picture_box(
            Box(area.top(), area.left(), area.bottom() + 1, area.right() + 1)
        ).clipped(*self._picture.size)
        if not self._covers(area):
            painter.fillRect(area, QColor(theme.SURROUND))
        if not exposed.is_empty:
            self._picture.mipmap.draw(painter, self._view, self.visible)
        self.draw_over(painter, exposed)
        painter.end()

    def _covers(self, area: QRect) -> bool:
        height, width = self._picture.size
        left, top = self._view.to_screen(0, 0)
        right, bottom = self._view.to_screen(width, height)
        return left <= area.left() and top <= area.top() and right > area.right() and bottom > area.bottom()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._is_fitted:
            self.fit()
            return
        before, after = event.oldSize(), event.size()
        shift = (after.width() - before.width()) // 2, (after.height() - before.height()) // 2
        self._show(self._view.panned(*shift))

    # Panning and zooming by hand

    @property
    def is_panning(self) -> bool:
        return self._pan_from is not None

    @property
    def may_pan(self) -> bool:
        """Whether space is held, so that a drag would pan."""
        return self._space

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and self._space):
            self._pan_from = event.position().toPoint()
            self.update_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is not None:
            here = event.position().toPoint()
            self.pan(here.x() - self._pan_from.x(), here.y() - self._pan_from.y())
            self._pan_from = here

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is not None and not event.buttons():
            self._pan_from = None
            self.update_cursor()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hold_space(True)
        elif event.key() != Qt.Key.Key_Space:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hold_space(False)
        elif event.key() != Qt.Key.Key_Space:
            super().keyReleaseEvent(event)

    def release_keys(self) -> None:
        """Forget the held space bar (its release went elsewhere)."""
        self._hold_space(False)

    def _hold_space(self, held: bool) -> None:
        self._space = held
        self.update_cursor()

    def update_cursor(self) -> None:
        """Show a hand while panning or about to, else the usual cursor."""
        if self.is_panning:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.setCursor(self.resting_cursor())

    def resting_cursor(self) -> Qt.CursorShape:
        return Qt.CursorShape.ArrowCursor

    def wheelEvent(self, event: QWheelEvent) -> None:
        at, pixels, turned = event.position(), event.pixelDelta(), event.angleDelta()
        touchpad = event.pointingDevice().type() == QInputDevice.DeviceType.TouchPad
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if touchpad and not control and not pixels.isNull():
            self.pan(pixels.x(), pixels.y())
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pan((turned.x() or turned.y()) // 2, 0)
        else:
            self._turn(turned.y(), at)
        event.accept()

    def _turn(self, delta: int, at: QPointF) -> None:
        """Zoom by whole notches; finer wheels add up to them."""
        if (delta > 0) != (self._notches > 0):
            self._notches = 0
        self._notches += delta
        steps = int(self._notches / NOTCH)
        if steps:
            self._notches -= steps * NOTCH
            self.zoom_at(stepped(self.zoom, steps), at.x(), at.y())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                at = event.position()
                self.zoom_at(self.zoom * (1 + event.value()), at.x(), at.y())
            return True
        return super().event(event)
