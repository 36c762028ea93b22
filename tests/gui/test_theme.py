"""The theme: every icon in use is there and no other, text is readable, fonts load, focus shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QFontDatabase, QFontInfo, QIcon
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gui import theme
from gui.stylesheet import style_sheet

GUI = Path(theme.__file__).parent


@pytest.fixture(autouse=True)
def _themed(qapp: QApplication) -> None:
    theme.apply_theme(qapp)


def _contrast(first: str, second: str) -> float:
    """WCAG contrast of two colours, 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", [theme.SURROUND, theme.PANEL, theme.RAISED])
def test_text_is_readable(ground: str) -> None:
    assert _contrast(theme.TEXT, ground) >= 7
    assert _contrast(theme.SECONDARY, ground) >= 4.5
    for tone in (theme.GOOD, theme.WARN, theme.BAD, theme.ACCENT):
        assert _contrast(tone, ground) >= 4.5


def test_primary_button_is_readable() -> None:
    assert _contrast(theme.ON_ACCENT, theme.ACCENT) >= 7


def test_inter_is_loaded() -> None:
    assert theme.FONT_FAMILY in QFontDatabase.families()
    info = QFontInfo(theme.font(theme.TITLE_PX, semibold=True))
    assert info.family() == "Inter"
    assert info.pixelSize() == theme.TITLE_PX


def test_applying_twice_changes_nothing(qapp: QApplication) -> None:
    before = qapp.styleSheet()
    theme.apply_theme(qapp)
    assert qapp.styleSheet() == before


def test_an_icon_is_crisp_at_twice_the_size_and_tinted_per_state() -> None:
    icon = theme.icon("brush")
    large = icon.pixmap(QSize(18, 18), 2.0, QIcon.Mode.Normal, QIcon.State.Off)
    assert (large.width(), large.devicePixelRatio()) == (36, 2.0)
    normal = icon.pixmap(QSize(18, 18)).toImage()
    checked = icon.pixmap(QSize(18, 18), QIcon.Mode.Normal, QIcon.State.On).toImage()
    assert normal != checked
    colours = {checked.pixelColor(x, y).name() for x in range(18) for y in range(18)}
    assert theme.ACCENT in colours


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        theme.icon("no-such-icon")


def test_only_icons_in_use_are_kept_and_all_of_them_exist() -> None:
    code = "\n".join(path.read_text() for path in GUI.rglob("*.py"))
    kept = {path.stem for path in theme.ICONS.glob("*.svg")}
    assert sorted(name for name in kept if f'"{name}"' not in code) == []
    asked = set(re.findall(r'theme\.(?:icon|pixmap)\(\s*"([a-z0-9-]+)"', code))
    assert asked <= kept


def test_focus_is_visible(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    button = QPushButton("Press", window)
    window.show()
    window.activateWindow()
    button.clearFocus()
    plain = button.grab().toImage()
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)
    assert button.grab().toImage() != plain


def test_restyle_shows_at_once(qtbot: QtBot) -> None:
    button = QPushButton("Press")
    qtbot.addWidget(button)
    before = button.grab().toImage()
    theme.restyle(button, "role", "primary")
    assert button.grab().toImage().pixelColor(8, 8).name() == theme.ACCENT
    assert before.pixelColor(8, 8).name() == theme.RAISED


def test_style_sheet_pictures_exist_and_have_the_themes_colours() -> None:
    paths = {Path(path) for path in re.findall(r"url\(([^)]+)\)", style_sheet())}
    assert paths == set((theme.ICONS / "tinted").glob("*.svg"))
    strokes = {re.search(r'stroke="([^"]+)"', path.read_text())[1] for path in paths}  # type: ignore[index]
    assert strokes == {theme.SECONDARY, theme.ON_ACCENT}


def test_every_colour_comes_from_the_theme() -> None:
    for path in GUI.rglob("*.py"):
        if path.name not in ("theme.py", "stylesheet.py"):
            named = set(re.findall(r'"(#[0-9a-fA-F]{6})"', path.read_text())) - {"#ffffff", "#000000"}
            assert not named, f"{path} names colours of its own"
