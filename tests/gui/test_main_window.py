"""The frame: what is dropped on it, what closing asks, what it shows at its smallest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtWidgets import QMenu, QMenuBar, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from engine.images import read_picture
from gui.actions import ACTIONS
from gui.frame.header import ModelPicker
from gui.images import to_image
from gui.main_window import MainWindow, brought


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    made = MainWindow()
    qtbot.addWidget(made, before_close_func=lambda window: window.close_now())
    for row in ACTIONS:
        made.actions_table.wire(row.name, lambda: None)
    made.workspaces.addWidget(QWidget())
    picker = ModelPicker(lambda: {"tiny": Path("/tiny")}, lambda _: None, lambda: None)
    made.assemble(picker, QMenu("Open recent", made))
    return made


def _image() -> QImage:
    return to_image(np.full((4, 6, 3), (200, 30, 40), dtype=np.uint8))


def test_a_file_is_brought_as_its_path(tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/a.png"), QUrl.fromLocalFile(str(tmp_path / "a b.png"))])
    assert brought(mime) == tmp_path / "a b.png"


def test_a_picture_is_brought_as_a_file_that_can_be_read() -> None:
    mime = QMimeData()
    mime.setImageData(_image())
    content = brought(mime)
    assert isinstance(content, bytes)
    pixels = read_picture(content)
    assert pixels.shape == (4, 6, 3)
    assert tuple(pixels[0, 0]) == (200, 30, 40)


def test_text_is_nothing_to_bring() -> None:
    mime = QMimeData()
    mime.setText("hello")
    assert brought(mime) is None


def test_dropping_a_file_is_announced(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "cat.png"))])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    with qtbot.waitSignal(window.dropped) as dropped:
        window.dropEvent(event)
    assert dropped.args == [tmp_path / "cat.png"]


def test_closing_asks_first(qtbot: QtBot, window: MainWindow) -> None:
    window.show()
    with qtbot.waitSignal(window.close_asked):
        window.close()
    assert window.isVisible()
    window.close_now()
    assert not window.isVisible()


def test_it_fits_its_smallest_size(window: MainWindow) -> None:
    hint = window.minimumSizeHint()
    assert hint.width() <= 1024
    assert hint.height() <= 640


def test_every_button_is_named_explained_and_reached_by_keyboard(window: MainWindow) -> None:
    buttons = [b for b in window.findChildren(QToolButton) if not isinstance(b.parent(), QMenuBar)]
    assert len(buttons) > 6
    for button in buttons:
        assert button.accessibleName(), button.toolTip()
        assert button.toolTip(), button.accessibleName()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_the_title_shows_a_star_and_is_cut_in_the_middle(window: MainWindow) -> None:
    window.resize(1280, 720)
    window.show()
    title = window.header.title
    title.show_title("Sunset", False, None)
    assert title.text() == "Sunset"
    title.show_title("Sunset", True, Path("/home/me/Sunset.codebrush"))
    assert title.text() == "Sunset *"
    assert title.toolTip() == "/home/me/Sunset.codebrush"
    title.show_title("long " * 100, True, None)
    assert "…" in title.text()
    assert title.text().endswith("*")


def test_the_file_menu_offers_recent_files_below_open(window: MainWindow) -> None:
    bar = window.header.findChild(QMenuBar)
    assert bar is not None
    file_menu = bar.actions()[0].menu()
    assert isinstance(file_menu, QMenu)
    texts = [action.text() for action in file_menu.actions()]
    assert texts[texts.index("Open...") + 1] == "Open recent"


def test_the_model_picker_ticks_the_model_in_use(window: MainWindow) -> None:
    picker = window.findChild(ModelPicker)
    assert picker is not None
    picker.show_model("tiny", Path("/tiny"))
    menu = picker.menu()
    assert menu is not None
    menu.aboutToShow.emit()
    texts = [(action.text(), not action.icon().isNull()) for action in menu.actions()]
    assert texts == [("tiny", True), ("", False), ("Open model...", False)]
    picker.show_model("mine", Path("/runs/mine/model.safetensors"))
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["tiny", "mine", "", "Open model..."]


def test_palette_and_overlay_open_by_key(qtbot: QtBot, window: MainWindow) -> None:
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.open_commands()
    assert window.commands is not None
    assert window.commands.isVisible()
    window.open_shortcuts()
    assert window.shortcuts is not None
    assert window.shortcuts.isVisible()
    assert window.commands.isHidden()  # it lost the focus
    qtbot.keyClick(window.shortcuts, Qt.Key.Key_Escape)
    assert window.shortcuts.isHidden()
