"""The code in hand: its three pictures and its facts in one strip."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.analysis.looks import CodeFacts
from gui import theme
from gui.canvas.code_pictures import CodePictures
from gui.canvas.code_words import norm_words, share_words
from gui.state.book import Book
from gui.state.brush import BrushState

PICTURE_PX = 48


class CodePanel(QWidget):
    """Follows the primary code."""

    def __init__(self, book: Book, brush: BrushState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._brush = brush
        self._pictures = CodePictures(PICTURE_PX, captions=False, parent=self)
        self._lines = [QLabel(self) for _ in range(3)]
        self._arrange()
        brush.changed.connect(self._brush_changed)
        book.changed.connect(self._show)
        self._show()

    def _arrange(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        for label, role in zip(self._lines, ("", "caption", "caption"), strict=True):
            label.setProperty("role", role)
            label.setFont(theme.font(tabular=True))
            words.addWidget(label)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACE_3, 0, theme.SPACE_3, theme.SPACE_2)
        row.setSpacing(theme.SPACE_3)
        row.addWidget(self._pictures)
        row.addLayout(words, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _brush_changed(self, name: str) -> None:
        if name == "primary":
            self._show()

    def _show(self) -> None:
        looks, code = self._book.looks, self._brush.primary
        known = looks is not None and code < len(looks)
        self._pictures.setVisible(known)
        if looks is None or not known:
            texts = ("No code yet", "", "")
        else:
            self._pictures.show_code(looks, code)
            texts = _texts(looks.facts(code))
        for label, text in zip(self._lines, texts, strict=True):
            label.setText(text)
            label.setVisible(bool(text))


def _texts(facts: CodeFacts) -> tuple[str, str, str]:
    if facts.share is None:
        return f"Code {facts.code}", "", norm_words(facts)
    use = f"{share_words(facts.share)} of cells, rank {facts.rank}" if facts.cells else ""
    return f"{facts.code}  {facts.kind}", use, norm_words(facts)
