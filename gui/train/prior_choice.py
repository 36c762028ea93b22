"""Whose codes a prior is to learn: the models that have some."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from gui import theme
from gui.state.code_models import CodeModel
from gui.train.words import family_title
from gui.workers.data_look import data_title

NONE_YET = "A prior learns the codes of a model: train a VQ-VAE or VQ-VAE-2 first"


class PriorChoice(QWidget):
    """`model` is the one chosen; None where there is none to choose."""

    chosen = Signal()  # by hand

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offered: tuple[CodeModel, ...] = ()
        self._wished: CodeModel | None = None
        self.combo = QComboBox(self)
        self.combo.setAccessibleName("Model")
        self.combo.setToolTip("Whose codes the prior learns\nThe model itself stays as it is")
        self.combo.activated.connect(self._activated)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.SPACE_2)
        rows.addWidget(self.combo)

    @property
    def model(self) -> CodeModel | None:
        at = self.combo.currentIndex()
        return self._offered[at] if 0 <= at < len(self._offered) else None

    def offer(self, models: Sequence[CodeModel], current: CodeModel | None) -> None:
        """The models there are; the one wished for stays, before there was a wish the `current` one is it."""
        self._fill(tuple(models), self._wished or current)

    def choose(self, model: CodeModel) -> None:
        """Choose a model, without telling; one that is not on the list comes onto it."""
        self._wished = model
        self._fill(self._offered, model)

    def _fill(self, models: tuple[CodeModel, ...], wanted: CodeModel | None) -> None:
        known = next((model for model in models if wanted is not None and model.place == wanted.place), None)
        if known is None and wanted is not None:
            models, known = (*models, wanted), wanted
        if models != self._offered:
            self._offered = models
            self.combo.clear()
            for place, model in enumerate(models):
                self.combo.addItem(model.name)
                self.combo.setItemData(place, _about(model), Qt.ItemDataRole.ToolTipRole)
        self.combo.setCurrentIndex(models.index(known) if known is not None else min(0, len(models) - 1))
        self.combo.setEnabled(bool(models))

    def _activated(self, at: int) -> None:
        if self._offered[at] != self._wished:
            self._wished = self._offered[at]
            self.chosen.emit()


def _about(model: CodeModel) -> str:
    on = f" on {data_title(model.data)}" if model.data else ""
    return f"{family_title(model.family)}{on}\n{model.place}"
