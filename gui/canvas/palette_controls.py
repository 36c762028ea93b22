"""What stands around the palette: the order, the search by number, the scrolling."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QLineEdit, QScrollArea, QSizePolicy, QWidget

from engine.analysis.looks import Sort
from gui import theme
from gui.canvas.codebook_palette import CodebookPalette
from gui.canvas.palette_drawing import MARGIN
from gui.canvas.palette_layout import PITCH, WIDTH
from gui.state.book import Book
from gui.state.brush import BrushState

_FIND_WIDTH = 116
_LEAST_ROWS = 6
SORTS: tuple[tuple[Sort, str, str], ...] = (
    ("colour", "Sort by colour", "Greys, earth tones and pastels, then around the hue circle"),
    ("use", "Sort by use", "The code that most cells of the training pictures chose comes first"),
    ("index", "Sort by number", "As the codes stand in the codebook"),
    ("similarity", "Sort by similarity", "Codes with near vectors (|e_i - e_j| small) stand together"),
)


class SortBox(QComboBox):
    """Chooses the palette's order; by use only where the use is known."""

    def __init__(self, book: Book, palette: CodebookPalette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._palette = palette
        self.setAccessibleName("Order of the codes")
        self.setToolTip("In which order the codes stand")
        for sort, text, tip in SORTS:
            self.addItem(text, sort)
            self.setItemData(self.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.currentIndexChanged.connect(self._choose)
        palette.laid_out.connect(self._follow)
        book.changed.connect(self._offer)
        self._offer()

    def _follow(self) -> None:
        self.setCurrentIndex(self.findData(self._palette.sort))

    def _choose(self) -> None:
        self._palette.set_sort(self.currentData())

    def _offer(self) -> None:
        looks = self._book.looks
        self.setEnabled(looks is not None)
        by_use = next(place for place, (sort, _, _) in enumerate(SORTS) if sort == "use")
        known = looks is not None and looks.statistics is not None
        self.setItemData(by_use, None if known else 0, Qt.ItemDataRole.UserRole - 1)
        if not known and self.currentIndex() == by_use:
            self.setCurrentIndex(0)


class FindField(QLineEdit):
    """A number goes to the code, Return takes it in hand (with Shift as the second one), Escape leaves."""

    def __init__(
        self, book: Book, brush: BrushState, palette: CodebookPalette, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._book = book
        self._brush = brush
        self._palette = palette
        self.setPlaceholderText("Find number")
        self.setAccessibleName("Find a code by its number")
        self.setToolTip("Find a code by its number (Ctrl+F)\nReturn takes it in hand")
        self.setFixedWidth(_FIND_WIDTH)
        self.setMaxLength(5)
        self.fault = QLabel(self)
        self.fault.setProperty("role", "bad")
        self.fault.setFont(theme.font(theme.CAPTION_PX, tabular=True))
        self.fault.setGeometry(0, 0, _FIND_WIDTH - theme.SPACE_2, theme.CONTROL_HEIGHT)
        self.fault.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.fault.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.textChanged.connect(self._look)
        palette.digit_typed.connect(self._begin)

    @property
    def code(self) -> int | None:
        """The code that the text names, None while it names none."""
        looks, text = self._book.looks, self.text().strip()
        fits = looks is not None and text.isdecimal() and int(text) < len(looks)
        return int(text) if fits else None

    def _begin(self, digit: str) -> None:
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.setText(digit)

    def _look(self) -> None:
        looks, code = self._book.looks, self.code
        wrong = looks is not None and bool(self.text().strip()) and code is None
        self.fault.setText(f"0 to {len(looks) - 1}" if looks is not None and wrong else "")
        if code is not None:
            self._palette.go_to(code)
        else:
            self._brush.hovered_code = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pick(second=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Down):
            self._leave()
        else:
            super().keyPressEvent(event)

    def _pick(self, second: bool) -> None:
        code = self.code
        if code is None:
            self.selectAll()
            return
        if second:
            self._brush.secondary = code
        else:
            self._brush.primary = code
        self._leave()

    def _leave(self) -> None:
        self.clear()
        self._palette.setFocus(Qt.FocusReason.OtherFocusReason)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._brush.hovered_code = None


class PaletteScroll(QScrollArea):
    """Wants the palette's height and no more; scrolls where there is less."""

    def __init__(self, palette: CodebookPalette) -> None:
        super().__init__()
        self._palette = palette
        self.setWidget(palette)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setViewportMargins(theme.SPACE_3 - MARGIN, 0, 0, 0)
        palette.reveal.connect(self._show_place)
        palette.installEventFilter(self)

    def _show_place(self, place: QRect) -> None:
        centre = place.center()
        self.ensureVisible(centre.x(), centre.y(), 0, 3 * PITCH)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        return QSize(theme.SPACE_3 - MARGIN + self._palette.width(), self._palette.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(WIDTH, _LEAST_ROWS * PITCH)
