"""What can be asked of a training, read off the GUI thread: options, presets and their expected time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gui.workers.job import Ticket
from gui.workers.preload import preload_torch

if TYPE_CHECKING:
    from engine.training.options import OptionField


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
    """How forms are made and times are measured; both raise `CodebrushError`s."""

    read: Callable[[str, str, Ticket], TrainForm]
    seconds: Callable[[TrainForm, Ticket], Mapping[str, float]]  # by the preset's key


_LENGTHS = {"quick": ("Quick look", 300), "good": ("Good", 3000), "best": ("Best", 30000)}


def program_reader() -> FormReader:
    """The program's own families; needs torch, which is imported with the first form."""
    return FormReader(_read, lambda _form, _ticket: {})


def _read(family: str, data: str, ticket: Ticket) -> TrainForm:
    ticket.raise_if_cancelled()
    preload_torch()
    from engine.data.open import natural_shape
    from engine.training.options import OptionField, option_fields

    fields = option_fields(family, natural_shape(data))
    steps = OptionField("steps", "training", "integer", 300, 1, description="batches", advanced=False)
    seed = OptionField("seed", "training", "integer", 0, 0, description="all that is random follows from it")
    places = ("auto", "cpu", "cuda", "mps")
    device = OptionField("device", "training", "choice", "auto", choices=places, description="what computes")
    presets = (PresetOffer(key, title, "", count, {}) for key, (title, count) in _LENGTHS.items())
    return TrainForm(family, data, (steps, *fields, seed, device), tuple(presets))
