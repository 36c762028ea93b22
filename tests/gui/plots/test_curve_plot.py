from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui import theme
from gui.plots.curve_plot import CurvePlot
from gui.plots.curves import Curve

STEPS = np.arange(1, 1001, dtype=np.float64)


def _curve(key: str, values: np.ndarray, colour: str = "#56b4e9", sparse: bool = False) -> Curve:
    return Curve(key, key.capitalize(), colour, STEPS[: len(values)], values.astype(np.float64), sparse)


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication) -> CurvePlot:
    theme.apply_theme(qapp)
    plot = CurvePlot("Losses")
    qtbot.addWidget(plot)
    plot.resize(700, 300)
    plot.show()
    plot.show_curves([_curve("loss", 100 / STEPS), _curve("mse", 1 / STEPS, "#e69f00")])
    QApplication.processEvents()
    return plot


def _viewport(plot: CurvePlot) -> QWidget:
    return plot._view.viewport()


def _mouse(plot: CurvePlot, kind: QEvent.Type, at: QPoint, held: Qt.MouseButton) -> None:
    viewport = _viewport(plot)
    where = QPointF(at)
    button = held if kind != QEvent.Type.MouseMove else Qt.MouseButton.NoButton
    buttons = held if kind != QEvent.Type.MouseButtonRelease else Qt.MouseButton.NoButton
    event = QMouseEvent(
        kind, where, viewport.mapToGlobal(where), button, buttons, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(viewport, event)


def _colours(plot: CurvePlot) -> set[str]:
    image = plot.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_every_curve_is_drawn_in_its_colour(plot: CurvePlot) -> None:
    assert {"#56b4e9", "#e69f00"} <= _colours(plot)
    plot.show_curves([_curve("mse", 1 / STEPS, "#e69f00")])
    colours = _colours(plot)
    assert "#56b4e9" not in colours
    assert "#e69f00" in colours


def test_all_steps_are_shown_as_more_come(plot: CurvePlot) -> None:
    first, last = plot.visible_steps
    assert first < 1
    assert last > 1000
    plot.show_curves([_curve("loss", 100 / STEPS[:100])])
    assert plot.visible_steps[1] < 120
    plot.show_curves([_curve("loss", 100 / STEPS[:500])])
    assert 500 < plot.visible_steps[1] < 600


def test_a_part_that_somebody_looks_at_stays_until_all_is_asked_for(plot: CurvePlot) -> None:
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Plus)
    zoomed = plot.visible_steps
    assert zoomed[1] - zoomed[0] < 900
    plot.show_curves([_curve("loss", 50 / STEPS)])
    assert plot.visible_steps == pytest.approx(zoomed)
    QTest.keyClick(plot, Qt.Key.Key_0)
    assert plot.visible_steps[1] > 1000


