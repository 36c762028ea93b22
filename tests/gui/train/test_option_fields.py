from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui import theme
from gui.train.option_fields import (
    ChoiceField,
    Field,
    IntegerField,
    NumberField,
    SwitchField,
    _stepped,
    allows,
    make_field,
    range_words,
    text_of,
)
from tests.gui.train.forms import Option

RATE = Option("learning_rate", "number", 2e-3, 0.0, 1.0, excludes_low=True)
BATCH = Option("batch_size", "integer", 16, 1, 4096)


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> QWidget:
    theme.apply_theme(qapp)
    window = QWidget()
    QVBoxLayout(window)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    return window


def _made(window: QWidget, option: Option) -> Field:
    field = make_field(option, window)  # type: ignore[arg-type]
    layout = window.layout()
    assert layout is not None
    layout.addWidget(field)
    field.show()
    field.setFocus()
    return field


def test_each_kind_has_its_widget_with_the_default(window: QWidget) -> None:
    kinds = [
        (BATCH, IntegerField, 16),
        (RATE, NumberField, 2e-3),
        (Option("precision", "choice", "b", choices=("a", "b")), ChoiceField, "b"),
        (Option("mixed", "switch", True), SwitchField, True),
    ]
    for option, kind, value in kinds:
        field = _made(window, option)
        assert isinstance(field, kind)
        assert field.value_of() == value


def test_whole_numbers_out_of_range_cannot_be_typed(window: QWidget) -> None:
    field = _made(window, BATCH)
    assert isinstance(field, IntegerField)
    field.selectAll()
    QTest.keyClicks(field, "99999")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert 1 <= field.value() <= 4096


def test_numbers_are_typed_as_one_reads_them(window: QWidget) -> None:
    field = _made(window, RATE)
    assert isinstance(field, NumberField)
    assert field.text() == "0.002"
    for typed, value in (("1e-4", 1e-4), ("0,5", 0.5), ("3E-05", 3e-5)):
        field.selectAll()
        QTest.keyClicks(field, typed)
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert field.value_of() == pytest.approx(value)


def test_a_number_out_of_range_is_said_at_the_field_and_put_back(qtbot: QtBot, window: QWidget) -> None:
    field = _made(window, RATE)
    assert isinstance(field, NumberField)
    said: list[str] = []
    field.faulty.connect(said.append)
    field.selectAll()
    QTest.keyClicks(field, "3")
    assert said[-1] == "above 0, at most 1"
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    QTest.keyClicks(field, "abc")
    assert said[-1] == "above 0, at most 1"
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.value_of() == 2e-3
    assert said[-1] == ""


def test_arrows_go_in_round_steps(window: QWidget) -> None:
    field = _made(window, RATE)
    seen = []
    for _ in range(3):
        QTest.keyClick(field, Qt.Key.Key_Up)
        seen.append(field.value_of())
    assert seen == pytest.approx([5e-3, 1e-2, 2e-2])
    for _ in range(4):
        QTest.keyClick(field, Qt.Key.Key_Down)
    assert field.value_of() == pytest.approx(1e-3)


@given(st.floats(1e-8, 1e6))
def test_up_is_larger_down_is_smaller_and_both_are_round(value: float) -> None:
    for steps in (1, -1):
        found = _stepped(value, steps)
        assert (found > value) == (steps > 0)
        digits = f"{abs(found):.6e}".split("e")[0].rstrip("0").rstrip(".")
        assert digits in ("1", "2", "5", "0")


def test_from_zero_there_is_a_way_up_and_down_again() -> None:
    assert _stepped(0.0, 1) == 1e-3
    assert _stepped(1e-9, -1) == 0.0


def test_the_wheel_changes_only_what_has_the_focus(window: QWidget) -> None:
    first, second = _made(window, BATCH), _made(window, RATE)
    for field, changes in ((second, True), (first, False)):
        before = field.value_of()
        middle = QPointF(field.rect().center())
        wheel = QWheelEvent(
            middle,
            field.mapToGlobal(middle),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(field, wheel)
        assert (field.value_of() != before) == changes


def test_choices_may_be_several_numbers(window: QWidget) -> None:
    field = _made(window, Option("strides", "choice", (8, 4), choices=((4, 2), (8, 4))))
    assert isinstance(field, ChoiceField)
    assert field.currentText() == "8, 4"
    field.put("4,2")
    assert field.value_of() == (4, 2)
    field.put([8, 4])
    assert field.value_of() == (8, 4)


def test_values_are_written_as_the_command_line_takes_them() -> None:
    assert text_of((8, 4)) == text_of([8, 4]) == text_of("(8, 4)") == "8,4"
    assert text_of(True) == "True"


def test_ranges_are_said_and_kept() -> None:
    option = Option("decay", "number", 0.9, 0.0, 1.0, excludes_high=True)
    assert range_words(option) == "at least 0, below 1"  # type: ignore[arg-type]
    assert [allows(option, value) for value in (-0.1, 0.0, 0.5, 1.0)] == [False, True, True, False]  # type: ignore[arg-type]
    assert range_words(Option("free", "number", 0.0)) == ""  # type: ignore[arg-type]
