from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from engine.analysis.looks import looks_from_statistics
from gui import theme
from gui.canvas.palette_drawing import Marks, PaletteDrawing
from gui.canvas.palette_layout import WIDTH, PaletteLayout
from tests.gui.codebooks import FIRST_EDGE, codebook

NOTHING = Marks(primary=0, secondary=0, lit=None, focus=None)


def drawn(drawing: PaletteDrawing, height: int, marks: Marks, ratio: int) -> QImage:
    image = QImage(WIDTH * ratio, height * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(theme.PANEL)
    painter = QPainter(image)
    drawing.draw(painter, QRect(0, 0, WIDTH, height), marks, ratio)
    painter.end()
    return image


@pytest.mark.usefixtures("qtbot")
def test_swatches_are_drawn_at_the_screens_own_resolution() -> None:
    statistics = codebook(cell_px=8)
    swatches = statistics.swatches.copy()
    swatches[FIRST_EDGE] = 255
    swatches[FIRST_EDGE, :, 0] = (200, 0, 0)  # an eighth of 20 px: it ends between two pixels at 100 %
    looks = looks_from_statistics(replace(statistics, swatches=swatches))
    layout = PaletteLayout(looks.groups("index"), False)
    image = drawn(PaletteDrawing(looks, layout, False), layout.height, NOTHING, ratio=2)
    slot = layout.slot_of(FIRST_EDGE)
    assert slot is not None
    corner = slot.rect.topLeft() * 2
    reds = [image.pixelColor(corner + QPoint(x, 8)).red() for x in range(8)]
    assert reds == [200] * 5 + [255] * 3


def test_the_focus_is_framed_in_the_accent(qtbot: QtBot) -> None:
    del qtbot
    looks = looks_from_statistics(codebook())
    layout = PaletteLayout(looks.groups("index"), False)
    drawing = PaletteDrawing(looks, layout, False)
    for slot in (layout.slots[40], layout.fold):
        assert slot is not None
        marks = Marks(primary=0, secondary=0, lit=None, focus=slot)
        image = drawn(drawing, layout.height, marks, ratio=1)
        plain = drawn(drawing, layout.height, NOTHING, ratio=1)
        x = slot.rect.center().x()
        heights = range(slot.rect.top() - 6, slot.rect.bottom() + 6)
        assert theme.ACCENT in [image.pixelColor(x, y).name() for y in heights]
        assert theme.ACCENT not in [plain.pixelColor(x, y).name() for y in heights]


def test_a_strip_parts_from_an_edge_but_not_from_a_fill(qtbot: QtBot) -> None:
    del qtbot
    looks = looks_from_statistics(codebook())
    layout = PaletteLayout(looks.groups("index"), False)
    image = drawn(PaletteDrawing(looks, layout, False), layout.height, NOTHING, ratio=1)
    colours = {}
    for code in (20, FIRST_EDGE):
        slot = layout.slot_of(code)
        assert slot is not None
        colours[code] = {
            image.pixelColor(slot.rect.left() + 15, slot.rect.top() + y).name() for y in range(20)
        }
    assert len(colours[20]) == 1
    assert len(colours[FIRST_EDGE]) == 3  # face, the line that parts, strip
