"""A widget for one option: it takes only what is in the option's range, or says what is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QDoubleSpinBox, QSpinBox, QWidget

if TYPE_CHECKING:
    from engine.training.options import OptionField

WIDTH = 128
_LARGEST = 2**31 - 1
_TINY = 1e-12
_DIGITS = (1, 2, 5)


class _NoStrayWheel(QObject):
    """Lets the wheel scroll the form instead of changing a number that nobody meant."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QWheelEvent) and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class IntegerField(QSpinBox):
    """Whole numbers; what is out of range cannot be typed."""

    def __init__(self, field: OptionField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        low = -_LARGEST if field.low is None else int(field.low) + field.excludes_low
        high = _LARGEST if field.high is None else min(_LARGEST, int(field.high) - field.excludes_high)
        self.setRange(low, high)
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        self.setGroupSeparatorShown(False)

    def value_of(self) -> Any:
        return self.value()

    def put(self, value: Any) -> None:
        self.setValue(int(value))


class NumberField(QDoubleSpinBox):
    """Numbers of any size, written as one reads them; arrows go 1, 2, 5, 10. `faulty` says what is wrong."""

    faulty = Signal(str)  # empty when all is well

    def __init__(self, field: OptionField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = field
        self.setDecimals(12)
        low = -1e12 if field.low is None else field.low + _TINY * field.excludes_low
        high = 1e12 if field.high is None else field.high - _TINY * field.excludes_high
        self.setRange(low, high)
        self.lineEdit().textEdited.connect(self._judge)
        self.editingFinished.connect(lambda: self.faulty.emit(""))  # what was wrong has been put back

    def value_of(self) -> Any:
        return float(f"{self.value():.6g}")

    def put(self, value: Any) -> None:
        self.setValue(float(value))

    def textFromValue(self, value: float) -> str:
        return f"{value:.6g}"

    def valueFromText(self, text: str) -> float:
        number = _parsed(text)
        return self.value() if number is None else number

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        number = _parsed(text)
        good = number is not None and allows(self._field, number)
        return QValidator.State.Acceptable if good else QValidator.State.Intermediate, text, position

    def fixup(self, text: str) -> str:
        del text
        return self.textFromValue(self.value())

    def stepBy(self, steps: int) -> None:
        self.setValue(_stepped(self.value(), steps))

    def _judge(self, text: str) -> None:
        number = _parsed(text)
        wrong = number is None or not allows(self._field, number)
        self.faulty.emit((range_words(self._field) or "a number") if wrong else "")


class ChoiceField(QComboBox):
    """One of a few."""

    def __init__(self, field: OptionField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        for choice in field.choices:
            self.addItem(text_of(choice).replace(",", ", "), choice)

    def value_of(self) -> Any:
        return self.currentData()

    def put(self, value: Any) -> None:
        texts = [text_of(self.itemData(place)) for place in range(self.count())]
        self.setCurrentIndex(texts.index(text_of(value)) if text_of(value) in texts else -1)


class SwitchField(QCheckBox):
    """On or off."""

    def value_of(self) -> Any:
        return self.isChecked()

    def put(self, value: Any) -> None:
        self.setChecked(str(value).lower() in ("true", "1"))


Field = IntegerField | NumberField | ChoiceField | SwitchField


def make_field(field: OptionField, parent: QWidget) -> Field:
    """The widget for an option, with its default."""
    widget: Field
    if field.kind == "integer":
        widget = IntegerField(field, parent)
    elif field.kind == "number":
        widget = NumberField(field, parent)
    elif field.kind == "choice":
        widget = ChoiceField(field, parent)
    else:
        widget = SwitchField(parent)
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(_NoStrayWheel(widget))
    widget.put(field.default)
    widget.setEnabled(not field.is_given)
    return widget


def text_of(value: Any) -> str:
    """A value as the command line takes it: numbers of a tuple with commas between them."""
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return str(value).strip("()[]").replace(" ", "")


def range_words(field: OptionField) -> str:
    """What may be typed: `above 0, at most 1`; empty where anything may."""
    words = []
    if field.low is not None:
        words.append(f"{'above' if field.excludes_low else 'at least'} {field.low:g}")
    if field.high is not None:
        words.append(f"{'below' if field.excludes_high else 'at most'} {field.high:g}")
    return ", ".join(words)


def allows(field: OptionField, value: float) -> bool:
    """Whether a number is in the option's range."""
    above = field.low is None or (value > field.low if field.excludes_low else value >= field.low)
    below = field.high is None or (value < field.high if field.excludes_high else value <= field.high)
    return above and below


def _parsed(text: str) -> float | None:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _stepped(value: float, steps: int) -> float:
    """The next of ..., 0.1, 0.2, 0.5, 1, 2, 5, 10, ...; from zero up to a thousandth."""
    for _ in range(abs(steps)):
        value = _next(value) if steps > 0 else -_next(-value)
    return value


def _next(value: float) -> float:
    """The next larger round number."""
    if value == 0:
        return 1e-3
    if value < 0:  # towards zero
        power = 10.0 ** math.floor(math.log10(-value) + 1e-9)
        below = [digit * power for digit in (0.5, *_DIGITS) if digit * power < -value * (1 - 1e-9)]
        smaller = max(below)
        return -smaller if smaller >= 1e-9 else 0.0
    power = 10.0 ** math.floor(math.log10(value) + 1e-9)
    return min(digit * power for digit in (*_DIGITS, 10) if digit * power > value * (1 + 1e-9))
