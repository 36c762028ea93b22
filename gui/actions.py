"""The one table of actions: menus, tool tips, shortcut overlay and command palette are drawn from it.

`ActionTable` makes a `QAction` of each row; `gui/app.py` wires names to what they do. An action that
nothing is wired to stays invisible and without a shortcut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from gui import theme

FILE, EDIT, SELECT, TOOL, VIEW, TRAIN, SAMPLES, WORKSPACE, HELP = (
    "File",
    "Edit",
    "Select",
    "Tool",
    "View",
    "Train",
    "Samples",
    "Workspace",
    "Help",
)
GROUPS = (FILE, EDIT, SELECT, TOOL, VIEW, TRAIN, SAMPLES, WORKSPACE, HELP)
_ONLY_IN = {**dict.fromkeys((EDIT, SELECT, TOOL, VIEW), "paint"), SAMPLES: "samples"}
"""Groups that act in one workspace: elsewhere their keys belong to text fields and lists."""


@dataclass(frozen=True, slots=True)
class Action:
    """One row: `text` as in the menu; the first shortcut is shown; `tip` adds what `text` leaves open."""

    name: str
    text: str
    group: str
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""
    checkable: bool = False
    exclusive: bool = False  # of the checkable ones of its group one is checked
    parts: bool = False  # a line above it in the menu


ACTIONS: tuple[Action, ...] = (
    Action("file.new", "New painting...", FILE, ("Ctrl+N",), "file-plus", "A blank canvas of any size"),
    Action(
        "file.new_random",
        "New from a random picture...",
        FILE,
        ("Ctrl+Alt+N",),
        "dices",
        "A picture of the data set, turned into codes",
    ),
    Action(
        "file.new_image",
        "New from an image...",
        FILE,
        ("Ctrl+Shift+N",),
        "image-plus",
        "A picture of your own, turned into codes",
    ),
    Action(
        "file.open",
        "Open...",
        FILE,
        ("Ctrl+O",),
        "folder-open",
        "A painting, an image or a model",
        parts=True,
    ),
    Action("file.save", "Save", FILE, ("Ctrl+S",), "save", "", parts=True),
    Action("file.save_as", "Save as...", FILE, ("Ctrl+Shift+S",)),
    Action(
        "file.export_png",
        "Export picture...",
        FILE,
        ("Ctrl+E",),
        "download",
        "A PNG at 1x to 8x that carries the painting inside",
        parts=True,
    ),
    Action(
        "file.export_onnx",
        "Export model as ONNX...",
        FILE,
        ("Ctrl+Shift+E",),
        "package",
        "Encoder and decoder for use elsewhere, with a parity report",
    ),
    Action("file.quit", "Quit", FILE, ("Ctrl+Q",), "log-out", "", parts=True),
    Action("edit.undo", "Undo", EDIT, ("Ctrl+Z",), "undo-2"),
    Action("edit.redo", "Redo", EDIT, ("Ctrl+Shift+Z", "Ctrl+Y"), "redo-2"),
    Action("edit.cut", "Cut", EDIT, ("Ctrl+X",), "scissors", "The selected codes", parts=True),
    Action(
        "edit.copy",
        "Copy",
        EDIT,
        ("Ctrl+C",),
        "copy",
        "The selected codes, and their picture for other programs",
    ),
    Action(
        "edit.paste", "Paste", EDIT, ("Ctrl+V",), "clipboard-paste", "Codes, or an image as a new painting"
    ),
    Action("edit.fill", "Fill the selection", EDIT, ("Shift+Backspace",), "paint-bucket", "", parts=True),
    Action("edit.clear", "Clear the selection", EDIT, ("Delete", "Backspace"), "eraser", "To the blank code"),
    Action("edit.swap", "Swap primary and secondary code", EDIT, ("X",), "arrow-left-right", "", parts=True),
    Action("edit.find_code", "Find a code by number", EDIT, ("Ctrl+F",), "search"),
    Action(
        "edit.suggest",
        "Suggest codes for the cell",
        EDIT,
        ("Ctrl+Space",),
        "flame",
        "The likeliest ones as the prior sees it; Tab over a cell does the same",
    ),
    Action(
        "edit.resample",
        "Resample selection",
        EDIT,
        ("R",),
        "dices",
        "New codes for the selected cells, drawn from the prior: several variations to choose from",
    ),
    Action(
        "edit.heal",
        "Heal what surprises",
        EDIT,
        ("Shift+U",),
        "",
        "Resample the cells above the threshold, while surprise is shown",
    ),
    Action("select.all", "Select all", SELECT, ("Ctrl+A",)),
    Action("select.none", "Select nothing", SELECT, ("Ctrl+Shift+A", "Ctrl+D")),
    Action("select.invert", "Invert the selection", SELECT, ("Ctrl+I",)),
    Action(
        "select.surprising",
        "Select surprising",
        SELECT,
        ("Ctrl+Shift+U",),
        "",
        "The cells above the threshold, while surprise is shown",
        parts=True,
    ),
    Action(
        "tool.brush",
        "Brush",
        TOOL,
        ("B",),
        "brush",
        "Shift-click draws a line from the last point",
        True,
        True,
    ),
    Action("tool.line", "Line", TOOL, ("L",), "slash", "Hold Shift for eight directions", True, True),
    Action(
        "tool.rectangle", "Rectangle", TOOL, ("Shift+R",), "square", "Hold Shift for a square", True, True
    ),
    Action("tool.ellipse", "Ellipse", TOOL, ("O",), "circle", "Hold Shift for a circle", True, True),
    Action("tool.fill", "Fill", TOOL, ("F",), "paint-bucket", "Cells of one code that touch", True, True),
    Action("tool.pick", "Eyedropper", TOOL, ("I",), "pipette", "Alt-click with any tool", True, True),
    Action("tool.erase", "Eraser", TOOL, ("E",), "eraser", "Back to the codes it started from", True, True),
    Action(
        "tool.select",
        "Select",
        TOOL,
        ("S",),
        "square-dashed",
        "Shift adds, Alt subtracts; tools paint only inside",
        True,
        True,
    ),
    Action("tool.move", "Move", TOOL, ("V",), "move", "The selected codes", True, True),
    Action("brush.smaller", "Smaller brush", TOOL, ("[",), "", "", parts=True),
    Action("brush.larger", "Larger brush", TOOL, ("]",)),
    Action(
        "brush.dream",
        "Dream while painting",
        TOOL,
        ("D",),
        "",
        "The prior varies what the brush paints to suit what is around; again: codes as they are",
    ),
    Action(
        "level.0", "Paint the coarse codes", TOOL, ("1",), tip="Level 0 of a model of several", parts=True
    ),
    Action("level.1", "Paint the fine codes", TOOL, ("2",), tip="Level 1 of a model of several"),
    Action("level.2", "Paint the finest codes", TOOL, ("3",), tip="Level 2 of a model of three"),
    Action(
        "level.follow",
        "Finer codes follow",
        TOOL,
        ("Shift+F",),
        "",
        "Beneath what is painted on a coarser level, the prior draws them anew; off: they stay",
        True,
    ),
    Action("level.shown", "Show or hide the level", TOOL, ("H",), tip="The one that is being painted"),
    Action("level.lock", "Lock or unlock the level", TOOL, ("Shift+L",), tip="The one that is being painted"),
    Action("view.zoom_in", "Zoom in", VIEW, ("Ctrl++", "Ctrl+=", "+", "="), "zoom-in"),
    Action("view.zoom_out", "Zoom out", VIEW, ("Ctrl+-", "-"), "zoom-out"),
    Action("view.fit", "Fit the window", VIEW, ("Ctrl+0", "0"), "maximize"),
    Action("view.actual_size", "Actual size", VIEW, ("Ctrl+Alt+0",), "scan", "One pixel is one pixel"),
    Action("view.grid", "Grid lines", VIEW, ("G",), "grid-3x3", "The cells of the codes", True, parts=True),
    Action("view.index", "Code numbers", VIEW, ("Shift+G",), "hash", "In each cell, when zoomed in", True),
    Action(
        "view.surprise",
        "Surprise",
        VIEW,
        ("U",),
        "flame",
        "How unexpected each code is to the prior, in bits (-log2 p)",
        True,
    ),
    Action(
        "train.start",
        "Start training",
        TRAIN,
        ("Ctrl+Return",),
        "play",
        "A new run, with the settings at hand",
    ),
    Action("train.pause", "Pause training", TRAIN, ("Ctrl+Shift+Space",), "pause", "Or resume it"),
    Action(
        "train.stop", "Stop training and keep it", TRAIN, (), "circle-stop", "Saves a snapshot to go on from"
    ),
    Action(
        "train.go_on",
        "Go on training",
        TRAIN,
        (),
        "step-forward",
        "From the last snapshot of the run on show",
    ),
    Action(
        "train.prior",
        "Train a prior for this model",
        TRAIN,
        tip="Learns how the model's codes follow one another, to draw new ones",
    ),
    Action(
        "train.paint_with",
        "Paint with the run on show",
        TRAIN,
        ("Ctrl+Shift+T",),
        "brush",
        "Its newest snapshot, while training goes on",
        parts=True,
    ),
    Action(
        "train.follow",
        "Follow training",
        TRAIN,
        ("Ctrl+Alt+T",),
        "eye",
        "Show the painting anew with each snapshot: a picture comes into being",
        True,
    ),
    Action(
        "samples.more_like",
        "More like this",
        SAMPLES,
        ("M",),
        tip="New pictures that share most of the chosen one and differ in a part",
    ),
    Action(
        "samples.save_gif",
        "Save as GIF...",
        SAMPLES,
        tip="The chosen picture being drawn, code after code",
    ),
    Action("workspace.paint", "Paint", WORKSPACE, ("Ctrl+1",), "palette", "", True, True),
    Action("workspace.train", "Train", WORKSPACE, ("Ctrl+3",), "chart-line", "", True, True),
    Action("workspace.samples", "Samples", WORKSPACE, ("Ctrl+5",), "dices", "", True, True),
    Action(
        "help.commands",
        "All commands...",
        HELP,
        ("Ctrl+Shift+P", "Ctrl+K"),
        "search",
        "Type to find what you want to do",
    ),
    Action("help.shortcuts", "Keyboard shortcuts", HELP, ("?", "F1", "Shift+?"), "circle-question-mark"),
)


class ActionTable(QObject):
    """The rows as `QAction`s of `window`; wired ones live, the others invisible."""

    def __init__(self, window: QWidget, rows: tuple[Action, ...] = ACTIONS) -> None:
        super().__init__(window)
        self._window = window
        self._rows = {row.name: row for row in rows}
        self._exclusive: dict[str, QActionGroup] = {}
        self._forbidden: set[str] = set()
        self._workspace = "paint"
        self._made = {row.name: self._make(row) for row in rows}

    def __getitem__(self, name: str) -> QAction:
        return self._made[name]

    def __iter__(self) -> Iterator[Action]:
        """The rows that are wired, in the table's order."""
        return (row for row in self._rows.values() if self._made[row.name].isVisible())

    def wire(self, name: str, function: Callable[[], object]) -> None:
        """Let the action call `function`; it appears with this."""
        action = self._made[name]
        action.triggered.connect(lambda _checked=False: function())
        action.setShortcuts([QKeySequence(keys) for keys in self._rows[name].shortcuts])
        action.setVisible(True)

    def wire_switch(self, name: str, function: Callable[[bool], object]) -> None:
        """Let a checkable action call `function(checked)`; it appears with this."""
        self.wire(name, lambda: function(self._made[name].isChecked()))

    def allow(self, name: str, allowed: bool) -> None:
        """Whether the action can be done now; it also takes its workspace to be on show."""
        (self._forbidden.discard if allowed else self._forbidden.add)(name)
        self._enable(name)

    def enter(self, workspace: str) -> None:
        """Let only those actions react that mean something there."""
        self._workspace = workspace
        for name in self._rows:
            self._enable(name)

    def _enable(self, name: str) -> None:
        is_here = _ONLY_IN.get(self._rows[name].group, self._workspace) == self._workspace
        self._made[name].setEnabled(is_here and name not in self._forbidden)

    def fill_menu(self, menu: QMenu, group: str) -> None:
        """The group's actions, parted by lines as the table says."""
        for row in self._rows.values():
            if row.group == group:
                if row.parts:
                    menu.addSeparator()
                menu.addAction(self._made[row.name])

    def button(self, name: str, parent: QWidget | None = None) -> QToolButton:
        """An icon button: tool tip with shortcut, a name for screen readers, reached by Tab."""
        button = QToolButton(parent)
        button.setDefaultAction(self._made[name])
        button.setIconSize(QSize(theme.ICON_PX, theme.ICON_PX))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setAccessibleName(bare(self._rows[name].text))
        button.setFixedSize(theme.CONTROL_HEIGHT, theme.CONTROL_HEIGHT)
        return button

    def _make(self, row: Action) -> QAction:
        action = QAction(row.text, self._window)
        action.setObjectName(row.name)
        action.setToolTip(tool_tip(row))
        action.setVisible(False)
        action.setCheckable(row.checkable)
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        if row.icon:
            action.setIcon(theme.icon(row.icon))
        if row.exclusive:
            self._exclusive.setdefault(row.group, QActionGroup(self)).addAction(action)
        self._window.addAction(action)
        return action


def tool_tip(row: Action) -> str:
    """What it is, its shortcut, and the tip on a second line."""
    head = bare(row.text)
    if row.shortcuts:
        head = f"{head} ({shortcut_text(row.shortcuts[0])})"
    return f"{head}\n{row.tip}" if row.tip else head


def shortcut_text(keys: str) -> str:
    """The shortcut in the words of the system, e.g. Ctrl+Shift+Z."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def bare(text: str) -> str:
    """The text without the dots that promise a dialog."""
    return text.removesuffix("...")
