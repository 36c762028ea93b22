"""`benchmark papers` on a data set and recipes that are ready in a second."""

from __future__ import annotations

import math
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from engine.analysis import evaluate as evaluation
from engine.analysis.evaluate import evaluate
from engine.benchmarks import papers as benchmark
from engine.benchmarks.papers import RECIPES, Recipe, papers
from engine.checkpoint import read_card
from engine.data.source import DataShape
from engine.errors import RunFault
from engine.models.registry import load
from engine.training import start
from engine.training.config import Length, parse_settings
from engine.training.run import Run
from tests.small import small_pictures

TINY = ("architecture=mlp", "hidden=4", "latent_dim=2", "image_size=16", "channels=1", "validations=1")
TINY_TRAINING = ("likelihood=bernoulli", "binarise=static", "batch_size=8", "flips=0", "zooms=0")


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """One recipe, of a tiny model for blobs; runs are in a folder of the test's own."""
    recipe = Recipe("tiny", "vae", "blobs", Length(epochs=1), (*TINY, *TINY_TRAINING))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(benchmark, "RECIPES", (recipe,))
    monkeypatch.setattr(benchmark, "SAMPLES", 5)
    monkeypatch.setattr(evaluation, "open_data", lambda *_: small_pictures(channels=1))
    monkeypatch.setattr(start, "open_data", lambda *_: small_pictures(channels=1))
    monkeypatch.setattr(start, "natural_shape", lambda *_: DataShape(16, 1))
    return recipe


def test_what_it_trains_is_what_it_measures(tiny: Recipe) -> None:
    (row,) = papers()["rows"]
    figures = evaluate(Path("runs/tiny"), "blobs", samples=5)
    assert (row["nll_nats"], row["elbo_nats"]) == (figures["nll_nats"], figures["elbo_nats"])
    assert math.isfinite(row["nll_nats"])
    assert row["training_s"] > 0
    assert row["images"] == 4
    assert row["command"] == tiny.command


def test_a_finished_training_is_not_repeated(tiny: Recipe) -> None:
    told: list[str] = []
    (first,) = papers(lambda what, _part: told.append(what))["rows"]
    assert "Training tiny" in told
    told.clear()
    (second,) = papers(lambda what, _part: told.append(what))["rows"]
    assert "Training tiny" not in told
    assert second["nll_nats"] == first["nll_nats"]


def test_a_run_that_was_trained_otherwise_is_not_taken_for_the_recipes(
    tiny: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers()
    other = replace(tiny, settings=(*tiny.settings, "kl_weight=0.5"))
    monkeypatch.setattr(benchmark, "RECIPES", (other,))
    with pytest.raises(RunFault, match="kl_weight"):
        papers()


def test_a_recipe_goes_on_from_another(tiny: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    more = replace(
        tiny, name="more", length=Length(steps=1), settings=TINY_TRAINING, seed=1, start_from="tiny"
    )
    monkeypatch.setattr(benchmark, "RECIPES", (tiny, more))
    _, row = papers()["rows"]
    start_from = Run(Path("runs/more")).read_config().start_from
    assert start_from is not None
    assert start_from.weights_id == read_card(Run(Path("runs/tiny")).best).model_id
    assert "--start-from runs/tiny --data blobs --steps 1 --seed 1" in row["command"]
    (_, again) = papers()["rows"]  # finished: neither trained again nor refused
    assert again["nll_nats"] == row["nll_nats"]


def test_recipes_are_of_options_that_exist_and_the_papers_mlp_has_its_sizes() -> None:
    for recipe in RECIPES:
        model, _, _ = parse_settings(recipe.family, recipe.settings, None)
        assert (model.binarise, model.likelihood) == ("static", "bernoulli")
        words = shlex.split(recipe.command)
        assert [words[i + 1] for i, word in enumerate(words) if word == "--set"] == list(recipe.settings)
    mlp, _, _ = parse_settings("vae", RECIPES[0].settings, None)
    sizes = (mlp.architecture, mlp.hidden, mlp.layers, mlp.latent_dim)
    assert sizes == ("mlp", 400, 1, 40)


def test_the_best_is_a_model_that_opens(tiny: Recipe) -> None:
    papers()
    assert load(Path("runs/tiny"), "cpu").latent_dim == 2
