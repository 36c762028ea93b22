"""The models whose codes a prior can learn: the built-in ones, those of runs, and the one in use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.checkpoint import ModelCard
from engine.errors import CodebrushError
from engine.models.registry import FAMILIES
from engine.training.shelf import RunCard
from gui.state.followed import ACTIVE
from gui.state.session import Session
from gui.state.training import TrainingState


@dataclass(frozen=True, slots=True)
class CodeModel:
    """A model with codes: `place` is what the command line takes."""

    name: str
    place: str
    family: str
    data: str  # what it was trained on, where that is at hand; else ""


class CodeModels(QObject):
    """All there are, and which of them is in use; runs that are still training wait for their end."""

    changed = Signal()

    def __init__(self, session: Session, training: TrainingState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._training = session, training
        self._builtin: dict[Path, CodeModel | None] = {}  # None for one without codes
        session.statistics_changed.connect(self.changed)
        training.runs_changed.connect(self.changed)

    @property
    def models(self) -> tuple[CodeModel, ...]:
        """The built-in ones, the runs from the newest on, and the one in use where it is of neither."""
        current = [self.current] if self.current is not None else []
        return tuple(dict.fromkeys((*self._built_in(), *self._of_runs(), *current)))

    @property
    def current(self) -> CodeModel | None:
        """The one in use, unless it is a snapshot of a run that is still training."""
        card = self._session.card
        return None if card is None else self.of_card(card)

    def of_card(self, card: ModelCard) -> CodeModel | None:
        """The model of a file; None where it has no codes, or where its run is still training."""
        if not card.levels:
            return None
        run = self.run_of(card)
        if run is not None:
            return self.of_run(run)
        if card.path in self._session.builtin_models.values():
            return CodeModel(card.name, card.name, card.family, card.data)
        from engine.data.builtin import BUILTIN  # reads pictures: nothing that a start should wait for

        data = card.data if card.data in BUILTIN else ""
        return CodeModel(card.name, str(card.path.absolute()), card.family, data)

    def of_run(self, run: RunCard) -> CodeModel | None:
        """That of a run, of priors the one they are for; None where there is none or it still changes."""
        if run.model is None or not has_codes(run) or run.status in ACTIVE:
            return None
        if run.prior_of:
            others = (*self._built_in(), *self._of_runs())
            known = next((model for model in others if model.name == run.prior_of), None)
            if known is not None:
                return known
        return CodeModel(run.name, str(run.model), run.family, run.data)

    def run_of(self, card: ModelCard) -> RunCard | None:
        """The run that a model's file belongs to."""
        return next((run for run in self._training.runs if card.path.is_relative_to(run.folder)), None)

    def _built_in(self) -> Iterator[CodeModel]:
        for path in self._session.builtin_models.values():
            if path not in self._builtin:
                self._builtin[path] = self._looked_at(path)
            model = self._builtin[path]
            if model is not None:
                yield model

    def _looked_at(self, path: Path) -> CodeModel | None:
        try:
            return self.of_card(self._session.look(path))
        except CodebrushError:  # a damaged one; the list of models tells of it
            return None

    def _of_runs(self) -> Iterator[CodeModel]:
        for run in self._training.runs:
            model = None if run.prior_of else self.of_run(run)  # whose model is on the list itself
            if model is not None:
                yield model


def has_codes(run: RunCard) -> bool:
    """Whether the family of a run has codes."""
    return run.family in FAMILIES and FAMILIES[run.family].discrete
