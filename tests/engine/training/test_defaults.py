"""What is trained with where nothing is said: sides that fit, likelihoods that suit."""

from __future__ import annotations

import pytest

from engine.data.source import DataShape
from engine.errors import OptionFault
from engine.models.registry import FAMILIES, build
from engine.training.config import parse_settings
from engine.training.defaults import default_settings

MNIST, EMOJI = DataShape(28, 1), DataShape(64, 3)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shape", [MNIST, EMOJI, DataShape(61, 3), DataShape(1000, 1), DataShape(4, 1)])
def test_every_family_can_be_built_for_any_shape(family: str, shape: DataShape) -> None:
    model, training, augmentation = parse_settings(family, (), None, shape)
    assert model.channels == shape.channels
    assert model.image_size <= 64
    assert model.image_size >= min(shape.size, 64)
    assert FAMILIES[family].model_class()(model).config == model
    assert training.batch_size > 1
    assert (augmentation.flips == 0.0) == (not FAMILIES[family].discrete)


@pytest.mark.parametrize("family", [name for name, family in FAMILIES.items() if family.discrete])
def test_discrete_families_round_sides_up(family: str) -> None:
    assert default_settings(family, MNIST)["image_size"] == 32
    assert default_settings(family, EMOJI)["image_size"] == 64
    assert default_settings(family, DataShape(33, 3))["image_size"] == 40


def test_several_levels_are_dropped_at_times_so_that_coarse_ones_say_something_alone() -> None:
    model, _, _ = parse_settings("vqvae2", (), None, EMOJI)
    assert getattr(model, "level_dropout", None) == 0.05
    model, _, _ = parse_settings("vqvae2", ("level_dropout=0",), None, EMOJI)
    assert getattr(model, "level_dropout", None) == 0.0
    assert "level_dropout" not in default_settings("vqvae", EMOJI)


@pytest.mark.parametrize("family", ["vae", "cvae"])
def test_likelihoods_suit_the_pictures(family: str) -> None:
    def chosen(shape: DataShape, **asked: str) -> tuple[object, object]:
        settings = default_settings(family, shape, asked)
        return settings["likelihood"], settings.get("binarise")

    assert chosen(MNIST) == ("bernoulli", "dynamic")
    assert chosen(EMOJI) == ("gaussian", None)
    assert chosen(DataShape(64, 1)) == ("bernoulli", None)
    assert chosen(EMOJI, channels="1") == ("bernoulli", None)
    assert chosen(MNIST, likelihood="gaussian") == ("gaussian", None)


def test_what_is_said_wins_over_defaults() -> None:
    settings = ("image_size=16", "binarise=static", "learning_rate=0.1", "flips=0.5")
    model, training, augmentation = parse_settings("vae", settings, 7, MNIST)
    assert (model.image_size, model.channels) == (16, 1)
    assert getattr(model, "binarise", None) == "static"
    assert (training.learning_rate, training.batch_size, augmentation.flips) == (0.1, 7, 0.5)


def test_several_values_are_separated_by_commas() -> None:
    model, _, _ = parse_settings("vqvae2", ("strides=16,8,4",), None, EMOJI)
    assert getattr(model, "strides", None) == (16, 8, 4)
    with pytest.raises(OptionFault, match="option strides"):
        parse_settings("vqvae2", ("strides=16,x",), None, EMOJI)


@pytest.mark.parametrize("asked", ["channels=x", "channels=2", "likelihood=poisson", "image_size=tall"])
def test_what_is_said_wrong_is_named(asked: str) -> None:
    with pytest.raises(OptionFault, match=f"option {asked.partition('=')[0]}"):
        parse_settings("vae", (asked,), None, EMOJI)


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(OptionFault, match="'gan' does not exist"):
        default_settings("gan", EMOJI)
    with pytest.raises(OptionFault, match="'gan' does not exist"):
        build("gan", {})
