"""What can be asked of a training, read off the GUI thread: options, presets and their expected time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gui.workers.job import Ticket
from gui.workers.preload import preload_torch

if TYPE_CHECKING:
    from engine.training.options import OptionField
    from engine.training.presets import Preset


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
    """All that can be asked for: fields as they are where nothing is said, presets from short to long."""

    family: str
    data: str
    fields: tuple[OptionField, ...]
    presets: tuple[PresetOffer, ...]


@dataclass(frozen=True, slots=True)
class FormReader:
    """How forms are made, and how long a preset will take here; both raise `CodebrushError`s."""

    read: Callable[[str, str, Ticket], TrainForm]  # of a family on some data
    seconds: Callable[[TrainForm, PresetOffer, Ticket], float]


def program_reader() -> FormReader:
    """The program's own families; needs torch, which is imported with the first form."""
    return FormReader(_read, _seconds)


def _read(family: str, data: str, ticket: Ticket) -> TrainForm:
    ticket.raise_if_cancelled()
    preload_torch()
    from engine.data.open import natural_shape
    from engine.training.options import option_fields
    from engine.training.presets import presets

    shape = natural_shape(data)
    offers = tuple(map(_offer, presets(family, shape)))
    return TrainForm(family, data, (*_of_the_run(), *option_fields(family, shape)), offers)


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


def _seconds(form: TrainForm, offer: PresetOffer, ticket: Ticket) -> float:
    ticket.raise_if_cancelled()
    from engine.data.open import natural_shape
    from engine.training.presets import expected_seconds

    settings = [f"{name}={value}" for name, value in offer.settings.items()]
    return expected_seconds(form.family, settings, offer.steps, natural_shape(form.data))
