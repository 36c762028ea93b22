"""Painting with the brush that dreams, on the built-in model, with real mouse and key events."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.canvas.dream_control import DreamControl
from tests.journeys.test_first_light import Journey, journey

__all__ = ["journey"]
Control = Qt.KeyboardModifier.ControlModifier
STROKE = [(8, 44), (12, 52), (14, 60)]


def test_the_brush_dreams_until_it_is_told_not_to(journey: Journey) -> None:
    visitor, studio = journey.visitor, journey.studio
    before, pixels = journey.codes, journey.pixels
    code = int(before[30, 10])
    studio.brush.primary, studio.brush.size = code, 2
    control = studio.window.findChild(DreamControl)
    assert control is not None
    assert control.isVisible()
    assert control.number.value() == 50

    # Other codes than the one in hand, in the stroke and nowhere else; one undo takes all of it back.
    visitor.drag(STROKE)
    dreamt = journey.codes
    visitor.press(visitor.canvas, Qt.Key.Key_Z, Control)
    assert np.array_equal(journey.codes, before)
    assert np.array_equal(journey.pixels, pixels)
    assert not studio.painting.is_modified

    # As it is: D, and every cell of the same stroke is the code in hand.
    visitor.press(visitor.canvas, Qt.Key.Key_D)
    assert control.number.value() == 0
    visitor.drag(STROKE)
    plain = journey.codes
    stroke = plain != before
    assert set(plain[stroke].tolist()) == {code}
    assert np.array_equal(dreamt[~stroke & (before != code)], before[~stroke & (before != code)])
    kinds = set(dreamt[stroke].tolist())
    assert len(kinds) > 3
    visitor.press(visitor.canvas, Qt.Key.Key_Z, Control)

    # All the way: the slider's End key; D brings back the amount there was before.
    visitor.press(visitor.canvas, Qt.Key.Key_D)
    assert control.number.value() == 50
    visitor.press(control.slider, Qt.Key.Key_End)
    assert studio.brush.dream == 1.0
    visitor.drag(STROKE)
    far = journey.codes[stroke]  # on white the prior may well leave white
    assert np.count_nonzero(far == code) < np.count_nonzero(dreamt[stroke] == code)


def test_a_stroke_taken_back_while_it_dreams_leaves_nothing(journey: Journey) -> None:
    visitor, before = journey.visitor, journey.codes
    journey.studio.brush.size = 4
    visitor.drag(STROKE, keep_down=True)
    visitor.press(visitor.canvas, Qt.Key.Key_Escape)
    visitor.settle()
    assert np.array_equal(journey.codes, before)
    assert not journey.studio.painting.is_modified
    assert not journey.studio.asking.dreaming.is_busy


def test_the_window_closes_while_a_stroke_dreams(qtbot: QtBot, tmp_path: Path) -> None:
    made = Journey(tmp_path / "closed")
    studio = made.studio
    studio.brush.size = 8
    places = [made.visitor.place(cell) for cell in STROKE]
    QTest.mousePress(made.visitor.canvas, Qt.MouseButton.LeftButton, pos=places[0])
    QTest.mouseRelease(made.visitor.canvas, Qt.MouseButton.LeftButton, pos=places[-1])
    assert studio.asking.dreaming.is_busy
    painted = made.codes
    made.close()
    assert np.array_equal(made.codes, painted)  # nothing came after the end
