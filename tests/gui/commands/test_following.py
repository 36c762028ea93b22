"""Painting with a run, and keeping up with its snapshots: no stroke is replaced, nothing unsaved is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.checkpoint import ModelCard
from engine.codes.document import Painting
from engine.decoding.decoder import Decoder
from engine.decoding.windowed import decode_full
from engine.errors import ModelFault
from gui.dialogs.unsaved import UnsavedDialog
from gui.settings import Folders
from gui.studio import Studio
from gui.workers.job import Ticket
from gui.workers.load import ModelLibrary
from gui.workers.snapshot import Order, open_snapshot
from tests.gui.commands.test_files import dialog, no_dialog, press
from tests.gui.conftest import OpenStudio
from tests.gui.test_studio import paint_at, settle, title
from tests.gui.tiny import TinyModel, card_of, library_of


class Snapshots:
    """A run on disk whose model file is a number; each number is a model with other colours."""

    def __init__(self, folders: Folders, name: str = "first", codes: int = 16) -> None:
        self.folder = folders.runs[0] / name
        self.codes = codes
        self.last = self.folder / "last" / "weights.safetensors"
        self.last.parent.mkdir(parents=True)
        (self.folder / "config.json").write_text('{"family": "vqvae", "data": "emoji"}')
        self.write(1)

    def write(self, number: int) -> None:
        self.last.write_text(str(number))

    def tell(self, kind: str, **values: object) -> None:
        event = {"event": kind, "step": 9, "time_s": 1.0} | values
        with (self.folder / "events.jsonl").open("a") as file:
            file.write(json.dumps(event) + "\n")

    def model(self, number: int) -> TinyModel:
        model = TinyModel("first (last)", f"{number:064d}", self.codes)
        model._colours = np.random.default_rng(number).random((self.codes, 3), dtype=np.float32)
        return model


def library_with(run: Snapshots, vectors: bool = False) -> ModelLibrary:
    """The built-in `tiny` and `other`, and what the run's file holds."""
    plain = library_of(TinyModel("tiny"), TinyModel("other", "b" * 64))

    def of_run(path: Path) -> TinyModel | None:
        return run.model(int(path.read_text())) if path.is_relative_to(run.folder) else None

    def card(path: Path) -> ModelCard:
        model = of_run(path)
        if model is None:
            return plain.card(path)
        made = replace(card_of(model), path=path)
        return replace(made, levels=(), latent_dim=8) if vectors else made

    def decoder(path: Path) -> Decoder:
        return of_run(path) or plain.decoder(path)

    def find(name: str | Path) -> Path:
        return Path(name) if Path(name).is_file() else plain.find(name)

    return replace(plain, card=card, decoder=decoder, find=find)


@pytest.fixture
def run(folders: Folders) -> Snapshots:
    return Snapshots(folders)


@pytest.fixture
def studio(qtbot: QtBot, open_studio: OpenStudio, run: Snapshots) -> Studio:
    return with_run(qtbot, open_studio(library_with(run)), run)


def with_run(qtbot: QtBot, studio: Studio, run: Snapshots) -> Studio:
    qtbot.waitUntil(lambda: studio.training.card_of(run.folder) is not None)
    studio.training.show(run.folder)
    qtbot.waitUntil(lambda: studio.training.status == "interrupted")
    return studio


def paint_with(qtbot: QtBot, studio: Studio, number: int = 1) -> None:
    studio.window.actions_table["train.paint_with"].trigger()
    came(qtbot, studio, number)


def came(qtbot: QtBot, studio: Studio, number: int) -> None:
    qtbot.waitUntil(lambda: studio.painting.painting.model_id == f"{number:064d}")
    settle(qtbot, studio)


def next_snapshot(qtbot: QtBot, studio: Studio, run: Snapshots, number: int) -> None:
    run.write(number)
    studio.training.saved.emit(run.folder, run.last)
    came(qtbot, studio, number)


def shown(studio: Studio, model: TinyModel) -> None:
    """What is on the canvas is what that model makes of the painting's codes."""
    expected = decode_full(model, studio.painting.painting.grid.levels)
    np.testing.assert_array_equal(studio.picture.pixels(), expected)


def encoded_source(studio: Studio, model: TinyModel) -> np.ndarray:
    source = studio.painting.painting.source
    assert source is not None
    order = Order(Path("x"), source, studio.painting.size_px[1])
    library = replace(library_of(), card=lambda _: card_of(model), decoder=lambda _: model)
    snapshot = open_snapshot(library, order, Ticket(lambda *_: None))
    assert snapshot.encoded is not None
    return np.asarray(snapshot.encoded.codes[0])


