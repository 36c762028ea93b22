"""Priors in a model's file: they come back, change nothing for the model, and what is damaged is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

import engine
from engine.checkpoint import (
    PriorDescription,
    read_card,
    read_description,
    read_prior_weights,
    read_statistics,
    read_tensors,
    tensors_id,
    write_model,
)
from engine.errors import ModelFault
from engine.models.base import DiscreteAutoencoder
from engine.models.catalogue import describe_card
from engine.training.snapshot import model_tensors
from tests.small import small_priors, write_small_model, write_small_priors, write_small_two_level_model

WRITERS = {"vqvae": write_small_model, "vqvae2": write_small_two_level_model}


@pytest.fixture(params=WRITERS)
def plain(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return WRITERS[request.param](tmp_path / "plain.safetensors")


@pytest.fixture
def with_priors(plain: Path, tmp_path: Path) -> Path:
    return write_small_priors(tmp_path / "priors.safetensors", plain)


def test_a_model_offers_its_priors(plain: Path, with_priors: Path) -> None:
    model, before = engine.load(with_priors), engine.load(plain)
    assert isinstance(model, DiscreteAutoencoder)
    assert isinstance(before, DiscreteAutoencoder)
    assert before.priors is None
    assert model.priors is not None
    assert not model.priors.training
    codes = [torch.randint(0, 24, (1, 8 * 4 // v.stride_px, 8 * 4 // v.stride_px)) for v in model.levels]
    expected = small_priors(before, labels=2)(codes)
    for found, logits in zip(model.priors(codes), expected, strict=True):
        assert torch.equal(found, logits)


def test_adding_priors_changes_nothing_for_paintings(plain: Path, with_priors: Path) -> None:
    assert read_card(with_priors).model_id == read_card(plain).model_id
    assert read_card(with_priors).parameters == read_card(plain).parameters
    model = engine.load(with_priors)
    assert model_tensors(model).keys() == model_tensors(engine.load(plain)).keys()
    assert len(read_statistics(with_priors)) == len(read_statistics(plain))


def test_the_file_says_what_its_priors_are(plain: Path, with_priors: Path) -> None:
    told = describe_card(read_card(with_priors))["prior"]
    assert told["labels"] == ["even", "odd"]
    assert told["metrics"] == {"valid_bits": 4.5}
    priors = small_priors(engine.load(plain), labels=2)  # type: ignore[arg-type]
    assert told["parameters"] == sum(p.numel() for p in priors.parameters())
    assert describe_card(read_card(plain))["prior"] is None
    assert read_prior_weights(plain) == {}


def test_a_copy_with_another_codebook_has_the_same_priors(with_priors: Path) -> None:
    model = engine.load(with_priors)
    assert isinstance(model, DiscreteAutoencoder)
    assert model.with_codebook(0, model.codebook(0) + 1).priors is not None


def changed(path: Path, tensors: dict[str, Any] | None = None, **prior: object) -> Path:
    """The file with other tensors or another description of its priors."""
    description, known = read_description(path), read_tensors(path, "")
    assert description.prior is not None
    described = msgspec.structs.replace(description.prior, **prior)
    write_model(path, {**known, **(tensors or {})}, msgspec.structs.replace(description, prior=described))
    return path


BIAS = "prior.0.pixelcnn.head.3.bias"


def test_damaged_priors_are_refused(with_priors: Path) -> None:
    other = read_tensors(with_priors, BIAS)[BIAS] + np.float32(1)
    changed(with_priors, {BIAS: other})
    with pytest.raises(ModelFault, match=r"its priors do not match their prior_id: .* damaged"):
        engine.load(with_priors)


def test_priors_of_another_model_are_refused(with_priors: Path) -> None:
    changed(with_priors, model_id="0" * 64)
    with pytest.raises(ModelFault, match=r"its priors are of another model .*: train them anew"):
        engine.load(with_priors)


def test_values_that_are_not_finite_are_refused(with_priors: Path) -> None:
    bad = {BIAS: np.full(24, np.nan, np.float32)}
    prior_id = tensors_id({**read_tensors(with_priors, "prior."), **bad}, "prior.")
    changed(with_priors, bad, prior_id=prior_id)
    with pytest.raises(ModelFault, match=rf"tensor {BIAS} holds values that are not finite"):
        engine.load(with_priors)


@pytest.mark.parametrize(
    ("tensors", "prior", "message"),
    [
        ({"prior.9.extra": np.zeros(3, np.float32)}, {}, "do not fit their configuration"),
        ({BIAS: np.zeros(23, np.float32)}, {}, "do not fit their configuration"),
        ({}, {"config": {"channels": 10**9}}, "describes priors this program cannot build"),
        ({}, {"config": {"hue": 1}}, "describes priors this program cannot build"),
        ({}, {"labels": ["even"]}, "another number of labels"),
    ],
)
def test_foreign_priors_are_refused(
    with_priors: Path, tensors: dict[str, Any], prior: dict[str, object], message: str
) -> None:
    prior_id = tensors_id({**read_tensors(with_priors, "prior."), **tensors}, "prior.")
    changed(with_priors, tensors, prior_id=prior_id, **prior)
    with pytest.raises(ModelFault, match=message):
        engine.load(with_priors)


def test_a_model_without_codes_has_no_priors(tmp_path: Path, with_priors: Path) -> None:
    from engine.models.registry import build
    from engine.training.snapshot import describe
    from tests.small import small_pictures

    torch.manual_seed(0)
    model = build("ae", {"image_size": 16, "latent_dim": 4, "width": 8, "blocks": 1})
    prior = read_description(with_priors).prior
    assert isinstance(prior, PriorDescription)
    described = describe(model, small_pictures(), {}, {}, {})
    path = tmp_path / "ae.safetensors"
    write_model(path, model_tensors(model), msgspec.structs.replace(described, prior=prior))
    with pytest.raises(ModelFault, match="has priors, but no codes for them"):
        engine.load(path)
