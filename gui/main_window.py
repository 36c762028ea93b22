"""The frame around the workspaces: rail, header line, messages, status line; what is dropped on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QImage, QImageWriter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from gui.actions import ActionTable
from gui.frame.command_palette import CommandPalette
from gui.frame.header import Header, ModelPicker
from gui.frame.lines import line
from gui.frame.message_bar import MessageBar
from gui.frame.rail import Rail
from gui.frame.shortcut_overlay import ShortcutOverlay
from gui.frame.status_line import StatusLine

MIN_WIDTH, MIN_HEIGHT = 1024, 640


class MainWindow(QMainWindow):
    """Rail, header and status line around one workspace at a time.

    `banner` holds what stays true (a painting that is read-only), `messages` what just happened.
    """

    painted = Signal()  # once, when it is on the screen
    close_asked = Signal()  # answer by `close_now()`
    closed = Signal()
    dropped = Signal(object)  # Path of a file, or bytes of a picture

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Codebrush")
        self.setMinimumSize(MIN_WIDTH, MIN_HEIGHT)
        self.setAcceptDrops(True)
        self.actions_table = ActionTable(self)
        self.rail = Rail(self.actions_table)
        self.banner = MessageBar()
        self.messages = MessageBar()
        self.status = StatusLine()
        self.workspaces = QStackedWidget()
        self._makers: dict[str, Callable[[], QWidget]] = {}
        self._made: dict[str, QWidget] = {}
        self.commands: CommandPalette | None = None
        self.shortcuts: ShortcutOverlay | None = None
        self._may_close = self._was_painted = False

    def assemble(self, picker: ModelPicker, recent: QMenu) -> None:
        """Lay out the frame; call it once, when the actions are wired and the workspaces added."""
        self.header = Header(self.actions_table, picker)
        self.header.fill(recent)
        self.rail.fill()
        beside_rail = QVBoxLayout()
        for part in (self.header, _across(), self.banner, self.messages):
            beside_rail.addWidget(part)
        beside_rail.addWidget(self.workspaces, 1)
        upper = QHBoxLayout()
        for part in (self.rail, line(Qt.Orientation.Vertical)):
            upper.addWidget(part)
        upper.addLayout(beside_rail, 1)
        whole = QWidget()
        rows = QVBoxLayout(whole)
        rows.addLayout(upper, 1)
        rows.addWidget(_across())
        rows.addWidget(self.status)
        for layout in (beside_rail, upper, rows):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        self.setCentralWidget(whole)

    def add_workspace(self, name: str, make: Callable[[], QWidget]) -> None:
        """One to be made when it is shown for the first time."""
        self._makers[name] = make

    @property
    def workspace(self) -> str:
        """The name of the workspace on show; empty before there is one."""
        return next((n for n, w in self._made.items() if w is self.workspaces.currentWidget()), "")

    def show_workspace(self, name: str) -> None:
        """Show a workspace and let its own actions react; the focus is its widget's to place."""
        if name == self.workspace:
            return
        if name not in self._made:
            self._made[name] = self._makers[name]()
            self.workspaces.addWidget(self._made[name])
        self.workspaces.setCurrentWidget(self._made[name])
        self.actions_table[f"workspace.{name}"].setChecked(True)
        self.actions_table.enter(name)
        self.status.show_painting(name == "paint")
        self._made[name].setFocus()

    def open_commands(self) -> None:
        if self.commands is None:
            self.commands = CommandPalette(self.actions_table, self)
        self.commands.open()

    def open_shortcuts(self) -> None:
        if self.shortcuts is None:
            self.shortcuts = ShortcutOverlay(self.actions_table, self)
        self.shortcuts.open()

    def close_now(self) -> None:
        """Close without asking again."""
        self._may_close = True
        self.close()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            # The rest of the window is painted in the same pass; the timer fires when it is on the screen.
            QTimer.singleShot(0, self.painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_close:
            self.close_asked.emit()
        if self._may_close:  # it may have been answered at once
            super().closeEvent(event)
            self.hide()  # what closes behind it may take a moment
            self.closed.emit()
        else:
            event.ignore()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if brought(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        source = brought(event.mimeData())
        if source is not None:
            event.acceptProposedAction()
            self.dropped.emit(source)


def brought(mime: QMimeData) -> Path | bytes | None:
    """The first file, else the picture (as PNG), that was dropped or is to be pasted."""
    for url in mime.urls():
        if url.isLocalFile():
            return Path(url.toLocalFile())
    if mime.hasImage():
        image = QImage(mime.imageData())
        content = QByteArray()
        buffer = QBuffer(content)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        if QImageWriter(buffer, QByteArray(b"png")).write(image):
            return bytes(content.data())
    return None


def _across() -> QWidget:
    return line(Qt.Orientation.Horizontal)
