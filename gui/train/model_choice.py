"""One of the models there are: whose codes a prior is to learn, or whose weights a training starts from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.state.trained_models import TrainedModel
from gui.train.words import family_title
from gui.workers.data_look import data_title


class ModelChoice(QWidget):
    """`model` is the one chosen; None where there is none to choose, or where nothing is."""

    chosen = Signal()  # by hand

    def __init__(
        self, name: str, tip: str, nothing: str = "", note: str = "", parent: QWidget | None = None
    ) -> None:
        """`nothing` names a first entry that is no model; `note` stands below the others."""
        super().__init__(parent)
        self._nothing = nothing
        self._given: tuple[TrainedModel, ...] = ()
        self._offered: tuple[TrainedModel, ...] = ()  # and one that was chosen without being given
        self._wished: TrainedModel | None = None
        self.combo, self.note = QComboBox(self), QLabel(note, self)
        self.combo.setAccessibleName(name)
        self.combo.setToolTip(tip)
        self.combo.activated.connect(self._activated)
        self.note.setProperty("role", "caption")
        self.note.setWordWrap(True)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.SPACE_2)
        rows.addWidget(self.combo)
        rows.addWidget(self.note)
        self._list(())
        self._choose(None)

    @property
    def model(self) -> TrainedModel | None:
        found: TrainedModel | None = self.combo.currentData()
        return found

    def offer(self, models: Sequence[TrainedModel], current: TrainedModel | None = None) -> None:
        """The models there are; the one wished for stays, before there was a wish the `current` one is it."""
        self._given = tuple(models)
        self._fill(self._given, self._wished or current)

    def choose(self, model: TrainedModel | None) -> None:
        """Choose a model, without telling; one that is not on the list comes onto it."""
        self._wished = model
        self._fill(self._offered, model)

    def _fill(self, models: tuple[TrainedModel, ...], wanted: TrainedModel | None) -> None:
        known = next((model for model in models if wanted is not None and model.place == wanted.place), None)
        if known is None and wanted is not None:
            models, known = (*models, wanted), wanted
        if models != self._offered:
            self._list(models)
        self._choose(known)

    def _list(self, models: tuple[TrainedModel, ...]) -> None:
        self._offered = models
        self.combo.clear()
        if self._nothing:
            self.combo.addItem(self._nothing)
        for model in models:
            self.combo.addItem(model.name, model)
            self.combo.setItemData(self.combo.count() - 1, _about(model), Qt.ItemDataRole.ToolTipRole)
        self.combo.setEnabled(bool(models))

    def _choose(self, model: TrainedModel | None) -> None:
        at = bool(self._nothing) + self._offered.index(model) if model is not None else 0
        self.combo.setCurrentIndex(min(at, self.combo.count() - 1))
        self._show_note()

    def _show_note(self) -> None:
        self.note.setVisible(bool(self.note.text()) and self.model is not None)

    def _activated(self) -> None:
        if self.model != self._wished:
            self._wished = self.model
            self._show_note()
            self.chosen.emit()


def _about(model: TrainedModel) -> str:
    on = f" on {data_title(model.data)}" if model.data else ""
    return f"{family_title(model.family)}{on}\n{model.place}"
