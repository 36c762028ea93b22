"""What a run is asked to do, and `--set key=value` onto the config it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from engine.data.batches import Augmentation, CodeAugmentation
from engine.data.source import DataShape
from engine.data.variations import Variations
from engine.errors import OptionFault
from engine.models.base import ModelConfig
from engine.models.registry import family_named
from engine.priors.pixelcnn import PriorConfig
from engine.training.defaults import PRIOR_SETTINGS, default_settings


class TrainingConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a model learns: AdamW, linear warm-up, then a cosine to zero."""

    batch_size: Annotated[int, Meta(ge=1, le=4096, description="pictures per step, of all processes")] = 16
    learning_rate: Annotated[float, Meta(gt=0.0, le=1.0, description="step size after the warm-up")] = 2e-3
    warmup_steps: Annotated[int, Meta(ge=0, description="steps of linear warm-up")] = 100
    weight_decay: Annotated[float, Meta(ge=0.0, le=1.0, description="of AdamW; 0 is plain Adam")] = 0.0
    adam_beta2: Annotated[
        float, Meta(ge=0.0, lt=1.0, description="decay of AdamW's squares; nearer to 1, runs diverge sooner")
    ] = 0.99
    adam_epsilon: Annotated[
        float,
        Meta(gt=0.0, le=1.0, description="of AdamW; larger ones leave weights of small gradients alone"),
    ] = 1e-8
    clip_norm: Annotated[float, Meta(ge=0.0, description="longest gradient, shortened to it; 0 = any")] = 0.0
    ema_decay: Annotated[
        float, Meta(ge=0.0, lt=1.0, description="of averaged weights, which are the ones saved; 0 = none")
    ] = 0.0
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"], Meta(description="auto: bfloat16 where the processor has it")
    ] = "auto"
    validations: Annotated[int, Meta(ge=1, le=1000, description="validations over the run")] = 20
    keep: Annotated[
        Literal["best", "newest"],
        Meta(description="the model that a run leaves: of its best validation or of the newest"),
    ] = "best"
    snapshot_s: Annotated[float, Meta(gt=0.0, description="seconds between snapshots")] = 60.0


class Length(msgspec.Struct, frozen=True, kw_only=True):
    """How long to train, one of the three; minutes become steps once the pace has been measured."""

    minutes: float | None = None
    epochs: float | None = None
    steps: Annotated[int, Meta(ge=1)] | None = None


Sections = Mapping[str, type[msgspec.Struct]]
"""Configs by name, among which options are shared out."""


class PriorOf(msgspec.Struct, frozen=True, kw_only=True):
    """The priors of a run of stage 2, and the model whose codes they learn."""

    model: str  # a built-in name or a path
    name: str  # what a person calls it
    model_id: str
    config: dict[str, Any]


class StartFrom(msgspec.Struct, frozen=True, kw_only=True):
    """The model whose weights a run begins with, or whose priors' where it trains priors."""

    model: str  # a built-in name or a path
    name: str  # what a person calls it
    weights_id: str  # its `model_id`, or the `prior_id` of its priors


class RunConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`config.json` of a run folder: all that training depends on.

    Where it has a `prior`, priors are trained; `family` and `model` are then those of the model they are for.
    """

    format: Literal[1] = 1
    family: str
    model: dict[str, Any]
    training: TrainingConfig
    augmentation: Augmentation
    data: str
    seed: Annotated[int, Meta(ge=0)]
    device: str | None
    threads: Annotated[int, Meta(ge=1, le=1024)]
    length: Length
    preset: str | None = None
    total_steps: Annotated[int, Meta(ge=1)] | None  # None until the pace has been measured
    validations: Annotated[int, Meta(ge=1)] | None = None  # fewer than wished for, where time is short
    prior: PriorOf | None = None
    start_from: StartFrom | None = None  # None: random weights
    variations: Variations = Variations()  # that priors learn the codes of, too


def parse_settings(
    family: str,
    settings: Sequence[str],
    batch_size: int | None,
    shape: DataShape | None = None,
    model: Mapping[str, Any] | None = None,
) -> tuple[ModelConfig, TrainingConfig, Augmentation]:
    """Each `key=value` goes to the config that has the key; raises `OptionFault` naming key and range.

    What is not set is as in `model`, then as `default_settings` says for data of that shape, or for none.
    """
    sections = sections_of(family)
    asked = _asked(sections, settings, batch_size)
    known = {} if shape is None else default_settings(family, shape, asked)
    parsed = _parsed(sections, {**known, **(model or {}), **asked})
    return parsed["model"], parsed["training"], parsed["augmentation"]


def parse_prior_settings(
    settings: Sequence[str], batch_size: int | None, prior: Mapping[str, Any] | None = None
) -> tuple[PriorConfig, TrainingConfig, Augmentation, Variations]:
    """As `parse_settings`, for priors."""
    asked = _asked(PRIOR_SECTIONS, settings, batch_size)
    parsed = _parsed(PRIOR_SECTIONS, {**PRIOR_SETTINGS, **(prior or {}), **asked})
    of_codes = msgspec.structs.asdict(parsed["augmentation"])
    augmentation = Augmentation(**of_codes, crops=0.0, zooms=0.0, flats=0.0, gradients=0.0)
    return parsed["prior"], parsed["training"], augmentation, parsed["variations"]


def settings_beside(config: RunConfig, settings: Sequence[str]) -> list[tuple[str, Any, Any]]:
    """Each setting's key, the value it asks for and the one the run has."""
    known: dict[str, Any] = {
        "training": config.training,
        "augmentation": config.augmentation,
        "variations": config.variations,
    }
    if config.prior is None:
        sections: Sections = sections_of(config.family)
        known["model"] = model_config(config.family, config.model)
    else:
        sections = PRIOR_SECTIONS
        known["prior"] = _convert(config.prior.config, PriorConfig)
    beside = []
    for key, value in _pairs(sections, settings):
        owner = _owner(sections, key)
        asked = getattr(_convert({key: value}, sections[owner]), key)
        beside.append((key, asked, getattr(known[owner], key)))
    return beside


def model_config(family: str, values: Mapping[str, Any]) -> ModelConfig:
    """The configuration of a family; raises `OptionFault`."""
    return _convert(values, family_named(family).config_class())  # type: ignore[no-any-return]


PRIOR_SECTIONS: Sections = {
    "prior": PriorConfig,
    "training": TrainingConfig,
    "augmentation": CodeAugmentation,
    "variations": Variations,
}
"""The configs that options of priors go to."""


def sections_of(family: str) -> dict[str, type[msgspec.Struct]]:
    """The configs that options of a family go to. Raises `OptionFault`."""
    return {
        "model": family_named(family).config_class(),
        "training": TrainingConfig,
        "augmentation": Augmentation,
    }


def _asked(sections: Sections, settings: Sequence[str], batch_size: int | None) -> dict[str, Any]:
    asked: dict[str, Any] = dict(_pairs(sections, settings))
    return asked if batch_size is None else {**asked, "batch_size": batch_size}


def _parsed(sections: Sections, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Each setting in the config that has it, as the config wants it."""
    values: dict[str, dict[str, Any]] = {name: {} for name in sections}
    for key, value in settings.items():
        values[_owner(sections, key)][key] = value
    return {name: _convert(values[name], section) for name, section in sections.items()}


def _pairs(sections: Sections, settings: Sequence[str]) -> list[tuple[str, str]]:
    known = sorted(field for section in sections.values() for field in section.__struct_fields__)
    pairs = []
    for setting in settings:
        key, separator, value = setting.partition("=")
        if not separator or key not in known:
            raise OptionFault(f"--set {setting}: use key=value with a key of {', '.join(known)}")
        pairs.append((key, value))
    return pairs


def _owner(sections: Sections, key: str) -> str:
    return next(name for name, section in sections.items() if key in section.__struct_fields__)


def _convert(values: Mapping[str, Any], cls: type[msgspec.Struct]) -> Any:
    try:
        return msgspec.convert({k: _listed(cls, k, v) for k, v in values.items()}, cls, strict=False)
    except msgspec.ValidationError as error:
        fault, _, key = str(error).partition(" - at `$.")
        raise OptionFault(f"option {key.rstrip('`')}: {fault[0].lower()}{fault[1:]}") from error


def _listed(cls: type[msgspec.Struct], key: str, value: Any) -> Any:
    """`8,4` as the list that it is where the option holds several values."""
    is_list = isinstance(getattr(cls(), key, None), tuple)
    return value.split(",") if is_list and isinstance(value, str) else value
