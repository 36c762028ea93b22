"""What a run is asked to do, and `--set key=value` onto the config it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from engine.data.batches import Augmentation
from engine.errors import OptionFault
from engine.models.base import ModelConfig
from engine.models.registry import family_named


class TrainingConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a model learns: Adam, linear warm-up, then a cosine to zero."""

    batch_size: Annotated[int, Meta(ge=1, le=4096)] = 16
    learning_rate: Annotated[float, Meta(gt=0.0, le=1.0)] = 2e-3
    warmup_steps: Annotated[int, Meta(ge=0, description="steps of linear warm-up")] = 100
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"], Meta(description="auto: bfloat16 where the processor has it")
    ] = "auto"
    validations: Annotated[int, Meta(ge=1, le=1000, description="validations over the run")] = 20
    snapshot_s: Annotated[float, Meta(gt=0.0, description="seconds between snapshots")] = 60.0


class Length(msgspec.Struct, frozen=True, kw_only=True):
    """How long to train, one of the three; minutes become steps once the pace has been measured."""

    minutes: float | None = None
    epochs: float | None = None
    steps: int | None = None


class RunConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`config.json` of a run folder: all that training depends on."""

    format: int = 1
    family: str
    model: dict[str, Any]
    training: TrainingConfig
    augmentation: Augmentation
    data: str
    seed: int
    device: str | None
    threads: int
    length: Length
    total_steps: int | None  # None until the pace has been measured


def parse_settings(
    family: str, settings: Sequence[str], batch_size: int | None
) -> tuple[ModelConfig, TrainingConfig, Augmentation]:
    """Each `key=value` goes to the config that has the key; raises `OptionFault` naming key and range."""
    sections: dict[str, type[msgspec.Struct]] = {
        "model": family_named(family).config_class(),
        "training": TrainingConfig,
        "augmentation": Augmentation,
    }
    values: dict[str, dict[str, str | int]] = {name: {} for name in sections}
    for setting in settings:
        key, separator, value = setting.partition("=")
        owner = next((n for n, c in sections.items() if key in c.__struct_fields__), None)
        if not separator or owner is None:
            known = sorted(field for c in sections.values() for field in c.__struct_fields__)
            raise OptionFault(f"--set {setting}: use key=value with a key of {', '.join(known)}")
        values[owner][key] = value
    if batch_size is not None:
        values["training"]["batch_size"] = batch_size
    parsed = {name: _convert(values[name], cls) for name, cls in sections.items()}
    return parsed["model"], parsed["training"], parsed["augmentation"]


def _convert(values: Mapping[str, Any], cls: type[msgspec.Struct]) -> Any:
    try:
        return msgspec.convert(values, cls, strict=False)
    except msgspec.ValidationError as error:
        raise OptionFault(f"--set: {error}") from error
