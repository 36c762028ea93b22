"""The column beside the canvas: sections that fold under their titles, parted by lines."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from gui import theme
from gui.canvas.palette_layout import RIGHT_MARGIN, WIDTH
from gui.frame.lines import line

TITLE_HEIGHT = 32
COLUMN_WIDTH = theme.SPACE_3 + WIDTH + RIGHT_MARGIN
_CHEVRON = 16


class Column(QWidget):
    """Sections from the top down, each as high as it wants to be where the window is high enough.

    Where it is not, the one that grows folds, until someone folds or unfolds it by hand.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(COLUMN_WIDTH)
        self.sections: dict[str, Section] = {}
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)
        self._rows.addStretch(0)

    def add(self, title: str, content: QWidget, unfolded: bool = True, grows: bool = False) -> Section:
        """Put `content` under `title`, below what is there; one that grows takes the height that is left."""
        section = Section(title, content, grows)
        section.set_unfolded(unfolded)
        end = self._rows.count() - 1  # the stretch
        if self.sections:
            self._rows.insertWidget(end, line(Qt.Orientation.Horizontal, self))
            end += 1
        self._rows.insertWidget(end, section, 1 if grows else 0)
        self.sections[title] = section
        return section

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._give_way()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._give_way()
        return super().event(event)

    def _give_way(self) -> None:
        wanted = sum(section.wanted_height for section in self.sections.values()) + len(self.sections) - 1
        for section in self.sections.values():
            if section.grows and not section.set_by_hand:
                section.set_unfolded(wanted <= self.height())


class Section(QWidget):
    """A title that folds and unfolds what is below it."""

    def __init__(self, title: str, content: QWidget, grows: bool) -> None:
        super().__init__()
        self.title = SectionTitle(title)
        self.content = content
        self.grows = grows
        self.set_by_hand = False
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.title)
        rows.addWidget(content, 1)
        rows.addStretch(0)  # keeps the title at the top while the content is folded
        self.title.toggled.connect(content.setVisible)
        self.title.clicked.connect(self._note_hand)
        vertical = QSizePolicy.Policy.Expanding if grows else QSizePolicy.Policy.Maximum
        self.setSizePolicy(QSizePolicy.Policy.Preferred, vertical)

    @property
    def is_unfolded(self) -> bool:
        return self.title.isChecked()

    def set_unfolded(self, unfolded: bool) -> None:
        self.title.setChecked(unfolded)

    @property
    def wanted_height(self) -> int:
        """In px: as it is folded now, but one that folds by itself as if it were not."""
        folded = not self.is_unfolded and (self.set_by_hand or not self.grows)
        content = self.content.sizeHint().expandedTo(self.content.minimumSize())
        return TITLE_HEIGHT + (0 if folded else content.height())

    def _note_hand(self) -> None:
        self.set_by_hand = True


class SectionTitle(QAbstractButton):
    """The whole line can be clicked; Space folds, the focus ring shows."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(TITLE_HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.toggled.connect(self._describe)
        self._describe()

    def _describe(self) -> None:
        self.setToolTip(f"{'Fold' if self.isChecked() else 'Unfold'} {self.text()}")
        self.setAccessibleDescription("unfolded" if self.isChecked() else "folded")

    def sizeHint(self) -> QSize:
        return QSize(COLUMN_WIDTH, TITLE_HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.font(theme.TITLE_PX, semibold=True))
        painter.setPen(QColor(theme.TEXT))
        where = self.rect().adjusted(theme.SPACE_3, 0, -theme.SPACE_3, 0)
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, self.text())
        colour = theme.TEXT if self.underMouse() else theme.SECONDARY
        chevron = theme.pixmap("chevron-down" if self.isChecked() else "chevron-right", colour, _CHEVRON)
        painter.drawPixmap(self.width() - RIGHT_MARGIN - _CHEVRON, (self.height() - _CHEVRON) // 2, chevron)
        if self.hasFocus():
            painter.setPen(QColor(theme.ACCENT))
            painter.drawRect(self.rect().adjusted(3, 3, -4, -4))
        painter.end()
