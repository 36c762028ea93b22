"""What a training begins with: random weights, or those of a model that fits what is to be trained."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from gui.state.trained_models import TrainedModel
from gui.train.model_choice import ModelChoice
from gui.train.words import label_words
from gui.workers.data_look import DataLook, data_title

_TIP = "Weights to begin with; the model they are of stays as it is"
_NOTE = "Its architecture comes with it; how it learns, and from what, is chosen here"


class StartChoice(ModelChoice):
    """Without a `model`, weights are random."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Start from", _TIP, "Random weights", _NOTE, parent)

    def offer_of(self, kind: str, models: Sequence[TrainedModel]) -> bool:
        """The models of a kind there are, and whether the chosen one was among them and no longer is."""
        was_there = self._is_offered
        self.offer(models)
        self.combo.setToolTip(_TIP if models else f"{_TIP}\nThere is no trained {kind} yet that would fit")
        return was_there and not self._is_offered

    def label_fault(self, known: int | None, look: DataLook | None) -> str:
        """Why weights that know so many labels do not fit the data; empty where they do."""
        if self.model is None or look is None or known is None:
            return ""
        has = len(look.labels) if look.is_labelled else 0
        if has == known:
            return ""
        there = f"{data_title(look.name)} has {label_words(has)}"
        return f"{self.model.name} knows {label_words(known)}, {there}: choose other data, or random weights"

    @property
    def _is_offered(self) -> bool:
        """Whether the chosen one is on the list that was given."""
        return self.model in self._given
