"""The codes of the level being painted: the two in hand, the recent ones, and all of them as swatches."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gui import theme
from gui.canvas.codebook_palette import CodebookPalette
from gui.canvas.codes_in_hand import InHand, RecentCodes
from gui.canvas.level_switch import LevelSwitch
from gui.canvas.palette_controls import FindField, PaletteScroll, SortBox
from gui.canvas.palette_layout import RIGHT_MARGIN
from gui.state.beneath import Beneath
from gui.state.book import Book
from gui.state.brush import BrushState
from gui.state.painting import PaintingState
from gui.state.shown_levels import ShownLevels


class CodesPanel(QWidget):
    """What is in hand above, all codes below."""

    def __init__(
        self,
        book: Book,
        brush: BrushState,
        painting: PaintingState,
        beneath: Beneath | None = None,
        shown: ShownLevels | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.levels = LevelSwitch(painting, beneath, shown)
        self.palette_view = CodebookPalette(book, brush, painting)
        self.find_field = FindField(book, brush, self.palette_view)
        self.sorts = SortBox(book, self.palette_view)
        self._scroll = PaletteScroll(self.palette_view)
        self.hand = InHand(book, brush)
        self.recent = RecentCodes(book, brush)
        self.hand.asked.connect(self.palette_view.go_to)
        self._arrange()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def focus_find(self) -> None:
        """Let a code's number be typed."""
        self.find_field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.find_field.selectAll()

    def _arrange(self) -> None:
        hands = QHBoxLayout()
        hands.addWidget(self.hand)
        hands.addStretch(1)
        hands.addWidget(self.recent)
        choices = QHBoxLayout()
        choices.setSpacing(theme.SPACE_2)
        choices.addWidget(self.sorts, 1)
        choices.addWidget(self.find_field)
        above = QVBoxLayout()
        above.setSpacing(theme.SPACE_3)
        above.setContentsMargins(theme.SPACE_3, 0, RIGHT_MARGIN, 0)
        above.addWidget(self.levels)
        above.addLayout(hands)
        above.addLayout(choices)
        rows = QVBoxLayout(self)
        rows.setSpacing(theme.SPACE_1)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addLayout(above)
        rows.addWidget(self._scroll)
