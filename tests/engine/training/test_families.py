"""The trainer over all families: resumes to the bit, labels, binarised data, the best by its ELBO."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import engine
from engine.analysis.likelihood import measure_nats
from engine.analysis.reconstruction import condition_of
from engine.analysis.validation import nats_pictures, score, validate
from engine.checkpoint import read_card, read_statistics, read_tensors
from engine.data.source import DataShape, Pictures
from engine.errors import DataFault, OptionFault
from engine.models.registry import FAMILIES, build
from engine.training import autoencoder_stage, loop, start
from engine.training.config import Length
from engine.training.run import Run
from engine.training.start import TrainRequest, train
from tests.engine.training.families import request
from tests.small import small_pictures


@pytest.fixture(autouse=True)
def _small_data(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    threads = torch.get_num_threads()
    monkeypatch.setattr(
        start, "open_data", lambda _name, size, channels, *_: small_pictures(40, size, channels)
    )
    monkeypatch.setattr(start, "natural_shape", lambda _: DataShape(16, 3))
    monkeypatch.setattr(loop, "TELL_EVERY_S", 0.0)
    yield
    torch.set_num_threads(threads)


def metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def same_tensors(first: Path, second: Path) -> bool:
    a, b = read_tensors(first, ""), read_tensors(second, "")
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("extra", [(), ("ema_decay=0.8", "clip_norm=0.5", "weight_decay=0.01")])
def test_stopping_and_going_on_ends_bit_identical(
    tmp_path: Path, family: str, extra: tuple[str, ...]
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert list(train(request(whole, family, *extra)))[-1].event == "finished"
    assert list(train(request(parts, family, *extra, stop_after=5)))[-1].event == "saved"
    assert list(train(TrainRequest(out=parts, resume=True)))[-1].event == "finished"
    for name in ("model.safetensors", "last/weights.safetensors"):
        assert same_tensors(whole / name, parts / name)
    model = engine.load(parts, "cpu")
    assert model.family == family
    assert (engine.load(parts / "last" / "weights.safetensors", "cpu").latent_dim == 0) == (
        FAMILIES[family].discrete
    )
    (done,) = train(TrainRequest(out=parts, resume=True))
    assert (done.event, (done.message or "").partition(":")[0]) == ("finished", "already finished")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_logs_its_terms_and_validates(tmp_path: Path, family: str) -> None:
    list(train(request(tmp_path / "run", family)))
    rows = metrics(tmp_path / "run")
    assert {"mse", "loss", "learning_rate"} <= rows[0].keys()
    measured = [row for row in rows if "valid_mse" in row]
    assert [row["step"] for row in measured] == [4, 8, 12]
    card = read_card(tmp_path / "run" / "model.safetensors")
    best = max(measured, key=score)
    assert card.training["step"] == best["step"]
    if family in ("vae", "cvae"):
        assert card.metrics["valid_elbo"] == best["valid_elbo"]
        assert best["valid_elbo"] == pytest.approx(-best["valid_reconstruction"] - best["valid_kl"])


def test_a_conditional_model_gets_the_data_s_labels(tmp_path: Path) -> None:
    list(train(request(tmp_path / "run", "cvae", length=Length(steps=2))))
    assert Run(tmp_path / "run").read_config().model["labels"] == 2
    card = read_card(tmp_path / "run" / "model.safetensors")
    assert (card.label_count, card.labels) == (2, ("even", "odd"))


def without_labels(*names: str) -> Pictures:
    pictures = small_pictures()
    return replace(pictures, labels=np.zeros(len(pictures), np.int64), label_names=names)


def test_labels_that_data_has_not_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionFault, match="labels=3: blobs has 2 labels"):
        list(train(request(tmp_path / "run", "cvae", "labels=3")))
    monkeypatch.setattr(start, "open_data", lambda *_: without_labels())
    with pytest.raises(DataFault, match="blobs: has no two labels, which cvae learns from: sort"):
        list(train(request(tmp_path / "run", "cvae")))
    with pytest.raises(OptionFault, match=r"label_balance=0\.5: blobs has no two labels"):
        list(train(request(tmp_path / "run", "vae", "label_balance=0.5")))
    monkeypatch.setattr(start, "open_data", lambda *_: without_labels("all"))
    with pytest.raises(OptionFault, match="blobs has no two labels"):
        list(train(request(tmp_path / "run", "vae", "label_balance=1")))
    assert not (tmp_path / "run").exists()
    assert list(train(request(tmp_path / "run", "vae", length=Length(steps=1))))[-1].event == "finished"


def test_static_binarisation_is_one_draw_for_all_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[torch.Tensor] = []
    vae = FAMILIES["vae"].model_class()
    real = vae.loss
    monkeypatch.setattr(
        vae, "loss", lambda self, images, *rest: (seen.append(images), real(self, images, *rest))[1]
    )
    settings = ("channels=1", "likelihood=bernoulli", "binarise=static")
    list(train(request(tmp_path / "run", "vae", *settings, length=Length(epochs=2))))
    assert set(torch.cat(seen).unique().tolist()) == {0.0, 1.0}
    epochs = [sorted(map(bytes, (p.numpy() for p in torch.cat(seen[at : at + 4])))) for at in (0, 4)]
    assert epochs[0] == epochs[1]  # 32 pictures in 4 batches: the same in both epochs


@pytest.mark.parametrize(
    ("likelihood", "binarise", "drawn"),
    [("bernoulli", "none", True), ("bernoulli", "dynamic", False), ("gaussian", "none", False)],
)
def test_nats_are_measured_on_binary_pictures_where_grey_ones_have_none(
    likelihood: str, binarise: str, drawn: bool
) -> None:
    sizes = {"image_size": 16, "channels": 1, "latent_dim": 4, "width": 8}
    model = build("vae", {**sizes, "likelihood": likelihood, "binarise": binarise})
    pictures = small_pictures(channels=1)
    measured = nats_pictures(model, pictures)
    assert set(np.unique(measured.images)) == {0, 255} if drawn else measured is pictures


def test_validation_gives_a_model_its_labels_and_equal_draws() -> None:
    torch.manual_seed(1)
    model = build(
        "cvae", {"image_size": 16, "labels": 2, "latent_dim": 4, "width": 8, "label_dropout": 0.9}
    ).eval()
    with torch.no_grad():
        for p in model.parameters():
            p.normal_(std=0.1)
    pictures = small_pictures()
    figures = validate(model, pictures)
    assert figures == validate(model, pictures)
    swapped = replace(pictures, labels=1 - pictures.labels)
    assert validate(model, swapped)["valid_mse"] != figures["valid_mse"]
    assert validate(model, swapped)["valid_elbo"] != figures["valid_elbo"]
    assert score(figures) == figures["valid_elbo"]


def test_what_learns_by_several_draws_is_chosen_by_as_many() -> None:
    torch.manual_seed(1)
    sizes = {"image_size": 16, "channels": 1, "latent_dim": 4, "width": 8, "importance_samples": 3}
    model = build("vae", {**sizes, "likelihood": "bernoulli", "binarise": "static"}).eval()
    pictures = small_pictures(channels=1).binarised()
    figures = validate(model, pictures)
    assert figures["valid_importance_bound"] == -measure_nats(model, pictures, 3).nll
    assert figures["valid_importance_bound"] != figures["valid_elbo"]
    assert score(figures) == figures["valid_importance_bound"]


def test_a_condition_is_one_hot_or_none() -> None:
    model = build("cvae", {"image_size": 16, "labels": 3, "latent_dim": 4, "width": 8})
    condition = condition_of(model, torch.tensor([2, 0]))
    assert condition is not None
    assert condition.tolist() == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    assert condition_of(build("ae", {"image_size": 16, "width": 8}), torch.tensor([2, 0])) is None


def test_of_a_large_split_an_even_part_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autoencoder_stage, "MOST_MEASURED", 3)
    seen: list[int] = []
    monkeypatch.setattr(
        autoencoder_stage, "validate", lambda *given: (seen.append(len(given[1])), validate(*given))[1]
    )
    list(train(request(tmp_path / "run", "vqvae")))
    assert seen == [3, 3, 3]
    (level,) = read_statistics(tmp_path / "run" / "model.safetensors")
    assert level.use.sum() == 3 * 4 * 4
    assert [small_pictures(40).spread(n).names[-1] for n in (3, 40, 99)] == ["blob-39"] * 3
