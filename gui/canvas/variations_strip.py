"""The variations of a resampled selection below the canvas: looked at, taken or dropped."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QIcon, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.canvas.code_canvas import CodeCanvas
from gui.canvas.resample_controls import ResampleControls
from gui.canvas.thumbnail import thumbnail
from gui.frame.spinner import Spinner
from gui.state.resampling import Resampling
from gui.workers.resample import PicturedVariation

PICTURE_PX = 68
_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Home: -(2**16),
    Qt.Key.Key_End: 2**16,
}


class VariationsStrip(QWidget):
    """There while `resampling` is open; arrows choose, Return takes, Escape drops."""

    def __init__(self, resampling: Resampling, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._resampling = resampling
        self._canvas: CodeCanvas | None = None
        self._pictured: tuple[PicturedVariation, ...] = ()
        self._thumbs: list[Thumb] = []
        self.setObjectName("variations")
        self.setAccessibleName("Variations")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(
            f"#variations {{ border: 2px solid transparent; border-top: 1px solid {theme.LINE}; }}"
            f"#variations:focus {{ border: 2px solid {theme.ACCENT}; }}"
        )
        self.controls = ResampleControls(resampling.options, self)
        self._spinner, self._progress = Spinner(self), QLabel(self)
        self._progress.setProperty("role", "secondary")
        self._progress.setFont(theme.font(tabular=True))
        self.accept = _button("Accept", "Paint the one on show: one undo step (Return)", "primary", self)
        self.again = _button("Again", "Other variations: those of the next seed", "", self)
        self.cancel = _button("Cancel", "The painting stays as it was (Escape)", "quiet", self)
        self._row = QWidget(self)
        self._scroll = QScrollArea(self)
        self._lay_out()
        self._connect()
        self.hide()

    @property
    def thumbs(self) -> tuple[Thumb, ...]:
        """The likeliest first."""
        return tuple(self._thumbs)

    def serve(self, canvas: CodeCanvas) -> None:
        """Take the keys that choose and accept from the canvas as well: the pointer gives it the keyboard."""
        self._canvas = canvas
        canvas.installEventFilter(self)
        self.controls.done.connect(canvas.setFocus)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        canvas = self._canvas
        is_key = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if watched is canvas and canvas is not None and is_key and not canvas.is_dragging:
            return self._act(event)  # type: ignore[arg-type]
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._act(event):
            super().keyPressEvent(event)

    def _act(self, event: QKeyEvent) -> bool:
        """Whether the key meant something here."""
        key, resampling = Qt.Key(event.key()), self._resampling
        if not resampling.is_open:
            return False
        if key in _STEPS:
            resampling.step(_STEPS[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                resampling.take()
        elif key == Qt.Key.Key_Escape:
            resampling.drop()
        else:
            return False
        return True

    def _lay_out(self) -> None:
        head, foot, whole = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        head.addWidget(self.controls)
        head.addStretch(1)
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE_2)
        for part in (self._spinner, self._progress):  # where the next one will be
            row.addWidget(part)
        row.addStretch(1)
        self._scroll.setWidget(self._row)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFixedHeight(PICTURE_PX + 44)
        buttons = QVBoxLayout()
        for button in (self.accept, self.again, self.cancel):
            buttons.addWidget(button)
        buttons.addStretch(1)
        foot.addWidget(self._scroll, 1)
        foot.addLayout(buttons)
        whole.addLayout(head)
        whole.addLayout(foot)
        whole.setContentsMargins(theme.SPACE_3, theme.SPACE_2, theme.SPACE_3, theme.SPACE_2)
        whole.setSpacing(theme.SPACE_2)

    def _connect(self) -> None:
        resampling = self._resampling
        self.accept.clicked.connect(resampling.take)
        self.again.clicked.connect(resampling.again)
        self.cancel.clicked.connect(resampling.drop)
        resampling.changed.connect(self._follow)
        resampling.labels_changed.connect(self._follow_labels)
        self._follow_labels()

    # Following the state

    def _follow_labels(self) -> None:
        self.controls.show_labels(self._resampling.labels)

    def _follow(self) -> None:
        resampling = self._resampling
        if resampling.variations != self._pictured:
            self._picture(resampling.variations)
        for thumb, variation in zip(self._thumbs, self._pictured, strict=True):
            thumb.setChecked(variation is resampling.chosen)
            if variation is resampling.chosen:
                self._scroll.ensureWidgetVisible(thumb)
        self.accept.setEnabled(resampling.chosen is not None)
        self._spinner.setVisible(resampling.is_busy)
        self._progress.setText(_progress(resampling))
        self.setVisible(resampling.is_open)

    def _picture(self, variations: tuple[PicturedVariation, ...]) -> None:
        row = self._row.layout()
        assert isinstance(row, QHBoxLayout)
        known = {thumb.variation: thumb for thumb in self._thumbs}
        thumbs = [known[one] if one in known else self._thumb(one) for one in variations]
        for gone in set(self._thumbs).difference(thumbs):
            row.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for place, thumb in enumerate(thumbs):
            row.insertWidget(place, thumb)
        self._thumbs, self._pictured = thumbs, variations

    def _thumb(self, variation: PicturedVariation) -> Thumb:
        thumb, resampling = Thumb(variation, self._row), self._resampling
        thumb.clicked.connect(lambda: resampling.choose(self._thumbs.index(thumb)))
        thumb.pointed.connect(lambda is_over: self._point(thumb, is_over))
        thumb.taken.connect(resampling.take)
        return thumb

    def _point(self, thumb: Thumb, is_over: bool) -> None:
        if thumb in self._thumbs:  # it may be on its way out
            self._resampling.point_at(self._thumbs.index(thumb) if is_over else None)


class Thumb(QToolButton):
    """One variation; it takes no keyboard, which is the strip's."""

    pointed = Signal(bool)
    taken = Signal()

    def __init__(self, variation: PicturedVariation, parent: QWidget) -> None:
        super().__init__(parent)
        self.variation = variation
        bits = f"{variation.bits:.0f} bits"
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setIcon(QIcon(thumbnail(variation.picture.pixels, PICTURE_PX)))
        self.setIconSize(QSize(PICTURE_PX, PICTURE_PX))
        self.setFont(theme.font(theme.CAPTION_PX, tabular=True))
        self.setText(bits)
        self.setAccessibleName(f"Variation {variation.number + 1}, {bits}")
        self.setToolTip(
            f"Variation {variation.number + 1}: {variation.bits:.1f} bits, fewer are likelier\n"
            "-log2 p of the new codes and of those after them, which stay\n"
            "Double-click to accept"
        )

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.pointed.emit(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        del event
        self.taken.emit()


def _button(text: str, tip: str, role: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setToolTip(tip)
    button.setProperty("role", role)
    return button


def _progress(resampling: Resampling) -> str:
    different, count = len(resampling.variations), resampling.count
    if resampling.is_busy:
        left = resampling.seconds_left
        rest = "" if left is None else f"\nabout {left:.0f} s left"
        return f"{resampling.drawn} of {count} drawn{rest}"
    if different == 1:
        return "all alike" if count > 1 else ""
    return "likeliest first" if different == count else f"{different} different ones,\nlikeliest first"
