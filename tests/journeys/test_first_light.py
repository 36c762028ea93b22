"""First light, end to end: the real window on the built-in model, with real mouse and key events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from engine.codes.document import Painting
from engine.decoding.decoder import to_pixels
from exporters.open import open_decoder
from gui import theme
from gui.dialogs.export_onnx import ExportOnnxDialog
from gui.dialogs.export_png import ExportPngDialog
from gui.dialogs.image_to_codes import ImageToCodesDialog
from gui.dialogs.unsaved import UnsavedDialog
from gui.settings import Folders
from gui.studio import Studio
from gui.visitor import Visitor
from tests.gui.conftest import Answers, compiler

Control, Shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Journey:
    """A visitor to a window that asks `answers` for files."""

    def __init__(self, folder: Path, first: Path | None = None) -> None:
        self.answers = Answers()
        self.studio = Studio(
            Folders(folder / "config", folder / "data"),
            first=first,
            chooser=self.answers,
            compiler=compiler(),
        )
        self.studio.window.resize(1280, 800)
        self.studio.window.show()
        self.visitor = Visitor(self.studio, folder)
        self.visitor.wait(lambda: self.studio.session.decoder is not None, "the model")
        self.visitor.settle()

    @property
    def codes(self) -> NDArray[np.int64]:
        return self.studio.painting.codes.copy()

    @property
    def pixels(self) -> NDArray[np.uint8]:
        return self.studio.picture.pixels().copy()

    def close(self) -> None:
        close(self.studio)


def close(studio: Studio) -> None:
    studio.window.close_now()
    QApplication.processEvents()
    studio.window.deleteLater()
    assert studio.all_ended


@pytest.fixture
def journey(qtbot: QtBot, tmp_path: Path) -> Iterator[Journey]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply_theme(app)
    made = Journey(tmp_path / "first")
    yield made
    made.close()


def assert_same_picture(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> None:
    """Equal as far as windows of other shapes can be: 1/255 on at most one value in 10,000."""
    difference = np.abs(one.astype(int) - other)
    assert difference.max() <= 1
    assert np.count_nonzero(difference) <= one.size / 10_000


def cells_that_differ(before: NDArray[np.uint8], after: NDArray[np.uint8], stride: int) -> NDArray[np.int64]:
    rows, columns = np.nonzero((before != after).any(axis=2))
    return np.unique(np.stack([rows // stride, columns // stride]), axis=1)


@pytest.mark.timeout(600)
def test_paint_undo_save_reopen_and_export(journey: Journey, tmp_path: Path) -> None:
    visitor, studio = journey.visitor, journey.studio
    assert studio.painting.shape == (40, 64)
    codes, pixels = journey.codes, journey.pixels
    decoder = studio.session.decoder
    assert decoder is not None
    assert_same_picture(pixels, to_pixels(decoder.decode([codes[None]]))[0])

    # Pick a code from the palette, paint a stroke with it as it is.
    visitor.press(visitor.canvas, Qt.Key.Key_D)
    palette = studio.codes.palette_view
    code = next(c for c in palette.shown_codes if c not in (studio.brush.primary, int(codes[10, 50])))
    visitor.click(palette, palette.rect_of(code).center())
    assert studio.brush.primary == code
    visitor.drag([(10, 45), (14, 58)])
    painted = np.argwhere(journey.codes != codes)
    assert {tuple(cell) for cell in painted.tolist()} >= {(10, 45), (14, 58)}
    assert set(journey.codes[tuple(painted.T)].tolist()) == {code}
    steps = painted[np.argsort(painted[:, 1])]
    assert np.abs(np.diff(steps, axis=0)).max() == 1  # no gaps

    # Pixels change only within the receptive margin of what was painted.
    changed = cells_that_differ(pixels, journey.pixels, 4).T
    distance = np.abs(changed[:, None] - painted[None]).max(axis=2).min(axis=1)
    assert len(changed) > 0
    assert distance.max() <= decoder.receptive_margin
    stroke_codes, stroke_pixels = journey.codes, journey.pixels
    assert_same_picture(stroke_pixels, to_pixels(decoder.decode([stroke_codes[None]]))[0])

    # Undo gives back the same codes and the same picture; redo the stroke.
    visitor.press(visitor.canvas, Qt.Key.Key_Z, Control)
    assert np.array_equal(journey.codes, codes)
    assert_same_picture(journey.pixels, pixels)
    visitor.press(visitor.canvas, Qt.Key.Key_Z, Control | Shift)
    assert np.array_equal(journey.codes, stroke_codes)
    assert_same_picture(journey.pixels, stroke_pixels)

    # Save; export the picture and the model.
    file = tmp_path / "mine.codebrush"
    journey.answers.answer = file
    visitor.press(visitor.canvas, Qt.Key.Key_S, Control)
    assert not studio.painting.is_modified
    png = tmp_path / "mine.png"
    visitor.trigger("file.export_png")
    dialog = visitor.dialog()
    assert isinstance(dialog, ExportPngDialog)
    journey.answers.answer = png
    visitor.click(dialog.primary)
    visitor.wait(png.exists, "the picture")
    visitor.settle()
    with Image.open(png) as image:
        exported = np.asarray(image.convert("RGB"))
    scale = exported.shape[0] // 160
    assert_same_picture(exported[::scale, ::scale], stroke_pixels)
    assert np.array_equal(Painting.from_png(png).grid.levels[0], stroke_codes)
    export_onnx(visitor, tmp_path / "onnx")
    taken_away = open_decoder(tmp_path / "onnx")
    difference = taken_away.decode([stroke_codes[None]]) - decoder.decode([stroke_codes[None]])
    assert np.abs(difference).max() <= 1 / 255

    # Close, and open what was saved: the same codes, picture and history.
    visitor.press(visitor.canvas, Qt.Key.Key_Q, Control)
    assert not studio.window.isVisible()
    again = Journey(tmp_path / "second", first=file)
    try:
        assert np.array_equal(again.codes, stroke_codes)
        assert_same_picture(again.pixels, stroke_pixels)
        again.visitor.press(again.visitor.canvas, Qt.Key.Key_Z, Control)
        assert np.array_equal(again.codes, codes)
        assert_same_picture(again.pixels, pixels)
    finally:
        again.close()


def export_onnx(visitor: Visitor, folder: Path) -> None:
    visitor.trigger("file.export_onnx")
    dialog = visitor.dialog()
    assert isinstance(dialog, ExportOnnxDialog)
    dialog.folder.setText(str(folder))
    visitor.click(dialog.primary)
    visitor.wait(lambda: not dialog.progress.isVisible(), "the export")
    visitor.close_dialog()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert all(row["ok"] for row in manifest["parity"])


def test_a_picture_of_ones_own_becomes_a_painting(journey: Journey, tmp_path: Path) -> None:
    visitor, studio = journey.visitor, journey.studio
    rows, columns = np.mgrid[0:1:90j, 0:1:120j]
    picture = np.stack([255 * rows, 255 * columns, 255 * (1 - rows)], axis=2).astype(np.uint8)
    path = tmp_path / "mine.png"
    Image.fromarray(picture).save(path)
    journey.answers.answer = path
    visitor.trigger("file.new_image")
    dialog = visitor.dialog()
    assert isinstance(dialog, ImageToCodesDialog)
    dialog.across.setValue(30)
    visitor.wait(dialog.primary.isEnabled, "the preview")
    visitor.click(dialog.primary)
    assert studio.painting.shape in ((22, 30), (23, 30))
    height, width = journey.pixels.shape[:2]
    expected = np.asarray(Image.fromarray(picture).resize((width, height)), dtype=float)
    assert np.abs(journey.pixels - expected).mean() < 20


def test_unsaved_changes_are_asked_about_and_cancel_keeps_everything(journey: Journey) -> None:
    visitor, studio = journey.visitor, journey.studio
    visitor.drag([(5, 50), (5, 60)])
    codes = journey.codes
    visitor.press(visitor.canvas, Qt.Key.Key_Q, Control)
    dialog = visitor.dialog()
    assert isinstance(dialog, UnsavedDialog)
    visitor.press(dialog, Qt.Key.Key_Escape)
    assert studio.window.isVisible()
    assert np.array_equal(journey.codes, codes)
    visitor.press(visitor.canvas, Qt.Key.Key_Q, Control)
    discard = next(b for b in visitor.dialog().findChildren(QPushButton) if b.text() == "Discard")
    visitor.click(discard)
    assert not studio.window.isVisible()


def test_escape_takes_back_a_stroke_in_progress(journey: Journey) -> None:
    visitor, codes, pixels = journey.visitor, journey.codes, journey.pixels
    visitor.drag([(3, 45), (9, 60)], keep_down=True)
    assert not np.array_equal(journey.codes, codes)
    visitor.press(visitor.canvas, Qt.Key.Key_Escape)
    assert np.array_equal(journey.codes, codes)
    assert_same_picture(journey.pixels, pixels)
    assert not journey.studio.painting.is_modified


def test_strokes_made_before_the_model_is_there_are_decoded_when_it_is(qtbot: QtBot, tmp_path: Path) -> None:
    studio = Studio(Folders(tmp_path / "config", tmp_path / "data"), chooser=Answers(), compiler=compiler())
    studio.window.resize(1280, 800)
    studio.window.show()
    visitor = Visitor(studio, tmp_path)
    try:
        assert studio.session.decoder is None
        before = studio.picture.pixels().copy()
        assert before.shape == (160, 256, 3)
        assert before.std() > 20  # the shipped picture, not an empty canvas
        visitor.drag([(6, 50), (6, 60)])
        codes = studio.painting.codes.copy()
        visitor.wait(lambda: studio.session.decoder is not None, "the model")
        visitor.settle()
        assert np.array_equal(studio.painting.codes, codes)
        decoder = studio.session.decoder
        assert decoder is not None
        assert_same_picture(studio.picture.pixels(), to_pixels(decoder.decode([codes[None]]))[0])
    finally:
        close(studio)
