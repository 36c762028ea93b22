"""The tour's visit to the Train workspace: real trainings, in processes of their own, and how they end."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from engine.models.registry import builtin_models
from gui.train.settings_column import SettingsColumn
from gui.visitor import Visitor

Control = Qt.KeyboardModifier.ControlModifier
SMALL = {"steps": 3000, "validations": 60, "image_size": 32, "hidden": 32, "batch_size": 16}
"""A network that shows curves and pictures within seconds."""
SMALL_PRIOR = {"steps": 400, "validations": 20, "channels": 16, "layers": 3, "head": 32}
FIRST_STEPS, COMPARED_STEPS, PRIOR_STEPS = 150, 80, 60


def visit_training(visitor: Visitor) -> None:
    """What there is before the first run; a run, its options, another beside it, a killed one; a VAE."""
    visitor.trigger("workspace.train")
    train, training = visitor.studio.train, visitor.studio.training
    settings = train.settings
    visitor.wait(lambda: settings.data.look is not None, "a look at the pictures")
    visitor.wait(lambda: "about" in settings.hint.text(), "the expected time")
    visitor.settle()
    visitor.shoot("train")
    visitor.click(settings.form.fold)
    _type_all(settings, SMALL)
    visitor.shoot("train-options")
    visitor.click(settings.form.fold)

    visitor.click(settings.start)
    visitor.wait(lambda: training.step >= FIRST_STEPS and train.live.pictures.columns > 0, "curves")
    visitor.settle()
    visitor.shoot("training")
    visitor.click(settings.stop)
    visitor.wait(lambda: training.status == "stopped", "the training to stop")

    visitor.click(settings.family.buttons["vqvae2"])
    visitor.wait(settings.start.isEnabled, "the form")
    first = training.current
    assert first is not None
    visitor.click(settings.start)
    visitor.wait(lambda: training.step >= COMPARED_STEPS and train.live.pictures.columns > 0, "curves")
    training.compare(first.folder, True)
    visitor.settle()
    visitor.shoot("runs-compared")
    training.compare(first.folder, False)
    visitor.wait(train.runs.paint.isEnabled, "a snapshot")
    _kill_trainer(visitor)
    visitor.wait(lambda: bool(train.failure.text), "the message")
    visitor.settle()
    visitor.shoot("training-killed")

    training.show(first.folder)
    _train_prior(visitor)

    visitor.studio.files.open_path(builtin_models()["mnist-vae"])
    visitor.wait(lambda: visitor.studio.gallery.pictures is not None, "the reconstructions")
    visitor.settle()
    visitor.shoot("model-without-codes")
    visitor.trigger("workspace.paint")


def _train_prior(visitor: Visitor) -> None:
    """Of the first run: what is asked, and how it learns."""
    train, training = visitor.studio.train, visitor.studio.training
    settings = train.settings
    visitor.trigger("train.prior")
    visitor.wait(settings.start.isEnabled, "the form of a prior")
    visitor.click(settings.form.fold)
    _type_all(settings, SMALL_PRIOR)
    visitor.click(settings.form.fold)
    visitor.shoot("prior")
    visitor.click(settings.start)
    visitor.wait(lambda: training.step >= PRIOR_STEPS and "valid_bits" in training.curves, "bits")
    visitor.wait(lambda: train.live.pictures.columns > 0, "guesses")
    visitor.settle()
    visitor.shoot("prior-training")
    visitor.click(settings.stop)
    visitor.wait(lambda: training.status in ("stopped", "finished"), "the training to stop")


def _type_all(settings: SettingsColumn, values: Mapping[str, int]) -> None:
    for name, value in values.items():
        _type_into(settings.form.fields[name], str(value))


def _type_into(field: QWidget, text: str) -> None:
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, Control)
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Tab)


def _kill_trainer(visitor: Visitor) -> None:
    """As the system does where memory runs out."""
    training = visitor.studio.training
    assert training.current is not None
    child = training.process_of(training.current.folder)
    assert child is not None
    os.kill(child.pid, signal.SIGKILL)
