"""The image dialog: a live preview in which the newest size wins, and which waits for the model in words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.errors import PictureFault
from gui.dialogs.image_to_codes import ImageToCodesDialog
from gui.frame.spinner import Spinner
from gui.state.session import Session
from gui.workers.encode import Encoded, NamedPicture
from gui.workers.job import Ticket, Worker
from tests.gui.tiny import TinyModel, library_of

MODEL = TinyModel("tiny")
WIDE = NamedPicture("wide", np.full((30, 120, 3), 200, np.uint8))
TALL = NamedPicture("tall", np.full((2048, 2, 3), 90, np.uint8))


class Desk:
    """A dialog with its own workers."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.reader, self.model = Worker("files"), Worker("model")
        self.session = Session(library_of(MODEL), self.model)
        self.session.open_model("tiny")
        self.created: list[tuple[NamedPicture, Encoded]] = []
        self.pictures = [WIDE]
        self.read_error: PictureFault | None = None

    def ready(self, qtbot: QtBot) -> None:
        self.session.start_loading()
        qtbot.waitUntil(lambda: self.session.status == "ready")

    def open(self, read: Callable[[Ticket], NamedPicture] | None = None) -> ImageToCodesDialog:
        dialog = ImageToCodesDialog(
            self.window,
            self.session,
            self.reader,
            self.model,
            read or self._read,
            lambda picture, encoded: self.created.append((picture, encoded)),
            another=True,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        dialog.open()
        return dialog

    def _read(self, _: Ticket) -> NamedPicture:
        if self.read_error is not None:
            raise self.read_error
        return self.pictures.pop(0)


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk(qtbot)
    yield made
    assert made.reader.stop(5)
    assert made.model.stop(5)


def test_it_previews_and_creates_what_was_previewed(qtbot: QtBot, desk: Desk) -> None:
    desk.ready(qtbot)
    dialog = desk.open()
    assert not dialog.primary.isEnabled()
    qtbot.waitUntil(dialog.primary.isEnabled)
    assert (dialog.preview.image.width(), dialog.preview.image.height()) == (256, 64)
    assert dialog._size.text() == "64 x 16 cells\n256 x 64 px"
    dialog.primary.click()
    ((picture, encoded),) = desk.created
    assert picture is WIDE
    assert encoded.codes[0].shape == (16, 64)
    assert not dialog.isVisible()


def test_the_newest_size_wins(qtbot: QtBot, desk: Desk) -> None:
    desk.ready(qtbot)
    dialog = desk.open()
    qtbot.waitUntil(dialog.primary.isEnabled)
    for across in (20, 33, 47, 12):
        dialog.slider.setValue(across)
        assert dialog.across.value() == across
        assert not dialog.primary.isEnabled()
    qtbot.waitUntil(dialog.primary.isEnabled)
    qtbot.waitUntil(lambda: desk.model.pending == 0)
    assert dialog.preview.image.width() == 12 * 4
    dialog.primary.click()
    assert desk.created[0][1].codes[0].shape == (3, 12)


def test_it_waits_for_the_model_in_words(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open()
    qtbot.waitUntil(lambda: dialog._doing.text() == "Loading tiny")
    spinner = dialog.findChild(Spinner)
    assert spinner is not None
    assert spinner.isVisible()
    desk.ready(qtbot)
    qtbot.waitUntil(dialog.primary.isEnabled)
    assert dialog._doing.text() == ""
    assert spinner.isHidden()


def test_the_original_can_be_compared(qtbot: QtBot, desk: Desk) -> None:
    desk.ready(qtbot)
    dialog = desk.open()
    qtbot.waitUntil(dialog.primary.isEnabled)
    dialog._original.click()
    assert dialog.preview.image.width() == 120
    dialog._codes.click()
    assert dialog.preview.image.width() == 256


def test_another_picture(qtbot: QtBot, desk: Desk) -> None:
    desk.pictures.append(TALL)
    desk.ready(qtbot)
    dialog = desk.open()
    qtbot.waitUntil(dialog.primary.isEnabled)
    dialog.another.click()
    assert not dialog.primary.isEnabled()
    qtbot.waitUntil(dialog.primary.isEnabled)
    assert dialog.across.maximum() == 1  # 1024 cells down is the most there can be
    assert dialog._size.text() == "1 x 1024 cells\n4 x 4096 px"


def test_a_fault_is_said_and_another_picture_can_be_tried(qtbot: QtBot, desk: Desk) -> None:
    desk.ready(qtbot)
    desk.read_error = PictureFault("cat.png", "is cut short")
    dialog = desk.open()
    qtbot.waitUntil(lambda: dialog.fault.text() == "cat.png: is cut short")
    assert not dialog.primary.isEnabled()
    desk.read_error = None
    dialog.another.click()
    qtbot.waitUntil(dialog.primary.isEnabled)
    assert dialog.fault.text() == ""


def test_cancelling_is_instant_while_reading(qtbot: QtBot, desk: Desk) -> None:
    go = threading.Event()

    def slow(_: Ticket) -> NamedPicture:
        go.wait(5)
        return WIDE

    desk.ready(qtbot)
    dialog = desk.open(slow)
    dialog.cancel.click()
    assert not dialog.isVisible()
    go.set()
    qtbot.waitUntil(lambda: desk.reader.pending == 0)
    assert desk.model.pending == 0
    assert desk.created == []
