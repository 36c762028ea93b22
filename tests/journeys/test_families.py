"""Every family on every built-in data set: trained by the command line, measured, opened in the window."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import main
from engine.checkpoint import ModelCard
from engine.models.registry import FAMILIES
from gui import theme
from gui.settings import Folders
from gui.studio import Studio
from gui.visitor import Visitor
from tests.gui.conftest import compiler
from tests.journeys.test_first_light import close

CODES = ("codes=16", "code_dim=4", "hidden=8", "residual_hidden=4")
VECTOR = ("latent_dim=4", "width=8", "blocks=1", "hidden=32")
NATS = {"vae", "cvae"}
DISCRETE = {"vqvae": 1, "vqvae2": 2}
"""Families with codes and how many levels they have."""


@pytest.fixture(scope="module", params=["emoji", "mnist"])
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A run of each family on one of the data sets, named by the family; only read."""
    folder, threads = tmp_path_factory.mktemp(request.param), torch.get_num_threads()
    for family in FAMILIES:
        settings = ("validations=1", *(CODES if family in DISCRETE else VECTOR))
        words = ["train", "--model", family, "--data", request.param, "--out", str(folder / family)]
        words += ["--steps", "6", "--batch-size", "8", "--json"]
        words += [word for setting in settings for word in ("--set", setting)]
        assert main.main(words) == 0, family
    torch.set_num_threads(threads)
    return request.param, folder


@pytest.fixture
def visitor(qtbot: QtBot, tmp_path: Path) -> Iterator[Visitor]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply_theme(app)
    studio = Studio(Folders(tmp_path / "config", tmp_path / "data"), compiler=compiler())
    studio.window.show()
    made = Visitor(studio, tmp_path)
    made.wait(lambda: studio.session.decoder is not None, "the model")
    made.settle()
    yield made
    close(studio)


def test_each_is_measured_by_what_it_has(runs: tuple[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    data, folder = runs
    for family in FAMILIES:
        capsys.readouterr()
        words = ["evaluate", str(folder / family), "--data", data, "--split", "valid", "--json"]
        assert main.main(words) == 0
        figures = json.loads(capsys.readouterr().out)
        assert figures["images"] == {"emoji": 367, "mnist": 10_000}[data]
        assert figures["psnr"] > 3
        assert len(figures["levels"]) == DISCRETE.get(family, 0)
        assert (figures["elbo_nats"] is not None) == (family in NATS)


def test_each_opens_in_the_window(runs: tuple[str, Path], visitor: Visitor) -> None:
    _, folder = runs
    for family in FAMILIES:
        visitor.studio.painting.painting.history.mark_saved()
        visitor.studio.files.open_path(folder / family / "model.safetensors")
        (opens_in_paint if family in DISCRETE else opens_in_train)(visitor, family)


def opens_in_paint(visitor: Visitor, family: str) -> None:
    """With as many levels as it has, and a painting in its codes."""
    studio = visitor.studio
    visitor.wait(lambda: family_of(studio.session.card) == family, "the model")
    visitor.wait(lambda: studio.session.decoder is not None, "its decoder")
    visitor.settle()
    assert studio.window.workspace == "paint"
    assert len(studio.painting.painting.strides) == DISCRETE[family]
    assert studio.session.card is not None
    assert studio.painting.painting.model_id == studio.session.card.model_id
    assert not studio.painting.read_only


def opens_in_train(visitor: Visitor, family: str) -> None:
    """Originals above reconstructions."""
    studio = visitor.studio
    visitor.wait(lambda: studio.window.workspace == "train", "the Train workspace")
    visitor.wait(lambda: family_of(studio.gallery.card) == family, "the model")
    visitor.wait(lambda: studio.gallery.pictures is not None, "its pictures")
    pictures = studio.gallery.pictures
    assert pictures is not None
    assert pictures.originals.shape == pictures.decoded.shape
    assert studio.train.live.pictures.columns > 0


def family_of(card: ModelCard | None) -> str:
    return card.family if card is not None else ""
