"""A form without torch, as a family's options make one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from engine.errors import ModelNotFound, OptionFault
from gui.workers.job import Ticket
from gui.workers.train_form import FormReader, PresetOffer, Subject, TrainForm


@dataclass(frozen=True, slots=True)
class Option:
    """As `engine.training.options.OptionField`, whose module imports torch."""

    name: str
    kind: str
    default: Any
    low: float | None = None
    high: float | None = None
    excludes_low: bool = False
    excludes_high: bool = False
    choices: tuple[Any, ...] = ()
    description: str = ""
    advanced: bool = False
    section: str = "model"
    is_given: bool = False

    def setting(self, value: Any) -> str:
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        return f"{self.name}={text}"


COMMON: tuple[Option, ...] = (
    Option("steps", "integer", 1000, 1, description="batches to learn from"),
    Option("batch_size", "integer", 16, 1, 4096, description="pictures per step"),
    Option("learning_rate", "number", 2e-3, 0.0, 1.0, excludes_low=True, description="step size"),
    Option("clip_norm", "number", 0.0, 0.0, advanced=True, description="longest gradient"),
    Option("decay", "number", 0.99, 0.0, 1.0, excludes_high=True, advanced=True),
    Option("precision", "choice", "auto", choices=("auto", "float32", "bfloat16"), advanced=True),
    Option("seed", "integer", 0, 0, advanced=True, description="what is random follows from it"),
    Option("device", "choice", "auto", choices=("auto", "cpu", "cuda", "mps"), advanced=True),
)
CODES = Option("codes", "integer", 512, 2, 8192, description="size of the codebook, K")
STRIDES = Option("strides", "choice", (8, 4), choices=((4, 2), (8, 4), (16, 8)), description="px per code")
CHANNELS = Option("channels", "integer", 96, 4, 1024, description="channels of both stacks", section="prior")
STARTED = {
    "codes": Option("codes", "integer", 64, 2, 8192, is_given=True),
    "channels": Option("channels", "integer", 24, 4, 1024, section="prior", is_given=True),
    "decay": Option("decay", "number", 0.5, 0.0, 1.0, excludes_high=True),
}
"""As with weights to start from."""
LATENT = Option("latent_dim", "integer", 32, 1, 512, description="numbers per picture, D")
MIXED = Option("mixed", "switch", False, advanced=True)
PRESETS = (
    PresetOffer("quick", "Quick look", "Blurred, but it shows what will come", 400, {}),
    PresetOffer("good", "Good", "What most want", 3000, {"batch_size": 32}),
    PresetOffer("best", "Best", "As good as the default network gets", 30000, {"batch_size": 32}),
)


def options_of(family: str, is_prior: bool = False) -> tuple[Option, ...]:
    if is_prior:
        return (COMMON[0], CHANNELS, *COMMON[1:])
    own = {"vqvae": (CODES,), "vqvae2": (CODES, STRIDES)}.get(family, (LATENT, MIXED))
    return (COMMON[0], *own, *COMMON[1:])


def read(subject: Subject, ticket: Ticket) -> TrainForm:
    ticket.raise_if_cancelled()
    if subject.data == "unreadable":
        raise OptionFault("this data has no form")
    if subject.start_from == "gone":
        raise ModelNotFound("gone: is no longer there to start from")
    fields = options_of(subject.family, bool(subject.prior_of))
    labels = None
    if subject.start_from:
        fields = tuple(STARTED.get(field.name, field) for field in fields)
        labels = 3 if subject.start_from == "three-labels" else None
    return TrainForm(subject, fields, PRESETS, labels)  # type: ignore[arg-type]


def times(subject: Subject, ticket: Ticket) -> dict[str, float]:
    """A tenth of a second per step, two of a prior's."""
    ticket.raise_if_cancelled()
    return {offer.key: offer.steps * (0.2 if subject.prior_of else 0.1) for offer in PRESETS}


READER = FormReader(read, times)


def with_fields(form: TrainForm, *options: Option) -> TrainForm:
    return replace(form, fields=options)  # type: ignore[arg-type]