def test_the_wheel_zooms_the_steps_only_and_a_double_click_shows_all(plot: CurvePlot) -> None:
    middle = _viewport(plot).rect().center()
    before = plot.visible_steps
    wheel = QWheelEvent(
        QPointF(middle),
        QPointF(_viewport(plot).mapToGlobal(middle)),
        QPoint(),
        QPoint(0, 480),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(_viewport(plot), wheel)
    zoomed = plot.visible_steps
    assert zoomed[1] - zoomed[0] < before[1] - before[0]
    plot.show_curves(plot.curves)
    assert plot.visible_steps == pytest.approx(zoomed)
    _mouse(plot, QEvent.Type.MouseButtonDblClick, middle, Qt.MouseButton.LeftButton)
    assert plot.visible_steps == pytest.approx(before)


def test_dragging_moves_along_the_steps(plot: CurvePlot) -> None:
    before = plot.visible_steps
    middle = _viewport(plot).rect().center()
    _mouse(plot, QEvent.Type.MouseButtonPress, middle, Qt.MouseButton.LeftButton)
    for far in (20, 60, 100):
        _mouse(plot, QEvent.Type.MouseMove, middle + QPoint(far, 0), Qt.MouseButton.LeftButton)
    _mouse(plot, QEvent.Type.MouseButtonRelease, middle + QPoint(100, 0), Qt.MouseButton.LeftButton)
    first, last = plot.visible_steps
    assert first < before[0]
    assert last - first == pytest.approx(before[1] - before[0])


def test_linked_plots_show_the_same_steps(qtbot: QtBot, plot: CurvePlot) -> None:
    other = CurvePlot("Learning rate")
    qtbot.addWidget(other)
    other.resize(700, 150)
    other.link(plot)
    other.show()
    other.show_curves([_curve("learning_rate", 1e-3 * np.ones(1000))])
    QApplication.processEvents()
    assert other.visible_steps == pytest.approx(plot.visible_steps, abs=5)
    other.setFocus()
    QTest.keyClick(other, Qt.Key.Key_Plus)
    QApplication.processEvents()
    assert plot.visible_steps == pytest.approx(other.visible_steps, abs=5)
    assert plot.visible_steps[1] < 1000
    QTest.keyClick(other, Qt.Key.Key_Home)
    assert plot.visible_steps[1] > 1000


def test_the_pointer_reads_the_values_off(qtbot: QtBot, plot: CurvePlot) -> None:
    plot.pointed.connect(plot.point_at)
    middle = _viewport(plot).rect().center()
    _mouse(plot, QEvent.Type.MouseMove, middle, Qt.MouseButton.NoButton)
    assert plot.pointed_at is not None
    step = plot.readout.step
    assert plot.readout.isVisible()
    assert abs(step - plot.pointed_at) <= 1
    values = [reading.value for reading in plot.readout.readings]
    assert [float(value) for value in values] == pytest.approx([100 / step, 1 / step], rel=1e-3)
    assert plot.rect().contains(plot.readout.geometry())
    assert plot.accessibleDescription() == plot.readout.text
    QApplication.sendEvent(_viewport(plot), QEvent(QEvent.Type.Leave))
    assert plot.pointed_at is None
    assert not plot.readout.isVisible()


def test_near_the_right_edge_the_card_goes_to_the_left(plot: CurvePlot) -> None:
    plot.point_at(990)
    assert plot.rect().contains(plot.readout.geometry())
    assert plot.readout.geometry().right() < plot.width() * 0.95


def test_arrow_keys_move_the_cross_hair_and_escape_takes_it_away(plot: CurvePlot) -> None:
    plot.pointed.connect(plot.point_at)
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Left)
    first = plot.pointed_at
    QTest.keyClick(plot, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    second = plot.pointed_at
    assert first is not None
    assert second is not None
    assert first - second == pytest.approx(0.1 * (plot.visible_steps[1] - plot.visible_steps[0]))
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot.pointed_at is not None
    assert second < plot.pointed_at < first
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert plot.pointed_at is None


def test_smoothed_curves_say_both_values(plot: CurvePlot) -> None:
    plot.show_curves([_curve("loss", np.tile([0.0, 2.0], 500))])
    plot.set_smoothing(0.99)
    plot.point_at(900)
    (reading,) = plot.readout.readings
    assert float(reading.value) == pytest.approx(1, abs=0.02)
    assert reading.raw == "2"
    plot.set_smoothing(0.0)
    assert plot.readout.readings[0].raw == ""


def test_a_log_scale_leaves_out_what_is_not_above_zero(plot: CurvePlot) -> None:
    plot.set_log(True)
    plot.show_curves([_curve("loss", 100 / STEPS), _curve("elbo", -STEPS)])
    plot.point_at(500)
    assert [reading.title for reading in plot.readout.readings] == ["Loss"]
    assert float(plot.readout.readings[0].value) == pytest.approx(0.2)


def test_no_values_and_one_value_are_no_trouble(plot: CurvePlot) -> None:
    for values in (np.array([]), np.array([3.0]), np.full(5, np.nan), np.zeros(7)):
        plot.show_curves([_curve("loss", values)])
        plot.set_log(True)
        plot.point_at(1)
        plot.grab()
        plot.set_log(False)
        plot.grab()
    plot.show_curves([])
    assert not plot.readout.isVisible()


def test_validation_values_are_dots_on_a_dashed_line(plot: CurvePlot) -> None:
    plot.show_curves([_curve("valid", np.array([5.0, 4.0, 3.0]), "#3cc493", sparse=True)])
    assert "#3cc493" in _colours(plot)
    plot.set_smoothing(0.9)
    plot.point_at(2)
    assert plot.readout.readings[0].raw == ""


def test_the_right_button_asks_for_a_menu(qtbot: QtBot, plot: CurvePlot) -> None:
    with qtbot.waitSignal(plot.menu_wanted) as asked:
        plot._view.customContextMenuRequested.emit(QPoint(5, 5))
    assert asked.args == [plot._view.mapToGlobal(QPoint(5, 5))]


def test_a_plot_in_a_closed_window_leaves_nothing_behind(qtbot: QtBot, qapp: QApplication) -> None:
    before = set(QApplication.topLevelWidgets())
    window = QWidget()
    plot = CurvePlot("Losses", parent=window)
    window.show()
    plot.show_curves([_curve("loss", STEPS)])
    QApplication.processEvents()
    gone = weakref.ref(plot)
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    del plot, window
    gc.collect()
    assert gone() is None
    assert set(QApplication.topLevelWidgets()) <= before
