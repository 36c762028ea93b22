"""The fields of a form: every option once, with the ranges that the configs enforce."""

from __future__ import annotations

import msgspec
import pytest

from engine.data.source import DataShape
from engine.errors import OptionFault
from engine.models.registry import FAMILIES, build
from engine.training.config import PRIOR_SECTIONS, parse_prior_settings, parse_settings, sections_of
from engine.training.options import (
    FILLED_IN,
    OF_CODEBOOKS,
    OF_FINER_LEVELS,
    OF_LEARNING,
    PRIOR_FILLED_IN,
    OptionField,
    option_fields,
    prior_fields,
)

EMOJI = DataShape(64, 3)
SMALL: dict[str, dict[str, object]] = {
    "ae": {"hidden": 8, "width": 4},
    "vae": {"hidden": 8, "width": 4, "kl_weight": 0.5},
    "cvae": {"hidden": 8, "width": 4, "label_dropout": 0.5},
    "vqvae": {"hidden": 8, "codes": 16, "beta": 0.5},
    "vqvae2": {"hidden": 8, "codes": 16, "strides": (16, 8)},
}


def by_name(family: str, shape: DataShape | None = None) -> dict[str, OptionField]:
    return {field.name: field for field in option_fields(family, shape)}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_option_is_there_once_and_says_what_it_is(family: str) -> None:
    fields = option_fields(family)
    names = [name for config in sections_of(family).values() for name in config.__struct_fields__]
    assert [field.name for field in fields] == [name for name in names if name not in FILLED_IN]
    assert all(field.description for field in fields)
    assert 3 <= sum(not field.advanced for field in fields) <= 7


def outside(field: OptionField) -> list[object]:
    if field.kind == "choice":
        return ["purple"]
    low = [] if field.low is None else [field.low if field.excludes_low else field.low - 1]
    high = [] if field.high is None else [field.high if field.excludes_high else field.high + 1]
    return [*low, *high, "much"]


@pytest.mark.parametrize("family", FAMILIES)
def test_ranges_are_those_that_are_enforced(family: str) -> None:
    for field in option_fields(family, EMOJI):
        inside = [field.default, *field.choices]
        if field.low is not None and not field.excludes_low:
            inside.append(field.low)
        if field.high is not None and not field.excludes_high:
            inside.append(field.high)
        for value in inside:
            parse_settings(family, (field.setting(value),), None, EMOJI)
        for value in outside(field):
            with pytest.raises(OptionFault, match=f"option {field.name}"):
                parse_settings(family, (field.setting(value),), None, EMOJI)


def test_defaults_suit_the_data() -> None:
    assert by_name("vae", DataShape(28, 1))["likelihood"].default == "bernoulli"
    assert by_name("vae", EMOJI)["likelihood"].default == "gaussian"
    assert by_name("vqvae2", DataShape(28, 1))["image_size"].default == 32


def test_kinds_bounds_and_choices() -> None:
    fields = by_name("vqvae2")
    assert (fields["codes"].kind, fields["codes"].low, fields["codes"].high) == ("integer", 2, 8192)
    rate = fields["learning_rate"]
    assert (rate.kind, rate.low, rate.excludes_low, rate.high, rate.excludes_high) == (
        "number",
        0,
        True,
        1,
        False,
    )
    assert fields["decay"].excludes_high
    assert fields["precision"].choices == ("auto", "bfloat16", "float32")
    assert {(8, 4), (16, 8), (16, 8, 4)} <= set(fields["strides"].choices)
    assert fields["strides"].setting((16, 8)) == "strides=16,8"
    assert {field.section for field in fields.values()} == {"model", "training", "augmentation"}


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(OptionFault, match="'gan' does not exist"):
        option_fields("gan")


def test_priors_have_every_option_once_and_say_what_it_is() -> None:
    fields = prior_fields(2)
    names = [name for config in PRIOR_SECTIONS.values() for name in config.__struct_fields__]
    assert [field.name for field in fields] == [name for name in names if name not in PRIOR_FILLED_IN]
    assert all(field.description for field in fields)
    assert 3 <= sum(not field.advanced for field in fields) <= 7
    assert {field.name for field in fields} - {field.name for field in prior_fields(1)} == OF_FINER_LEVELS


def test_fields_of_priors_begin_with_what_they_are_trained_with() -> None:
    begins = dict(zip(PRIOR_SECTIONS, parse_prior_settings((), None), strict=True))
    for field in prior_fields(2):
        assert field.default == getattr(begins[field.section], field.name)
        for value in (field.default, *field.choices):
            parse_prior_settings((field.setting(value),), None)
        for value in outside(field):
            with pytest.raises(OptionFault, match=f"option {field.name}"):
                parse_prior_settings((field.setting(value),), None)


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_to_start_from_bring_their_architecture_and_leave_how_one_learns(family: str) -> None:
    model = msgspec.to_builtins(sections_of(family)["model"](**SMALL[family]))
    fields = {field.name: field for field in option_fields(family, EMOJI, model)}
    given = {name for name, field in fields.items() if field.is_given}
    assert given == set(model) - OF_LEARNING - OF_CODEBOOKS - FILLED_IN
    assert {"image_size", "hidden"} <= given
    assert all(msgspec.to_builtins(fields[name].default) == model[name] for name in set(model) & set(fields))
    assert fields["learning_rate"].default == by_name(family, EMOJI)["learning_rate"].default

    def shapes(*settings: str) -> dict[str, tuple[int, ...]]:
        config, _, _ = parse_settings(family, settings, None, EMOJI, model)
        told = {"labels": 2} if "labels" in model else {}
        built = build(family, {**msgspec.to_builtins(config), **told})
        return {name: tuple(tensor.shape) for name, tensor in built.state_dict().items()}

    for name in set(model) & OF_LEARNING:
        field = fields[name]
        other = next((choice for choice in field.choices if choice != field.default), field.high or 7)
        assert shapes(field.setting(0.5 if field.excludes_high else other)) == shapes(), name


def test_priors_to_start_from_bring_their_architecture() -> None:
    prior = msgspec.to_builtins(PRIOR_SECTIONS["prior"](channels=8, layers=3, dropout=0.5, labels=2))
    fields = {field.name: field for field in prior_fields(1, prior)}
    assert {name for name, field in fields.items() if field.is_given} == {
        "channels", "layers", "kernel", "first_kernel", "head"
    }  # fmt: skip
    assert (fields["channels"].default, fields["dropout"].default) == (8, 0.5)
