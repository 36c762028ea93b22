"""The models that a training can be about: whose codes a prior learns, whose weights it starts from.

The built-in ones, those of runs, and the one in use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.checkpoint import ModelCard
from engine.data.names import DATA_TITLES
from engine.errors import CodebrushError
from engine.models.registry import FAMILIES
from engine.training.shelf import RunCard
from gui.state.followed import ACTIVE
from gui.state.session import Session
from gui.state.training import TrainingState


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model there is: `place` is what the command line takes."""

    name: str
    place: str
    family: str
    data: str  # what it was trained on, where that is at hand; else ""


class TrainedModels(QObject):
    """All there are, and which of them is in use; runs that are still training wait for their end."""

    changed = Signal()

    def __init__(self, session: Session, training: TrainingState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._training = session, training
        self._builtin: dict[Path, ModelCard | None] = {}  # None for one that cannot be read
        session.statistics_changed.connect(self.changed)
        training.runs_changed.connect(self.changed)

    # With codes

    @property
    def with_codes(self) -> tuple[TrainedModel, ...]:
        """The built-in ones, the runs from the newest on, and the one in use where it is of neither."""
        current = [self.current] if self.current is not None else []
        return tuple(dict.fromkeys((*self._built_in(), *self._of_runs(), *current)))

    @property
    def current(self) -> TrainedModel | None:
        """The one in use, unless it is a snapshot of a run that is still training."""
        card = self._session.card
        return None if card is None else self.of_card(card)

    def of_card(self, card: ModelCard) -> TrainedModel | None:
        """The model of a file; None where it has no codes, or where its run is still training."""
        if not card.levels:
            return None
        run = self.run_of(card)
        if run is not None:
            return self.of_run(run)
        return self._described(card)

    def of_run(self, run: RunCard) -> TrainedModel | None:
        """That of a run, of priors the one they are for; None where there is none or it still changes."""
        if run.model is None or not has_codes(run) or run.status in ACTIVE:
            return None
        if run.prior_of:
            others = (*self._built_in(), *self._of_runs())
            known = next((model for model in others if model.name == run.prior_of), None)
            if known is not None:
                return known
        return _of_the_run(run)

    def run_of(self, card: ModelCard) -> RunCard | None:
        """The run that a model's file belongs to."""
        return next((run for run in self._training.runs if card.path.is_relative_to(run.folder)), None)

    # To start from

    def of_family(self, family: str) -> tuple[TrainedModel, ...]:
        """Those whose weights a training of the family can start from."""
        own = [self._described(card) for card in self._strangers() if card.family == family]
        runs = [_of_the_run(run) for run in self._resting() if run.family == family and not run.prior_of]
        return (*own, *runs)

    def with_priors_for(self, model: TrainedModel) -> tuple[TrainedModel, ...]:
        """Those that have priors of as many codes as the model has."""
        of = self._looked_at(model.place)
        if of is None:
            return ()
        own = [self._described(card) for card in self._strangers() if _has_priors_like(card, of)]
        cards = [(run, self._looked_at(run.model)) for run in self._resting() if run.prior_of and run.model]
        runs = [_of_the_run(run) for run, card in cards if card is not None and _has_priors_like(card, of)]
        return (*own, *runs)

    def _strangers(self) -> Iterator[ModelCard]:
        """The models that are of no run: the built-in ones, and the one in use where it is from a file."""
        yield from self._cards()
        card = self._session.card
        if card is None or card.path in self._session.builtin_models.values() or card.path.is_dir():
            return  # weights cannot be taken from an exported folder
        if self.run_of(card) is None:
            yield card

    def _resting(self) -> Iterator[RunCard]:
        return (run for run in self._training.runs if run.model is not None and run.status not in ACTIVE)

    # Looking

    def _described(self, card: ModelCard) -> TrainedModel:
        """One that is of no run."""
        if card.path in self._session.builtin_models.values():
            return TrainedModel(card.name, card.name, card.family, card.data)
        data = card.data if card.data in DATA_TITLES else ""
        return TrainedModel(card.name, str(card.path.absolute()), card.family, data)

    def _built_in(self) -> Iterator[TrainedModel]:
        return (self._described(card) for card in self._cards() if card.levels)

    def _cards(self) -> Iterator[ModelCard]:
        """Those of the built-in models."""
        for path in self._session.builtin_models.values():
            if path not in self._builtin:
                self._builtin[path] = self._looked_at(path)
            card = self._builtin[path]
            if card is not None:
                yield card

    def _looked_at(self, place: str | Path) -> ModelCard | None:
        try:
            return self._session.look(place)
        except CodebrushError:  # a damaged one, or gone; the list of models tells of it
            return None

    def _of_runs(self) -> Iterator[TrainedModel]:
        for run in self._training.runs:
            model = None if run.prior_of else self.of_run(run)  # whose model is on the list itself
            if model is not None:
                yield model


def has_codes(run: RunCard) -> bool:
    """Whether the family of a run has codes."""
    return run.family in FAMILIES and FAMILIES[run.family].discrete


def _of_the_run(run: RunCard) -> TrainedModel:
    return TrainedModel(run.name, str(run.model), run.family, run.data)


def _has_priors_like(card: ModelCard, of: ModelCard) -> bool:
    """Whether it has priors of as many codes as `of` has."""
    codes = [level.codes for level in card.levels]
    return card.prior is not None and codes == [level.codes for level in of.levels]
