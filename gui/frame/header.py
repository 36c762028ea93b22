"""The header line: menus, model picker, title, undo, redo and export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QMenuBar, QSizePolicy, QToolButton, QWidget

from gui import theme
from gui.actions import FILE, GROUPS, ActionTable
from gui.frame.lines import line

HEIGHT = 44


class ModelPicker(QToolButton):
    """Names the model in use; its menu offers the built-in ones, runs and a file."""

    def __init__(
        self,
        models: Callable[[], Mapping[str, Path]],
        choose: Callable[[Path], object],
        open_file: Callable[[], object],
        parent: QWidget | None = None,
        *,
        runs: Callable[[], Mapping[str, Path]] = dict,
        choose_run: Callable[[Path], object] = lambda _: None,
    ) -> None:
        """`choose` is called with the file of a built-in model, `choose_run` with that of a run."""
        super().__init__(parent)
        self._models, self._choose, self._open_file = models, choose, open_file
        self._runs, self._choose_run = runs, choose_run
        self._current: Path | None = None
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setFixedHeight(theme.CONTROL_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Model")
        menu = QMenu(self)
        menu.aboutToShow.connect(lambda: self._fill(menu))
        self.setMenu(menu)
        self.show_model("", None)

    def show_model(self, name: str, path: Path | None) -> None:
        self._current = path
        self.setText(name or "No model")
        self.setToolTip(f"The model that decodes the painting\n{path}" if path else "Choose a model")

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        models, runs = self._models(), self._runs()
        if runs:
            self._add_title(menu, "Built in")
        self._add_all(menu, models, self._choose)
        if runs:
            self._add_title(menu, "Runs")
        self._add_all(menu, runs, self._choose_run)
        if self._current is not None and self._current not in (*models.values(), *runs.values()):
            self._add(menu, self.text(), lambda: None, True)
        menu.addSeparator()
        self._add(menu, "Open model...", self._open_file)

    def _add_all(self, menu: QMenu, models: Mapping[str, Path], choose: Callable[[Path], object]) -> None:
        for name, path in models.items():
            self._add(menu, name, lambda path=path: choose(path), path == self._current)  # type: ignore[misc]

    def _add_title(self, menu: QMenu, text: str) -> None:
        title = QAction(text, menu)
        title.setEnabled(False)
        menu.addSeparator()
        menu.addAction(title)

    def _add(self, menu: QMenu, text: str, act: Callable[[], object], current: bool = False) -> None:
        action = QAction(text, menu)
        if current:
            action.setIcon(theme.icon("check"))
        action.triggered.connect(lambda _checked=False: act())
        menu.addAction(action)


class Title(QLabel):
    """The painting's title, cut in the middle when there is no room; a star while it is not saved."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setFont(theme.font(theme.BODY_PX, semibold=True))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Painting")

    def show_title(self, title: str, modified: bool, path: Path | None) -> None:
        self._whole = f"{title} *" if modified else title
        self.setToolTip(str(path) if path else "Not saved to a file yet")
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        metrics = QFontMetrics(self.font())
        self.setText(metrics.elidedText(self._whole, Qt.TextElideMode.ElideMiddle, self.width()))


class Header(QWidget):
    """One line: menus and model on the left, the title, what is used most on the right."""

    def __init__(self, actions: ActionTable, picker: ModelPicker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self._actions = actions
        self._menus = QMenuBar(self)
        self._menus.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.title = Title(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.SPACE_2, 0, theme.SPACE_3, 0)
        layout.setSpacing(theme.SPACE_2)
        layout.addWidget(self._menus)
        layout.addWidget(line(Qt.Orientation.Vertical, self))
        layout.addWidget(picker)
        layout.addWidget(line(Qt.Orientation.Vertical, self))
        layout.addSpacing(theme.SPACE_1)
        layout.addWidget(self.title, 1)
        layout.addWidget(actions.button("edit.undo", self))
        layout.addWidget(actions.button("edit.redo", self))
        layout.addSpacing(theme.SPACE_2)
        layout.addWidget(self._export_button())

    def fill(self, recent: QMenu) -> None:
        """Make the menus; call it once, when everything is wired. `recent` goes below Open."""
        wired = {row.group for row in self._actions}
        for group in (group for group in GROUPS if group in wired):
            menu = self._menus.addMenu(group)
            menu.setToolTipsVisible(True)
            self._actions.fill_menu(menu, group)
            if group == FILE:
                entries = menu.actions()
                below_open = entries.index(self._actions["file.open"]) + 1
                menu.insertMenu(entries[below_open], recent)

    def _export_button(self) -> QToolButton:
        self._actions["file.export_png"].setIconText(" Export")
        button = self._actions.button("file.export_png", self)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setMinimumSize(QSize(0, theme.CONTROL_HEIGHT))
        button.setMaximumSize(QSize(200, theme.CONTROL_HEIGHT))
        return button