def test_the_picture_on_the_canvas_comes_in_the_codes_of_the_run(
    qtbot: QtBot, studio: Studio, run: Snapshots
) -> None:
    before = studio.picture.pixels()
    shape, name = studio.painting.shape, title(studio)
    studio.window.show_workspace("train")
    paint_with(qtbot, studio)
    assert no_dialog(studio)
    assert studio.window.workspace == "paint"
    assert studio.painting.shape == shape
    assert title(studio) == name
    assert not studio.painting.read_only
    assert studio.session.card is not None
    assert studio.session.card.path == run.last
    np.testing.assert_array_equal(studio.painting.codes, encoded_source(studio, run.model(1)))
    shown(studio, run.model(1))
    assert before.shape == studio.picture.pixels().shape


def test_unsaved_work_is_asked_about_first(qtbot: QtBot, studio: Studio, run: Snapshots) -> None:
    paint_at(qtbot, studio, 2, 2)
    studio.window.actions_table["train.paint_with"].trigger()
    asked = dialog(studio, UnsavedDialog)
    assert studio.painting.painting.model_id == "0" * 64
    press(qtbot, asked.cancel)
    assert studio.painting.painting.model_id == "0" * 64
    studio.window.actions_table["train.paint_with"].trigger()
    press(qtbot, dialog(studio, UnsavedDialog).discard)
    came(qtbot, studio, 1)


def test_the_same_run_again_only_brings_its_newest_snapshot(
    qtbot: QtBot, studio: Studio, run: Snapshots
) -> None:
    paint_with(qtbot, studio)
    paint_at(qtbot, studio, 2, 2)
    codes = studio.painting.codes.copy()
    run.write(2)
    paint_with(qtbot, studio, 2)
    assert no_dialog(studio)
    np.testing.assert_array_equal(studio.painting.codes, codes)


def test_a_picture_is_encoded_anew_with_each_snapshot(qtbot: QtBot, studio: Studio, run: Snapshots) -> None:
    studio.window.actions_table["train.follow"].trigger()
    came(qtbot, studio, 1)
    assert studio.window.actions_table["train.follow"].isChecked()
    studio.paint.canvas.zoom_in()
    zoom = studio.paint.canvas.view
    chosen = studio.brush.primary
    document_changed: list[bool] = []
    studio.painting.document_changed.connect(lambda: document_changed.append(True))
    for number in (2, 3):
        next_snapshot(qtbot, studio, run, number)
        np.testing.assert_array_equal(studio.painting.codes, encoded_source(studio, run.model(number)))
        shown(studio, run.model(number))
    assert document_changed == []
    assert studio.paint.canvas.view == zoom
    assert studio.brush.primary == chosen
    assert studio.painting.painting.history.steps == ()
    assert not studio.painting.is_modified
    assert not studio.painting.read_only


def test_strokes_stay_and_are_decoded_anew(qtbot: QtBot, studio: Studio, run: Snapshots) -> None:
    studio.window.actions_table["train.follow"].trigger()
    came(qtbot, studio, 1)
    begun = studio.painting.codes.copy()
    studio.brush.primary = int(begun[2, 2] + 1) % 16
    paint_at(qtbot, studio, 2, 2)
    painted = studio.painting.codes.copy()
    assert painted[2, 2] != begun[2, 2]
    next_snapshot(qtbot, studio, run, 2)
    np.testing.assert_array_equal(studio.painting.codes, painted)
    shown(studio, run.model(2))
    assert studio.painting.is_modified
    studio.painting.undo()
    np.testing.assert_array_equal(studio.painting.codes, begun)
    next_snapshot(qtbot, studio, run, 3)  # what was undone can still be redone
    np.testing.assert_array_equal(studio.painting.codes, begun)
    studio.painting.redo()
    np.testing.assert_array_equal(studio.painting.codes, painted)


def test_a_stroke_in_the_air_is_not_replaced(qtbot: QtBot, studio: Studio, run: Snapshots) -> None:
    studio.window.actions_table["train.follow"].trigger()
    came(qtbot, studio, 1)
    assert studio.painting.begin("Brush")
    before = studio.painting.codes.copy()
    next_snapshot(qtbot, studio, run, 2)
    np.testing.assert_array_equal(studio.painting.codes, before)
    assert studio.painting.is_stroking
    studio.painting.cancel()


def test_without_following_a_snapshot_changes_nothing(qtbot: QtBot, studio: Studio, run: Snapshots) -> None:
    paint_with(qtbot, studio)
    run.write(2)
    studio.training.saved.emit(run.folder, run.last)
    settle(qtbot, studio)
    assert studio.painting.painting.model_id == f"{1:064d}"


def by_another_model(studio: Studio) -> None:
    studio.models.use("tiny", lambda act: act())


def by_another_painting(studio: Studio) -> None:
    studio.models.show(Painting.blank(3, 3, [0], TinyModel("tiny")))


def by_the_switch(studio: Studio) -> None:
    studio.window.actions_table["train.follow"].trigger()


