from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import theme
from gui.train.live_pictures import PRIOR_ROWS, ROWS, LivePictures

COLOURS = [(200, 10 * column, 30) for column in range(12)]


def _sheet(path: Path, side: int = 8, columns: int = 12, below: int = 0) -> Path:
    pixels = np.zeros((2 * side, columns * side, 3), dtype=np.uint8)
    for column in range(columns):
        pixels[:side, column * side : (column + 1) * side] = COLOURS[column]
    pixels[side:] = below
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def pictures(qtbot: QtBot, qapp: QApplication) -> LivePictures:
    theme.apply_theme(qapp)
    pictures = LivePictures()
    qtbot.addWidget(pictures)
    pictures.resize(900, 180)
    pictures.show()
    return pictures


def _colours(pictures: LivePictures) -> set[tuple[int, int, int]]:
    image = pictures.grab().toImage()
    found = (image.pixelColor(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2))
    return {(colour.red(), colour.green(), colour.blue()) for colour in found}


def test_all_originals_are_above_all_reconstructions(pictures: LivePictures, tmp_path: Path) -> None:
    pictures.show_sheet(_sheet(tmp_path / "latest.png", below=77))
    assert pictures.columns == 12
    found = _colours(pictures)
    assert set(COLOURS) <= found
    assert (77, 77, 77) in found


def test_new_content_under_the_same_name_is_shown(pictures: LivePictures, tmp_path: Path) -> None:
    pictures.show_sheet(_sheet(tmp_path / "latest.png", below=77))
    pictures.show_sheet(_sheet(tmp_path / "latest.png", below=99))
    found = _colours(pictures)
    assert (99, 99, 99) in found
    assert (77, 77, 77) not in found


def test_enlarged_pixels_stay_sharp(pictures: LivePictures, tmp_path: Path) -> None:
    pixels = np.zeros((4, 2, 3), dtype=np.uint8)
    pixels[:, 1] = 255
    Image.fromarray(pixels).save(tmp_path / "tiny.png")
    pictures.show_sheet(tmp_path / "tiny.png")
    image = pictures.grab().toImage()
    row = [image.pixelColor(x, 50).lightness() for x in range(pictures.cell_px())]
    assert set(row) == {0, 255}


def test_where_there_is_little_room_fewer_are_shown(pictures: LivePictures, tmp_path: Path) -> None:
    pictures.show_sheet(_sheet(tmp_path / "latest.png"))
    pictures.resize(300, 120)
    assert 28 <= pictures.cell_px() < 300 // 6
    assert COLOURS[0] in _colours(pictures)


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_no_preview_is_said(pictures: LivePictures, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "latest.png"
    path.write_bytes(content)
    for shown in (None, path, tmp_path / "missing.png"):
        pictures.show_sheet(shown)
        assert pictures.columns == 0
        pictures.grab()


def test_rows_are_called_what_they_show(pictures: LivePictures) -> None:
    assert pictures.accessibleName() == "Originals above, reconstructions below"
    said = pictures.grab().toImage()
    pictures.name_rows(PRIOR_ROWS)
    assert "each code guessed from those before it below" in pictures.accessibleName()
    assert "argmax" in pictures.toolTip()
    assert pictures.grab().toImage() != said
    pictures.name_rows(ROWS)
    assert pictures.grab().toImage() == said
