"""The window with a painting of two levels, and a mouse and keys for it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.codes.document import Painting
from engine.decoding.windowed import decode_full
from gui.studio import Studio
from tests.fakes import TinyTwoLevelDecoder
from tests.gui.conftest import OpenStudio
from tests.gui.tiny import TinyModel, card_of, library_of

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
FREE = Qt.KeyboardModifier.NoModifier
MODEL = TinyTwoLevelDecoder()


def open_two_levels(open_studio: OpenStudio, qtbot: QtBot) -> Studio:
    """6 x 8 coarse cells of 8 px, 12 x 16 fine ones of 4 px, all code 0."""
    studio = open_studio(library_of(MODEL, TinyModel("tiny")))
    studio.models.show(Painting.blank(6, 8, [0, 0], card_of(MODEL)))
    settle(studio, qtbot)
    return studio


def settle(studio: Studio, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: studio.is_idle and not studio.decoding.is_busy)


def at(studio: Studio, row: float, column: float) -> QPoint:
    """The screen position of the middle of a cell of the level being painted."""
    stride = studio.painting.stride_px
    x, y = studio.paint.canvas.view.to_screen((column + 0.5) * stride, (row + 0.5) * stride)
    return QPoint(round(x), round(y))


def move(studio: Studio, where: QPoint, buttons: Qt.MouseButton = NONE) -> None:
    canvas, there = studio.paint.canvas, QPointF(where)
    kind = QEvent.Type.MouseMove
    QApplication.sendEvent(canvas, QMouseEvent(kind, there, canvas.mapToGlobal(there), NONE, buttons, FREE))


def drag(studio: Studio, *cells: tuple[int, int]) -> None:
    canvas = studio.paint.canvas
    QTest.mousePress(canvas, LEFT, FREE, at(studio, *cells[0]))
    for cell in cells[1:]:
        move(studio, at(studio, *cell), LEFT)
    QTest.mouseRelease(canvas, LEFT, FREE, at(studio, *cells[-1]))


def key(studio: Studio, pressed: Qt.Key, held: Qt.KeyboardModifier = FREE) -> None:
    QTest.keyClick(studio.window, pressed, held)


def assert_shows_what_is_there(studio: Studio, qtbot: QtBot) -> None:
    settle(studio, qtbot)
    expected = decode_full(MODEL, studio.painting.painting.grid.levels)
    assert np.abs(studio.picture.pixels().astype(int) - expected).max() <= 1
