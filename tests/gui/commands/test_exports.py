"""Exports: the PNG is the picture and carries the painting; ONNX shows progress, parity and faults."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.decoding.windowed import decode_full
from engine.errors import CannotWrite
from gui.dialogs.export_onnx import ExportOnnxDialog, remaining
from gui.dialogs.export_png import ExportPngDialog
from gui.studio import Studio
from gui.workers.export import OnnxOrder
from gui.workers.job import Ticket, Worker
from tests.gui.commands.test_files import dialog, press
from tests.gui.conftest import Answers
from tests.gui.test_studio import paint_at, settle, title
from tests.gui.tiny import TinyModel, card_of

ROW = {
    "graph": "decoder",
    "shape": [2, 7, 4],
    "what": "",
    "measured": 1.2e-6,
    "tolerance": 1 / 255,
    "ok": True,
}


def test_a_png_is_the_picture_and_opens_as_the_painting(
    qtbot: QtBot, studio: Studio, answers: Answers, tmp_path: Path
) -> None:
    paint_at(qtbot, studio, 3, 5)
    settle(qtbot, studio)
    codes = studio.painting.codes.copy()
    studio.exports.export_png()
    asked = dialog(studio, ExportPngDialog)
    asked.set_scale(3)
    answers.answer = tmp_path / "sea.png"
    press(qtbot, asked.primary)
    qtbot.waitUntil(lambda: "Exported to" in studio.window.messages.text)
    expected = decode_full(TinyModel(), [codes]).repeat(3, axis=0).repeat(3, axis=1)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "sea.png")), expected)

    studio.painting.undo()
    studio.files.open_path(tmp_path / "sea.png")
    qtbot.waitUntil(lambda: title(studio) == "sea")
    np.testing.assert_array_equal(studio.painting.codes, codes)
    assert studio.painting.painting.path is None  # saving asks for a .codebrush file


def test_an_export_right_after_a_stroke_waits_for_its_pixels(
    qtbot: QtBot, studio: Studio, answers: Answers, tmp_path: Path
) -> None:
    answers.answer = tmp_path / "sea.png"
    paint_at(qtbot, studio, 3, 5)
    studio.exports._export(tmp_path / "sea.png", 1, False)
    qtbot.waitUntil(lambda: "Exported to" in studio.window.messages.text)
    expected = decode_full(TinyModel(), [studio.painting.codes])
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "sea.png")), expected)


def test_sizes_that_no_png_can_have_are_not_offered(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    asked = ExportPngDialog(parent, np.zeros((4096, 4096, 3), np.uint8), lambda *_: None)
    buttons = [button for button in asked.findChildren(QPushButton) if button.text().endswith("x")]
    assert [button.text() for button in buttons if button.isEnabled()] == ["1x", "2x", "3x", "4x"]
    asked.close()


def test_a_png_that_cannot_be_written_is_a_message(
    qtbot: QtBot, studio: Studio, answers: Answers, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    studio.exports.export_png()
    answers.answer = tmp_path / "file" / "sea.png"
    press(qtbot, dialog(studio, ExportPngDialog).primary)
    qtbot.waitUntil(lambda: "cannot be written" in studio.window.messages.text)


class OnnxDialog:
    """The ONNX dialog around a stand-in exporter."""

    def __init__(self, qtbot: QtBot, folder: Path, worker: Worker) -> None:
        self.orders: list[OnnxOrder] = []
        self.go = threading.Event()
        self.error: Exception | None = None
        self.answers = Answers()
        self.dialog = ExportOnnxDialog(None, card_of(TinyModel()), worker, self.answers, folder, self._export)
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(self.dialog)
        self.dialog.show()

    def _export(self, order: OnnxOrder, ticket: Ticket) -> Mapping[str, Any]:
        self.orders.append(order)
        ticket.report(0.4, "Exporting the decoder")
        self.go.wait(5)
        ticket.raise_if_cancelled()
        if self.error is not None:
            raise self.error
        return {"parity": [ROW]}


@pytest.fixture
def onnx(qtbot: QtBot, tmp_path: Path):  # type: ignore[no-untyped-def]
    worker = Worker("export")
    made = OnnxDialog(qtbot, tmp_path, worker)
    yield made
    made.go.set()
    assert worker.stop(5)


def test_onnx_shows_progress_then_parity(qtbot: QtBot, onnx: OnnxDialog, tmp_path: Path) -> None:
    onnx.dialog.graphs["encoder"].setChecked(False)
    press(qtbot, onnx.dialog.primary)
    qtbot.waitUntil(lambda: onnx.dialog.progress.value() == 400)
    assert onnx.dialog.doing.text() == "Exporting the decoder"
    assert not onnx.dialog.primary.isEnabled()
    onnx.go.set()
    qtbot.waitUntil(lambda: bool(onnx.dialog.result_rows))
    assert onnx.dialog.result_rows == [("decoder", "2 x 7 x 4", "1.2e-06", "0.0039")]
    order = onnx.orders[0]
    assert (order.graphs, order.folder, order.replace) == (("decoder",), tmp_path / "tiny-onnx", False)


def test_onnx_says_what_is_wrong_and_lets_it_be_changed(
    qtbot: QtBot, onnx: OnnxDialog, tmp_path: Path
) -> None:
    onnx.error = CannotWrite(tmp_path / "tiny-onnx", "already holds an export: choose another folder")
    onnx.go.set()
    press(qtbot, onnx.dialog.primary)
    qtbot.waitUntil(lambda: "already holds an export" in onnx.dialog.fault.text())
    assert onnx.dialog.primary.isEnabled()
    onnx.error = None
    press(qtbot, onnx.dialog.primary)
    qtbot.waitUntil(lambda: bool(onnx.dialog.result_rows))
    assert onnx.dialog.fault.text() == ""


def test_onnx_cancel_is_instant(qtbot: QtBot, onnx: OnnxDialog) -> None:
    press(qtbot, onnx.dialog.primary)
    qtbot.waitUntil(lambda: bool(onnx.orders))
    press(qtbot, onnx.dialog.cancel)
    assert not onnx.dialog.isVisible()
    onnx.go.set()
    qtbot.wait(20)
    assert onnx.dialog.result_rows == []


def test_onnx_needs_a_graph_and_a_folder(onnx: OnnxDialog, tmp_path: Path) -> None:
    for box in onnx.dialog.graphs.values():
        box.setChecked(False)
    assert not onnx.dialog.primary.isEnabled()
    onnx.dialog.graphs["encoder"].setChecked(True)
    assert onnx.dialog.primary.isEnabled()
    onnx.dialog.folder.setText("  ")
    assert not onnx.dialog.primary.isEnabled()
    onnx.answers.answer = tmp_path / "elsewhere"
    onnx.dialog._browse()
    assert onnx.dialog.folder.text() == str(tmp_path / "elsewhere" / "tiny-onnx")


def test_remaining_time_is_said_when_it_is_known() -> None:
    assert remaining(0.5, 0.5) == ""
    assert remaining(10, 0.01) == ""
    assert remaining(10, 0.5) == ", about 10 s left"
    assert remaining(100, 0.2) == ", about 7 min left"
