"""The dream slider and the pen's menu follow the brush and set it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from gui.canvas.dream_control import DreamControl
from gui.canvas.pen_menu import PenMenu
from gui.state.brush import DREAM, BrushState


def test_slider_number_and_brush_say_the_same(qtbot) -> None:
    brush = BrushState()
    control = DreamControl(brush)
    qtbot.addWidget(control)
    control.show()
    brush.dream = 0.25
    assert (control.slider.value(), control.number.value()) == (25, 25)
    QTest.keyClick(control.slider, Qt.Key.Key_Right)
    assert brush.dream == 0.26
    control.number.setValue(90)
    assert (brush.dream, control.slider.value()) == (0.9, 90)
    (name,) = (label for label in control.findChildren(QLabel) if label.text() == "Dream")
    QTest.mouseDClick(name, Qt.MouseButton.LeftButton)
    assert brush.dream == DREAM


def test_the_pens_menu_sets_what_pressure_scales(qtbot) -> None:
    brush = BrushState()
    menu = PenMenu(brush)
    qtbot.addWidget(menu)
    brush.pressure_size = True
    assert menu.size_action.isChecked()
    menu.dream_action.trigger()
    assert brush.pressure_dream
    menu.offer_dream(False)
    assert not menu.dream_action.isVisible()
