"""Training from the window, end to end: the real trainer in its own process, real clicks and keys."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.checkpoint import read_card
from engine.models.registry import builtin_models
from gui import theme
from gui.settings import Folders
from gui.studio import Studio
from gui.visitor import Visitor
from gui.workspaces.train import TrainWorkspace
from tests.engine.analysis.test_own_data import picture_folder
from tests.gui.conftest import Answers, compiler
from tests.journeys.test_first_light import close
from tests.small import write_small_two_level_model

Control = Qt.KeyboardModifier.ControlModifier
MOST_LOOKS = 4
"""Four looks are taken a second: a death is told within two seconds, however slow the machine is."""


class TrainJourney:
    """A visitor to a window that has a small folder of pictures to train on."""

    def __init__(self, folder: Path) -> None:
        self.data = picture_folder(folder / "pictures", count=40)
        self.answers = Answers()
        self.studio = Studio(
            Folders(folder / "config", folder / "data"), chooser=self.answers, compiler=compiler()
        )
        self.studio.window.resize(1440, 900)
        self.studio.window.show()
        self.visitor = Visitor(self.studio, folder)
        self.visitor.wait(lambda: self.studio.session.decoder is not None, "the model")
        self.visitor.settle()

    @property
    def train(self) -> TrainWorkspace:
        return self.studio.train

    @property
    def run(self) -> Path:
        return self.studio.training.folder / "blobs"

    @property
    def last(self) -> Path:
        return self.run / "last" / "weights.safetensors"

    def paints_with_the_run(self) -> bool:
        card = self.studio.session.card
        return card is not None and card.path.is_relative_to(self.run) and not self.studio.painting.read_only

    def type_into(self, field: QWidget, text: str) -> None:
        """Replace what a field holds, as one does: into it, select all, type, leave."""
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_A, Control)
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Tab)

    def set_up(self) -> None:
        """Choose the folder and a network that learns in seconds."""
        settings = self.train.settings
        self.answers.answer = self.data
        settings.data.combo.setFocus()
        QTest.keyClick(settings.data.combo, Qt.Key.Key_F)  # "Folder of pictures..."
        self.visitor.wait(lambda: settings.data.look is not None, "a look at the pictures")
        self.visitor.wait(settings.start.isEnabled, "the form")
        self.visitor.click(settings.form.fold)
        small = {"steps": 60_000, "validations": 600, "image_size": 16, "codes": 16, "batch_size": 4}
        for name, value in small.items():
            self.type_into(settings.form.fields[name], str(value))
        self.type_into(settings.name, "blobs")
        assert settings.request.data == str(self.data)
        assert settings.request.steps == 60_000
        assert {"codes=16", "batch_size=4", "validations=600"} <= set(settings.request.settings)

    def child(self) -> int:
        child = self.studio.training.process_of(self.run)
        assert child is not None
        return child.pid

    def close(self) -> None:
        self.studio.training.stop_all_here()
        close(self.studio)


@pytest.fixture
def journey(qtbot: QtBot, tmp_path: Path) -> Iterator[TrainJourney]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply_theme(app)
    made = TrainJourney(tmp_path / "journey")
    yield made
    made.close()


@pytest.mark.timeout(1200)
def test_train_pause_paint_kill_and_go_on(journey: TrainJourney) -> None:
    visitor, studio, training = journey.visitor, journey.studio, journey.studio.training
    visitor.press(studio.window, Qt.Key.Key_3, Control)
    assert studio.window.workspace == "train"
    journey.set_up()
    train = journey.train

    # Start: curves and pictures appear, and move.
    visitor.click(train.settings.start)
    visitor.wait(lambda: training.status == "training", "training to begin")
    visitor.wait(lambda: not train.curves.is_empty, "curves")
    visitor.wait(lambda: train.live.pictures.columns > 0, "a preview")
    seen = train.live.pictures.grab().toImage()
    points = len(training.curves["loss"][0])
    visitor.wait(lambda: len(training.curves["loss"][0]) > points + 20, "curves to move")
    visitor.wait(lambda: train.live.pictures.grab().toImage() != seen, "previews to move")
    assert training.life[0].use.shape == (16,)

    # Pause and resume.
    visitor.click(train.settings.pause)
    visitor.wait(lambda: training.status == "paused", "the pause")
    stood = training.step
    time.sleep(1)
    visitor.wait(lambda: training.status == "paused", "a look")
    assert training.step <= stood + 1
    visitor.click(train.settings.pause)
    visitor.wait(lambda: training.status == "training" and training.step > stood + 1, "it to go on")

    # Paint with the snapshot while training goes on, and follow it.
    visitor.wait(train.runs.paint.isEnabled, "a snapshot")
    visitor.click(train.runs.paint)
    assert studio.window.workspace == "paint"
    visitor.wait(journey.paints_with_the_run, "the painting in the run's codes")
    visitor.settle()
    visitor.trigger("train.follow")
    first = studio.painting.painting.model_id
    visitor.wait(lambda: studio.painting.painting.model_id != first, "the next snapshot")
    visitor.settle()
    assert training.status == "training"
    assert studio.painting.painting.history.steps == ()

    # A stroke is not replaced by the snapshots that follow.
    visitor.drag([(3, 3), (5, 9)])
    painted = studio.painting.codes.copy()
    second = studio.painting.painting.model_id
    visitor.wait(lambda: studio.painting.painting.model_id != second, "another snapshot")
    visitor.settle()
    np.testing.assert_array_equal(studio.painting.codes, painted)

    # Kill the child: a message at once, and the painting as it was.
    visitor.wait(journey.last.is_file, "a checkpoint")
    visitor.trigger("train.follow")  # a snapshot that comes now would change the picture
    kept = studio.picture.pixels()
    os.kill(journey.child(), signal.SIGKILL)
    looks: list[object] = []
    training._rounds.news.connect(lambda run, _: looks.append(run))
    visitor.wait(lambda: "Training of blobs was killed" in studio.window.messages.text, "the message")
    assert len(looks) <= MOST_LOOKS
    np.testing.assert_array_equal(studio.painting.codes, painted)
    np.testing.assert_array_equal(studio.picture.pixels(), kept)
    visitor.click(studio.window.messages._action)
    assert studio.window.workspace == "train"
    assert "memory" in train.failure.text

    # Go on from the last checkpoint.
    checkpoint = read_card(journey.last).training["step"]
    visitor.wait(
        lambda: "Go on" in train.failure.go_on.text() and train.failure.go_on.isVisible(), "the card"
    )
    visitor.click(train.failure.go_on)
    visitor.wait(lambda: training.status == "training", "it to go on")
    visitor.wait(lambda: training.step > checkpoint, "it to get further")
    assert train.failure.text == ""
    visitor.click(train.settings.stop)
    visitor.wait(lambda: training.status == "stopped", "the end")
    assert read_card(journey.last).training["step"] > checkpoint


@pytest.mark.timeout(600)
def test_train_a_prior_for_a_model_from_a_file(journey: TrainJourney, tmp_path: Path) -> None:
    visitor, studio, training = journey.visitor, journey.studio, journey.studio.training
    model = write_small_two_level_model(tmp_path / "dots.safetensors")
    studio.files.open_path(model)
    visitor.wait(lambda: studio.session.model_name == "dots", "the model")
    visitor.settle()

    # From the canvas: the form is about the model in use; its pictures are chosen by hand.
    visitor.trigger("train.prior")
    assert studio.window.workspace == "train"
    settings = journey.train.settings
    assert settings.prior.combo.currentText() == "dots"
    assert settings.name.text() == "dots-prior"
    journey.answers.answer = journey.data
    settings.data.combo.setFocus()
    QTest.keyClick(settings.data.combo, Qt.Key.Key_F)  # "Folder of pictures..."
    visitor.wait(lambda: settings.data.look is not None, "a look at the pictures")
    visitor.wait(settings.start.isEnabled, "the form")
    visitor.click(settings.form.fold)
    small = {"steps": 40, "validations": 2, "channels": 8, "layers": 2, "head": 8, "context": 8}
    for name, value in small.items():
        journey.type_into(settings.form.fields[name], str(value))

    # Bits of both levels come down in one plot, guesses stand below the pictures.
    visitor.click(settings.start)
    visitor.wait(lambda: training.status == "finished", "the end of the training")
    visitor.wait(lambda: len(training.curves.get("valid_bits_1", ((), ()))[0]) == 2, "the curves")
    visitor.wait(lambda: journey.train.live.pictures.columns > 0, "a preview")
    assert training.current is not None
    assert training.current.prior_of == "dots"
    assert "bits per code" in journey.train.progress.text
    assert len(training.curves["bits_0"][0]) == 40
    card = read_card(training.folder / "dots-prior" / "model.safetensors")
    assert card.prior is not None
    assert card.model_id == read_card(model).model_id
    assert card.prior.training["finished"]

    # Painting with it is painting with the model it is for.
    visitor.wait(journey.train.runs.paint.isEnabled, "the run in the list")
    visitor.click(journey.train.runs.paint)
    visitor.wait(lambda: studio.session.model_name == "dots-prior", "the model with its prior")
    assert studio.window.workspace == "paint"
    assert studio.painting.painting.model_id == card.model_id


@pytest.mark.timeout(600)
def test_train_on_from_the_model_that_is_built_in(journey: TrainJourney) -> None:
    visitor, studio, training = journey.visitor, journey.studio, journey.studio.training
    visitor.press(studio.window, Qt.Key.Key_3, Control)
    settings = journey.train.settings
    journey.answers.answer = journey.data
    settings.data.combo.setFocus()
    QTest.keyClick(settings.data.combo, Qt.Key.Key_F)  # "Folder of pictures..."
    visitor.wait(lambda: settings.data.look is not None, "a look at the pictures")
    visitor.wait(settings.start.isEnabled, "the form")
    settings.start_from.combo.setFocus()
    QTest.keyClicks(settings.start_from.combo, "emoji-vqvae")
    visitor.wait(settings.start.isEnabled, "the form of what it starts from")
    visitor.click(settings.form.fold)
    card = read_card(builtin_models()["emoji-vqvae"])
    for option in ("image_size", "stride", "hidden"):
        field = settings.form.fields[option]
        assert not field.isEnabled()
        assert field.value_of() == card.config[option]
    for name, value in {"steps": 2, "batch_size": 2, "validations": 1}.items():
        journey.type_into(settings.form.fields[name], str(value))
    journey.type_into(settings.name, "blobs")
    visitor.click(settings.start)
    visitor.wait(lambda: training.status == "finished", "the end of the training")
    trained = read_card(journey.run / "model.safetensors")
    assert trained.config == card.config
    assert trained.recipe["start_from"]["weights_id"] == card.model_id
    assert journey.train.progress.about.text().endswith(", from emoji-vqvae")
