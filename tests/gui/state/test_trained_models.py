"""The models that a training can be about: with codes, of a family, with priors that fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.checkpoint import ModelCard, PriorDescription
from engine.decoding.decoder import CodeLevel
from engine.errors import ModelFault
from engine.training.shelf import RunCard
from gui.state.session import Session
from gui.state.trained_models import TrainedModel, TrainedModels
from gui.state.training import TrainingState
from gui.workers.job import Worker
from gui.workers.load import ModelLibrary
from tests.gui.commands.test_train_prior import run_card
from tests.gui.tiny import TinyModel, card_of

PRIOR = PriorDescription(config={}, model_id="0", prior_id="1", data="emoji", labels=[])


def model_card(name: str, family: str = "vqvae", codes: int = 16, prior: bool = False) -> ModelCard:
    card = card_of(TinyModel(name))
    levels = (CodeLevel(4, codes, 3),) if codes else ()
    return replace(card, family=family, levels=levels, prior=PRIOR if prior else None)


BUILT_IN = (
    model_card("emoji-vqvae", prior=True),
    model_card("mnist-vae", "vae", codes=0),
    model_card("wide", codes=512, prior=True),
    model_card("bare"),
)
RUNS = (
    run_card("cats"),
    run_card("faces", "vae"),
    replace(run_card("busy"), status="training"),
    replace(run_card("young"), model=None),
    run_card("cats-prior", prior_of="cats"),
    run_card("wide-prior", prior_of="wide"),
    run_card("torn-prior", prior_of="cats"),
)


@pytest.fixture
def trained(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrainedModels]:
    of_runs = {
        "cats": model_card("cats"),
        "cats-prior": model_card("cats-prior", prior=True),
        "wide-prior": model_card("wide-prior", codes=512, prior=True),
    }
    known = {card.path: card for card in BUILT_IN}
    known |= {run.model: of_runs[run.name] for run in RUNS if run.model is not None and run.name in of_runs}

    def find(name: str | Path) -> Path:
        return next((card.path for card in BUILT_IN if card.name == str(name)), Path(name))

    def card(path: Path) -> ModelCard:
        if path not in known:
            raise ModelFault(path, "is cut short")
        return replace(known[path], path=path)

    library = ModelLibrary(
        builtin=lambda: {card.name: card.path for card in BUILT_IN},
        find=find,
        card=card,
        statistics=lambda _: (),
        decoder=lambda _: TinyModel(),
    )
    worker = Worker("models")
    training = TrainingState([tmp_path], worker)
    monkeypatch.setattr(TrainingState, "runs", property(lambda _: RUNS))
    yield TrainedModels(Session(library, worker), training)
    assert worker.stop(10)


def names(models: tuple[TrainedModel, ...]) -> list[str]:
    return [model.name for model in models]


def test_weights_of_a_family_are_those_of_models_and_of_runs_that_rest(trained: TrainedModels) -> None:
    assert names(trained.of_family("vqvae")) == ["emoji-vqvae", "wide", "bare", "cats"]
    assert names(trained.of_family("vae")) == ["mnist-vae", "faces"]
    assert trained.of_family("cvae") == ()
    cats = trained.of_family("vqvae")[-1]
    assert cats == TrainedModel("cats", str(RUNS[0].model), "vqvae", "emoji")


def test_priors_to_start_from_are_of_as_many_codes(trained: TrainedModels) -> None:
    by_name = {model.name: model for model in trained.with_codes}
    assert names(trained.with_priors_for(by_name["bare"])) == ["emoji-vqvae", "cats-prior"]
    assert names(trained.with_priors_for(by_name["wide"])) == ["wide", "wide-prior"]
    assert trained.with_priors_for(TrainedModel("gone", "/runs/gone", "vqvae", "")) == ()


def test_a_model_in_use_that_is_from_a_file_is_among_them(
    trained: TrainedModels, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened = replace(model_card("opened", prior=True), path=tmp_path / "opened.safetensors")
    monkeypatch.setattr(Session, "card", property(lambda _: opened))
    of_codes = next(model for model in trained.with_codes if model.name == "bare")
    assert names(trained.of_family("vqvae"))[-2:] == ["opened", "cats"]
    assert "opened" in names(trained.with_priors_for(of_codes))
    monkeypatch.setattr(Session, "card", property(lambda _: replace(opened, path=tmp_path)))
    assert "opened" not in names(trained.of_family("vqvae"))  # an export: no weights to take


def test_a_run_in_use_is_there_once(trained: TrainedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    run: RunCard = RUNS[0]
    assert run.model is not None
    snapshot = replace(model_card("cats"), path=run.model)
    monkeypatch.setattr(Session, "card", property(lambda _: snapshot))
    assert names(trained.of_family("vqvae")).count("cats") == 1
