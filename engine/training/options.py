"""Every option of a family as a field of a form: read from the configs, which alone say names and ranges."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from msgspec import inspect

from engine.data.source import DataShape
from engine.training.config import sections_of
from engine.training.defaults import default_settings

Section = Literal["model", "training", "augmentation"]
Kind = Literal["integer", "number", "choice", "switch"]

BASIC = frozenset(
    {
        "image_size",
        "latent_dim",
        "likelihood",
        "codes",
        "stride",
        "strides",
        "batch_size",
        "learning_rate",
        "flips",
    }
)
"""The few that a first look shows."""
FILLED_IN = frozenset({"labels", "channels", "snapshot_s"})
"""The data says the first two, and nobody trains better for the third."""


@dataclass(frozen=True, slots=True)
class OptionField:
    """One option: `--set name=value` takes what `text` makes of a value.

    `low` and `high` are None where there is no bound; `excludes_low` where the value must lie above it, and
    likewise for `high`. A choice's values are in `choices`.
    """

    name: str
    section: Section
    kind: Kind
    default: Any
    low: float | None = None
    high: float | None = None
    excludes_low: bool = False
    excludes_high: bool = False
    choices: tuple[Any, ...] = ()
    description: str = ""
    advanced: bool = True

    def setting(self, value: Any) -> str:
        """`name=value`, as the command line takes it."""
        text = ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
        return f"{self.name}={text}"


def option_fields(family: str, shape: DataShape | None = None) -> tuple[OptionField, ...]:
    """The options of a family, model first; defaults are those for data of that shape.

    Imports the family's model, and so torch. Raises `OptionFault` for a family that does not exist.
    """
    suits = {} if shape is None else default_settings(family, shape)
    fields = []
    for section, config in sections_of(family).items():
        for field in inspect.type_info(config).fields:  # type: ignore[attr-defined]  # a struct has some
            if field.name not in FILLED_IN:
                fields.append(_option(section, field, suits.get(field.name, field.default)))
    return tuple(fields)


def _option(section: Any, field: inspect.Field, default: Any) -> OptionField:
    kind, description = field.type, ""
    while isinstance(kind, inspect.Metadata):
        description = str((kind.extra_json_schema or {}).get("description", description))
        kind = kind.type
    common: dict[str, Any] = {"description": description, "advanced": field.name not in BASIC}
    if isinstance(kind, inspect.LiteralType):
        return OptionField(field.name, section, "choice", default, choices=tuple(kind.values), **common)
    if isinstance(kind, inspect.VarTupleType):
        choices = _descents(kind, default)
        return OptionField(field.name, section, "choice", default, choices=choices, **common)
    if isinstance(kind, inspect.BoolType):
        return OptionField(field.name, section, "switch", default, **common)
    assert isinstance(kind, inspect.IntType | inspect.FloatType), f"no field for {field.name}"
    return OptionField(
        field.name,
        section,
        "integer" if isinstance(kind, inspect.IntType) else "number",
        default,
        low=kind.gt if kind.ge is None else kind.ge,
        high=kind.lt if kind.le is None else kind.le,
        excludes_low=kind.gt is not None,
        excludes_high=kind.lt is not None,
        **common,
    )


def _descents(kind: inspect.VarTupleType, default: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Some falling sequences of the values that may stand in it: two or three neighbours, and the default."""
    assert isinstance(kind.item_type, inspect.LiteralType)
    values: list[Any] = list(kind.item_type.values)
    falling = sorted(values, reverse=True)
    pairs = list(pairwise(falling))
    triples = list(zip(falling, falling[1:], falling[2:], strict=False))
    return tuple(sorted({*pairs, *triples, tuple(default)}))
