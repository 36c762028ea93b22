"""The options of a training: the few that matter, and all others folded away below them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui import theme
from gui.train.option_fields import (
    WIDTH,
    ChoiceField,
    Field,
    IntegerField,
    NumberField,
    make_field,
    range_words,
)

if TYPE_CHECKING:
    from engine.training.options import OptionField

GIVEN = "Comes with the weights it starts from: no other value fits them"
_ACRONYMS = {"kl": "KL", "ema": "EMA", "vae": "VAE", "mlp": "MLP", "px": "px"}


class OptionsForm(QWidget):
    """Fields by the options' names; what differs from where it began is said by a brighter label."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, Field] = {}
        self.rows: dict[str, OptionRow] = {}
        self._base: dict[str, Any] = {}
        self._advanced = QWidget(self)
        self.fold = QPushButton("Advanced", self)
        self.fold.setProperty("role", "fold")
        self.fold.hide()
        self.fold.clicked.connect(lambda: self._unfold(not self._is_unfolded))
        self._plain_grid, self._advanced_grid = QGridLayout(), QGridLayout(self._advanced)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.SPACE_2)
        for grid in (self._plain_grid, self._advanced_grid):
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setHorizontalSpacing(theme.SPACE_2)
            grid.setVerticalSpacing(theme.SPACE_1)
            grid.setColumnStretch(0, 1)
        rows.addLayout(self._plain_grid)
        rows.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addWidget(self._advanced)
        self._unfold(False)

    def show_fields(self, fields: Sequence[OptionField]) -> None:
        """Make a row per option; values that were changed by hand are kept where an option stays."""
        kept = self.changed_values()
        for row in self.rows.values():
            row.remove()
        self.rows, self.fields, self._base = {}, {}, {}
        places = {False: 0, True: 0}
        for field in fields:
            grid = self._advanced_grid if field.advanced else self._plain_grid
            row = OptionRow(field, self)
            row.place(grid, places[field.advanced])
            places[field.advanced] += 2
            row.changed.connect(self._note)
            self.rows[field.name], self.fields[field.name] = row, row.field
            self._base[field.name] = row.field.value_of()
        self.fold.setVisible(places[True] > 0)
        self._unfold(self._is_unfolded)
        self.put({name: value for name, value in kept.items() if name in self.fields})

    def begin_from(self, values: Mapping[str, Any]) -> None:
        """Where options begin, and what a double click on them brings back; what was changed stays."""
        kept = self.changed_values()
        for name, row in self.rows.items():
            if name in values:
                row.reset_to(values[name])
                self._base[name] = row.field.value_of()
        self.put(kept)
        self._note()

    def put(self, values: Mapping[str, Any]) -> None:
        """Set some options as if by hand; unknown ones are left out, and those that are given."""
        for name, value in values.items():
            if name in self.fields and not self.rows[name].is_given:
                self.fields[name].put(value)

    def reset_some(self, names: Sequence[str]) -> None:
        """These options to where they began."""
        for name in names:
            if name in self.rows:
                self.rows[name].reset()

    def values(self) -> dict[str, Any]:
        return {name: field.value_of() for name, field in self.fields.items()}

    def changed_values(self) -> dict[str, Any]:
        """Those that differ from where they began."""
        return {name: value for name, value in self.values().items() if value != self._base[name]}

    def _note(self) -> None:
        self.changed.emit()

    def _unfold(self, unfolded: bool) -> None:
        self._is_unfolded = unfolded
        self._advanced.setVisible(unfolded)
        count = self._advanced_grid.count() // 3
        self.fold.setText(f"Advanced ({count})" if not unfolded else "Fewer options")
        self.fold.setIcon(theme.icon("chevron-down" if unfolded else "chevron-right", theme.SECONDARY))


class OptionRow(QObject):
    """Label, field, and below them what is wrong."""

    changed = Signal()

    def __init__(self, field: OptionField, parent: QWidget) -> None:
        super().__init__(parent)
        self._begins_at: Any = field.default
        self.is_given = field.is_given
        self.label = _ResettingLabel(title_of(field.name), parent)
        self.label.reset.connect(self.reset)
        self.field = make_field(field, parent)
        self.field.setFixedWidth(WIDTH)
        self.fault = QLabel(parent)
        self.fault.setProperty("role", "bad")
        self.fault.setFont(theme.font(theme.CAPTION_PX))
        self.fault.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.fault.hide()
        self._describe(field)
        self._listen()
        self._begins_at = self.field.value_of()
        self._mark()

    @property
    def is_changed(self) -> bool:
        return bool(self.field.value_of() != self._begins_at)

    def place(self, grid: QGridLayout, row: int) -> None:
        grid.addWidget(self.label, row, 0)
        grid.addWidget(self.field, row, 1)
        grid.addWidget(self.fault, row + 1, 0, 1, 2)

    def remove(self) -> None:
        for widget in (self.label, self.field, self.fault):
            widget.hide()
            widget.deleteLater()
        self.deleteLater()

    def reset(self) -> None:
        """Back to where it began."""
        self.field.put(self._begins_at)

    def reset_to(self, value: Any) -> None:
        """Begin somewhere else."""
        self.field.put(value)
        self._begins_at = self.field.value_of()
        self._mark()

    def _describe(self, field: OptionField) -> None:
        words = [field.description or title_of(field.name), f"option {field.name}"]
        if range_words(field):
            words[1] += f", {range_words(field)}"
        words.append(GIVEN if field.is_given else "Double click to reset")
        for widget in (self.label, self.field):
            widget.setToolTip("\n".join(words))
        self.field.setAccessibleName(title_of(field.name))
        self.field.setAccessibleDescription(field.description)
        self.label.setBuddy(self.field)

    def _listen(self) -> None:
        field = self.field
        if isinstance(field, IntegerField | NumberField):
            field.valueChanged.connect(self._note)
        elif isinstance(field, ChoiceField):
            field.currentIndexChanged.connect(self._note)
        else:
            field.toggled.connect(self._note)
        if isinstance(field, NumberField):
            field.faulty.connect(self._say)

    def _note(self) -> None:
        self._mark()
        self.changed.emit()

    def _mark(self) -> None:
        theme.restyle(self.label, "role", "" if self.is_changed else "secondary")

    def _say(self, fault: str) -> None:
        self.fault.setText(fault)
        self.fault.setVisible(bool(fault))


class _ResettingLabel(QLabel):
    """A double click resets what it names."""

    reset = Signal()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.reset.emit()


def title_of(name: str) -> str:
    """An option's name in words: `kl_weight` -> KL weight."""
    words = [_ACRONYMS.get(word, word) for word in name.split("_")]
    text = " ".join(words)
    return text[0].upper() + text[1:]
