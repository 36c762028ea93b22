"""A model without codes, shown by what it makes of its own pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.checkpoint import read_card
from gui.state.gallery import Gallery
from gui.workers.job import Worker
from tests.engine.analysis.test_own_data import picture_folder
from tests.small import write_small_model


@pytest.fixture
def gallery(qtbot: QtBot) -> Iterator[Gallery]:
    worker = Worker("model")
    yield Gallery(worker)
    assert worker.stop(30)


def model_of_a_run(folder: Path) -> Path:
    data = picture_folder(folder / "pictures")
    path = write_small_model(folder / "run" / "model.safetensors", with_statistics=False)
    (folder / "run" / "config.json").write_text(json.dumps({"family": "vqvae", "data": str(data)}))
    return path


def test_originals_and_reconstructions_come_later(qtbot: QtBot, gallery: Gallery, tmp_path: Path) -> None:
    card = read_card(model_of_a_run(tmp_path))
    gallery.show(card)
    assert gallery.card == card
    assert (gallery.pictures, gallery.message) == (None, "Opening run")
    qtbot.waitUntil(lambda: gallery.pictures is not None, timeout=60_000)
    assert gallery.message == ""
    assert gallery.pictures is not None
    assert gallery.pictures.originals.shape == gallery.pictures.decoded.shape
    gallery.clear()
    assert (gallery.card, gallery.pictures) == (None, None)


def test_pictures_that_are_not_at_hand_are_named(qtbot: QtBot, gallery: Gallery, tmp_path: Path) -> None:
    card = read_card(write_small_model(tmp_path / "alone.safetensors", with_statistics=False))
    gallery.show(replace(card, data="blobs"))
    qtbot.waitUntil(lambda: "blobs" in gallery.message, timeout=60_000)
    assert gallery.card is not None


def test_what_is_no_longer_wanted_does_not_come(qtbot: QtBot, gallery: Gallery, tmp_path: Path) -> None:
    gallery.show(read_card(model_of_a_run(tmp_path)))
    changes: list[bool] = []
    gallery.clear()
    gallery.changed.connect(lambda: changes.append(True))
    qtbot.waitUntil(lambda: gallery._worker.pending == 0, timeout=60_000)
    assert changes == []
