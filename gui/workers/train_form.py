"""What can be asked of a training, read off the GUI thread: options, presets and their expected time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import ModelNotFound
from gui.workers.job import Ticket
from gui.workers.preload import preload_torch
from gui.workers.preset_times import preset_times
from gui.workers.trainer_process import PROGRAM

if TYPE_CHECKING:
    from engine.training.options import OptionField
    from engine.training.presets import Preset


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be trained on some data: an autoencoder of a family, or the priors of a model of it.

    `prior_of` is that model as the command line takes it, "" for an autoencoder; `start_from` the one whose
    weights it begins with, "" for random ones.
    """

    family: str
    data: str
    prior_of: str = ""
    start_from: str = ""

    def arguments(self) -> tuple[str, ...]:
        """As the command `presets` takes them."""
        what = f"--prior-of={self.prior_of}" if self.prior_of else f"--model={self.family}"
        start = (f"--start-from={self.start_from}",) if self.start_from else ()
        return what, f"--data={self.data}", *start


@dataclass(frozen=True, slots=True)
class PresetOffer:
    """A length, and the options that go with it."""

    key: str
    title: str
    tip: str
    steps: int
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TrainForm:
    """All that can be asked for: fields as they are where nothing is said, presets from short to long.

    `labels` is how many the weights know that a training starts from, None where they are told none.
    """

    subject: Subject
    fields: tuple[OptionField, ...]
    presets: tuple[PresetOffer, ...]
    labels: int | None = None


@dataclass(frozen=True, slots=True)
class FormReader:
    """How forms are made, and how long each preset will take here; both raise `CodebrushError`s."""

    read: Callable[[Subject, Ticket], TrainForm]
    times: Callable[[Subject, Ticket], Mapping[str, float]]  # seconds by the presets' keys


def program_reader(program: Sequence[str] = PROGRAM) -> FormReader:
    """What `program` can train; forms need torch, which is imported with the first one."""
    return FormReader(_read, lambda subject, ticket: preset_times(subject, ticket, program))


def _read(subject: Subject, ticket: Ticket) -> TrainForm:
    ticket.raise_if_cancelled()
    preload_torch()
    start = _start_of(subject)
    fields, offered = (_of_priors if subject.prior_of else _of_family)(subject, start)
    labels: int | None = start.get("labels")
    return TrainForm(subject, (*_of_the_run(), *fields), tuple(map(_offer, offered)), labels)


def _start_of(subject: Subject) -> Mapping[str, Any]:
    """The configuration of what it starts from; empty for random weights."""
    from engine.training.warm_start import starting_model, starting_priors

    if not subject.start_from:
        return {}
    try:
        if subject.prior_of:
            return starting_priors(subject.start_from)[0]
        return starting_model(subject.start_from, subject.family)[0].config
    except ModelNotFound as error:
        gone = f"{subject.start_from}: is no longer there to start from; choose another, or random weights"
        raise ModelNotFound(gone) from error


def _of_family(subject: Subject, model: Mapping[str, Any]) -> tuple[Sequence[OptionField], Sequence[Preset]]:
    from engine.data.open import natural_shape
    from engine.training.options import option_fields
    from engine.training.presets import presets

    shape = natural_shape(subject.data)
    return option_fields(subject.family, shape, model), presets(subject.family, shape, model)


def _of_priors(subject: Subject, prior: Mapping[str, Any]) -> tuple[Sequence[OptionField], Sequence[Preset]]:
    from engine.training.options import prior_fields
    from engine.training.presets import model_for_priors, prior_presets

    card = model_for_priors(subject.prior_of)
    return prior_fields(len(card.levels), prior), prior_presets(card.image_size)


def _offer(preset: Preset) -> PresetOffer:
    title, _, tip = preset.title.partition(": ")
    settings = dict(setting.split("=", 1) for setting in preset.settings)
    return PresetOffer(preset.name, title, f"{tip[0].upper()}{tip[1:]}", preset.steps, settings)


def _of_the_run() -> tuple[OptionField, ...]:
    """What the command line takes beside `--set`."""
    from engine.training.options import OptionField

    devices = ("auto", "cpu", "cuda", "mps")
    return (
        OptionField("steps", "training", "integer", 400, 1, description="batches", advanced=False),
        OptionField("seed", "training", "integer", 0, 0, description="all that is random follows from it"),
        OptionField("device", "training", "choice", "auto", choices=devices, description="what computes"),
    )
