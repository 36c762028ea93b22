"""Every option of a training as a field of a form: the configs alone say names and ranges."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from msgspec import inspect

from engine.data.source import DataShape
from engine.training.config import PRIOR_SECTIONS, Sections, sections_of
from engine.training.defaults import PRIOR_SETTINGS, default_settings

Section = Literal["model", "prior", "training", "augmentation", "variations"]
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
PRIOR_BASIC = frozenset({"channels", "layers", "dropout", "batch_size", "learning_rate", "flips"})
PRIOR_FILLED_IN = frozenset({"labels", "snapshot_s"})
OF_FINER_LEVELS = frozenset({"context", "context_blocks", "learn"})
"""What only priors of a model with several levels have."""
OF_LEARNING = frozenset(
    {
        "pixel_variance",
        "binarise",
        "kl_weight",
        "kl_warmup_steps",
        "free_bits",
        "importance_samples",
        "beta",
        "decay",
        "restart_every",
        "codebook_update",
        "level_dropout",
        "label_dropout",
        "dropout",
        "layout_dropout",
        "learn",
        "file_precision",
    }
)
"""How a model learns; its other options are its architecture, which trained weights come with."""
OF_CODEBOOKS = frozenset({"codes", "coarse_codes", "layout", "layout_block"})
"""Trained weights come with these, too, but other codebooks and layouts can be begun beside them."""


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
    is_given: bool = False  # by the weights that a training starts from: no other value fits them

    def setting(self, value: Any) -> str:
        """`name=value`, as the command line takes it."""
        text = ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
        return f"{self.name}={text}"


def option_fields(
    family: str, shape: DataShape | None = None, model: Mapping[str, Any] | None = None
) -> tuple[OptionField, ...]:
    """The options of a family, model first; defaults are those for data of that shape.

    `model` is the configuration of the model that a training starts from, where it does.

    Imports the family's model, and so torch. Raises `OptionFault` for a family that does not exist.
    """
    suits = {} if shape is None else default_settings(family, shape)
    return tuple(_options(sections_of(family), suits, model or {}, FILLED_IN, BASIC))


def prior_fields(levels: int, prior: Mapping[str, Any] | None = None) -> tuple[OptionField, ...]:
    """The options of the priors of a model with so many levels of codes. Imports torch.

    `prior` is the configuration of the priors that a training starts from, where it does.
    """
    left_out = PRIOR_FILLED_IN if levels > 1 else PRIOR_FILLED_IN | OF_FINER_LEVELS
    return tuple(_options(PRIOR_SECTIONS, PRIOR_SETTINGS, prior or {}, left_out, PRIOR_BASIC))


def _options(
    sections: Sections,
    suits: Mapping[str, Any],
    start: Mapping[str, Any],
    left_out: Collection[str],
    basic: Collection[str],
) -> Iterator[OptionField]:
    """Every option once, with the value it starts from, else the one that suits, else its own default."""
    for section, config in sections.items():
        for field in inspect.type_info(config).fields:  # type: ignore[attr-defined]  # a struct has some
            name = field.name
            if name not in left_out:
                default = start.get(name, suits.get(name, field.default))
                is_given = name in start and name not in OF_LEARNING | OF_CODEBOOKS
                yield _option(section, field, default, name not in basic, is_given)


def _option(section: Any, field: inspect.Field, default: Any, advanced: bool, is_given: bool) -> OptionField:
    kind, description = field.type, ""
    while isinstance(kind, inspect.Metadata):
        description = str((kind.extra_json_schema or {}).get("description", description))
        kind = kind.type
    common: dict[str, Any] = {"description": description, "advanced": advanced, "is_given": is_given}
    if isinstance(kind, inspect.LiteralType):
        return OptionField(field.name, section, "choice", default, choices=tuple(kind.values), **common)
    if isinstance(kind, inspect.VarTupleType):
        value = tuple(default)
        return OptionField(field.name, section, "choice", value, choices=_descents(kind, value), **common)
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
    return tuple(sorted({*pairs, *triples, default}))