@pytest.mark.parametrize("end", [by_another_model, by_another_painting, by_the_switch])
def test_following_ends(
    qtbot: QtBot, studio: Studio, run: Snapshots, end: Callable[[Studio], object]
) -> None:
    switch = studio.window.actions_table["train.follow"]
    switch.trigger()
    came(qtbot, studio, 1)
    end(studio)
    assert not switch.isChecked()
    assert studio.following.run is None
    settle(qtbot, studio)
    kept = studio.painting.painting.model_id
    run.write(2)
    studio.training.saved.emit(run.folder, run.last)
    settle(qtbot, studio)
    assert studio.painting.painting.model_id == kept


def test_the_best_model_ends_what_was_followed(qtbot: QtBot, studio: Studio, run: Snapshots) -> None:
    studio.window.actions_table["train.follow"].trigger()
    came(qtbot, studio, 1)
    best = run.folder / "model.safetensors"
    best.write_text("7")
    run.tell("finished", path=str(best), message="trained")
    # The state learns of it only while somebody trains: here the look comes with the list.
    studio.training.saved.emit(run.folder, best)
    came(qtbot, studio, 7)
    studio.training._rounds.runs[run.folder].status = "finished"
    studio.training.progress_changed.emit()
    assert studio.following.run is None
    assert "first has finished" in studio.window.messages.text
    shown(studio, run.model(7))


def test_cancelling_leaves_the_painting_and_the_switch(
    qtbot: QtBot, open_studio: OpenStudio, run: Snapshots
) -> None:
    import threading

    go = threading.Event()
    library = library_with(run)

    def slow(path: Path) -> Decoder:
        if path.is_relative_to(run.folder):
            go.wait(10)
        return library.decoder(path)

    studio = with_run(qtbot, open_studio(replace(library, decoder=slow)), run)
    codes = studio.painting.codes.copy()
    studio.window.actions_table["train.follow"].trigger()
    assert studio.following.run == run.folder
    assert "Opening first" in studio.window.messages.text
    press(qtbot, studio.window.messages._action)
    go.set()
    settle(qtbot, studio)
    np.testing.assert_array_equal(studio.painting.codes, codes)
    assert not studio.window.actions_table["train.follow"].isChecked()
    paint_with(qtbot, studio)  # nothing is left that would stand in its way


def test_a_damaged_snapshot_is_a_message(qtbot: QtBot, open_studio: OpenStudio, run: Snapshots) -> None:
    library = library_with(run)

    def broken(path: Path) -> Decoder:
        if path.is_relative_to(run.folder):
            raise ModelFault(path, "is cut short")
        return library.decoder(path)

    studio = with_run(qtbot, open_studio(replace(library, decoder=broken)), run)
    studio.window.actions_table["train.follow"].trigger()
    qtbot.waitUntil(lambda: "is cut short" in studio.window.messages.text)
    assert not studio.window.actions_table["train.follow"].isChecked()
    assert studio.painting.painting.model_id == "0" * 64


def test_a_snapshot_that_is_replaced_while_it_is_read_is_read_again(run: Snapshots) -> None:
    library = library_with(run)
    reads: list[int] = []

    def racing(path: Path) -> Decoder:
        reads.append(1)
        if len(reads) < 3:
            run.write(10 + len(reads))  # after the card was read
        return library.decoder(path)

    snapshot = open_snapshot(replace(library, decoder=racing), Order(run.last), Ticket(lambda *_: None))
    assert snapshot.card.model_id == snapshot.decoder.model_id == f"{12:064d}"


def test_a_run_without_codes_is_shown_in_the_train_workspace(
    qtbot: QtBot, open_studio: OpenStudio, run: Snapshots
) -> None:
    studio = with_run(qtbot, open_studio(library_with(run, vectors=True)), run)
    painting = studio.painting.painting
    studio.window.actions_table["train.paint_with"].trigger()
    assert studio.window.workspace == "train"
    assert studio.gallery.card is not None
    assert studio.gallery.card.path == run.last
    assert studio.painting.painting is painting
    assert not studio.painting.read_only
    assert "no codes to paint with" in studio.window.messages.text
    qtbot.waitUntil(lambda: studio.is_idle, timeout=60_000)
    assert studio.gallery.pictures is None  # this model file is none
    assert str(run.last) in studio.gallery.message


def test_the_picker_offers_runs_below_the_built_in_models(
    qtbot: QtBot, studio: Studio, run: Snapshots
) -> None:
    menu = studio._picker.menu()
    assert menu is not None
    menu.aboutToShow.emit()
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert texts == ["Built in", "tiny", "other", "Runs", "first", "Open model..."]
    next(action for action in menu.actions() if action.text() == "first").trigger()
    came(qtbot, studio, 1)
