"""What can be asked of a training, read off the GUI thread: options, presets and their expected time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gui.workers.job import Ticket

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
