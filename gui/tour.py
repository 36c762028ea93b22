"""Drives the real window through the main stories and pictures every screen: `main.py tour`."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from engine.codes.strokes import Cell
from engine.files import make_folder
from gui.dialogs.export_onnx import ExportOnnxDialog
from gui.dialogs.image_to_codes import ImageToCodesDialog
from gui.offscreen import themed_application
from gui.settings import Folders
from gui.studio import Studio
from gui.tour_samples import visit_samples
from gui.tour_train import visit_training
from gui.visitor import Visitor

SIZE_PX = (1600, 960)
SMALL_PX = (1280, 720)
RAINBOW = ((226, 52, 46), (255, 152, 0), (255, 214, 0), (60, 180, 75), (33, 150, 243), (124, 77, 220))
GRASS, WATER = (124, 179, 66), (79, 195, 247)


def tour(out: Path) -> list[Path]:
    """Picture every screen into the folder `out`; returns the files in order."""
    make_folder(out)
    with tempfile.TemporaryDirectory() as folder, _studio(Path(folder)) as studio:
        visitor = Visitor(studio, out)
        _start(visitor)
        _paint(visitor)
        _look_closer(visitor)
        _palette(visitor)
        _expect(visitor)
        _own_image(visitor, Path(folder))
        _new_and_export(visitor, Path(folder))
        visit_training(visitor)
        visit_samples(visitor)
        _two_levels(visitor)
        _help(visitor)
        _trouble(visitor, Path(folder))
        return visitor.taken


@contextmanager
def _studio(folder: Path) -> Iterator[Studio]:
    app = themed_application()
    studio = Studio(Folders(folder / "config", folder / "data"))
    studio.window.resize(*SIZE_PX)
    studio.window.show()
    try:
        yield studio
    finally:
        studio.window.close_now()
        app.processEvents()


def _start(visitor: Visitor) -> None:
    """The first second: the painting is there, the model is being loaded; then all is ready."""
    QApplication.processEvents()
    visitor.shoot("first-second")
    visitor.wait(lambda: visitor.studio.session.decoder is not None, "the model")
    visitor.settle()
    visitor.point((20, 50))
    visitor.shoot("start")


def _paint(visitor: Visitor) -> None:
    """A rainbow, grass, water; a stroke in progress; fill; undo."""
    brush = visitor.studio.brush
    visitor.trigger("tool.brush")
    brush.size, brush.dream = 2, 0.0
    for ring, colour in enumerate(RAINBOW):
        brush.primary = _code_like(visitor, colour)
        visitor.drag(_arc((26, 47), 14 - 2 * ring), keep_down=ring == len(RAINBOW) - 1)
    visitor.shoot("stroke-in-progress")
    visitor.drag([(26, 47)])
    visitor.press(visitor.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    brush.primary, brush.size = _code_like(visitor, GRASS), 4
    visitor.drag([(28, 33), (27, 42), (28, 52), (27, 61)])
    visitor.point((22, 47))
    visitor.shoot("strokes")
    visitor.trigger("brush.dream")
    visitor.drag([(32, 4), (31, 12), (32, 20), (31, 28)])
    visitor.point((26, 16))
    visitor.shoot("dream-brush")
    visitor.press(visitor.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    visitor.trigger("tool.fill")
    brush.primary = _code_like(visitor, WATER)
    visitor.click(visitor.canvas, visitor.place((35, 50)))
    visitor.shoot("fill")
    visitor.press(visitor.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    visitor.shoot("undo")


def _look_closer(visitor: Visitor) -> None:
    """A selection that is moved; the grid and the numbers of the codes."""
    visitor.trigger("tool.select")
    visitor.drag([(28, 2), (39, 12)])
    visitor.trigger("edit.copy")
    visitor.trigger("edit.paste")
    visitor.trigger("tool.move")
    visitor.drag([(33, 7), (33, 44)])
    visitor.shoot("selection")
    visitor.press(visitor.canvas, Qt.Key.Key_Escape)
    visitor.trigger("select.none")
    visitor.trigger("tool.brush")
    visitor.trigger("view.grid")
    visitor.trigger("view.index")
    visitor.canvas.zoom_at(9.0, *visitor.canvas.view.to_screen(30, 44))
    visitor.point((10, 12))
    visitor.shoot("grid-and-numbers")
    visitor.trigger("view.grid")
    visitor.trigger("view.index")
    visitor.trigger("view.fit")


def _palette(visitor: Visitor) -> None:
    """The codebook sorted by similarity, a code under the pointer."""
    palette = visitor.studio.codes.palette_view
    palette.set_sort("similarity")
    visitor.settle()
    code = palette.shown_codes[len(palette.shown_codes) // 2]
    visitor.hover(palette, palette.rect_of(code).center())
    visitor.wait(visitor.studio.card.isVisible, "the card of the code")
    visitor.settle()
    visitor.shoot("palette-by-similarity")
    visitor.leave(palette)
    palette.set_sort("colour")


def _expect(visitor: Visitor) -> None:
    """What surprises the prior, and what it would have expected; a model without one has nothing to show."""
    decoder, popup = visitor.studio.session.decoder, visitor.studio.paint.popup
    if decoder is None or decoder.prior is None:
        return
    visitor.point((16, 14))
    visitor.trigger("view.surprise")
    visitor.wait(lambda: not visitor.studio.asking.surprise.is_busy, "the surprise")
    visitor.shoot("surprise")
    visitor.trigger("view.surprise")
    visitor.press(visitor.canvas, Qt.Key.Key_Tab)
    visitor.wait(popup.isVisible, "the suggestions")
    visitor.shoot("suggestions")
    visitor.press(popup, Qt.Key.Key_Escape)
    _resample(visitor)


def _resample(visitor: Visitor) -> None:
    """A part of the painting drawn anew by the prior, several ways."""
    resampling = visitor.studio.asking.resampling
    visitor.trigger("tool.select")
    visitor.drag([(10, 14), (14, 18), (17, 21)])
    visitor.press(visitor.canvas, Qt.Key.Key_R)
    visitor.wait(lambda: resampling.is_open and not resampling.is_busy, "the variations")
    visitor.press(visitor.canvas, Qt.Key.Key_Right)
    visitor.shoot("variations")
    visitor.press(visitor.canvas, Qt.Key.Key_Escape)
    visitor.trigger("select.none")
    visitor.trigger("tool.brush")


def _own_image(visitor: Visitor, folder: Path) -> None:
    """A picture of one's own: the question how many cells, then the painting."""
    path = folder / "sunset.png"
    Image.fromarray(_sunset()).save(path)
    visitor.studio.files.open_image(path)
    dialog = visitor.dialog()
    assert isinstance(dialog, ImageToCodesDialog)
    visitor.wait(dialog.primary.isEnabled, "the preview")
    visitor.settle()
    visitor.shoot("own-image")
    visitor.click(dialog.primary)
    visitor.point((10, 30))
    visitor.shoot("own-image-painted")


def _new_and_export(visitor: Visitor, folder: Path) -> None:
    visitor.trigger("file.new")
    visitor.dialog()
    visitor.shoot("unsaved-changes")
    visitor.close_dialog()
    visitor.trigger("file.export_png")
    visitor.dialog()
    visitor.shoot("export-picture")
    visitor.close_dialog()
    visitor.trigger("file.export_onnx")
    dialog = visitor.dialog()
    assert isinstance(dialog, ExportOnnxDialog)
    dialog.folder.setText(str(folder / "emoji-vqvae-onnx"))
    visitor.shoot("export-onnx")
    visitor.click(dialog.primary)
    visitor.wait(lambda: not dialog.progress.isVisible(), "the export")
    visitor.settle()
    visitor.shoot("export-onnx-done")
    visitor.close_dialog()


def _two_levels(visitor: Visitor) -> None:
    """Coarse and fine codes on one canvas: a coarse stroke, and the fine codes that follow it."""
    studio = visitor.studio
    visitor.trigger("workspace.paint")
    studio.painting.painting.history.mark_saved()
    studio.models.use("emoji-vqvae2", lambda act: act())
    visitor.wait(lambda: len(studio.painting.painting.grid.levels) == 2, "the model of two levels")
    visitor.wait(lambda: studio.session.decoder is not None, "its decoder")
    visitor.trigger("file.new_random")
    dialog = visitor.dialog()
    assert isinstance(dialog, ImageToCodesDialog)
    visitor.wait(dialog.primary.isEnabled, "the preview")
    visitor.click(dialog.primary)
    visitor.settle()
    studio.brush.primary, studio.brush.size, studio.brush.dream = _code_like(visitor, GRASS), 5, 0.0
    rows, columns = studio.painting.shape
    visitor.drag([(rows // 4, columns // 6), (rows // 3, 5 * columns // 6)])
    visitor.wait(lambda: not studio.asking.beneath.is_busy, "the fine codes beneath the stroke")
    visitor.settle()
    visitor.shoot("two-levels")
    studio.shown.show(1, False)
    studio.painting.set_locked(1, True)
    visitor.settle()
    visitor.shoot("coarse-level-alone")
    studio.shown.show_all()
    studio.painting.set_locked(1, False)
    visitor.settle()


def _help(visitor: Visitor) -> None:
    visitor.trigger("help.commands")
    visitor.shoot("commands")
    visitor.press(_focused(visitor), Qt.Key.Key_Escape)
    visitor.trigger("help.shortcuts")
    visitor.shoot("shortcuts")
    visitor.press(_focused(visitor), Qt.Key.Key_Escape)


def _trouble(visitor: Visitor, folder: Path) -> None:
    """A broken file is a sentence; a small window stays usable."""
    broken = folder / "broken.codebrush"
    broken.write_bytes(b"PK\x03\x04 and then nothing")
    visitor.studio.painting.painting.history.mark_saved()
    visitor.studio.files.open_path(broken)
    visitor.wait(lambda: bool(visitor.studio.window.messages.text), "the message")
    visitor.settle()
    visitor.shoot("broken-file")
    visitor.studio.window.resize(*SMALL_PX)
    visitor.settle()
    visitor.shoot("small-window")


def _focused(visitor: Visitor) -> QWidget:
    return QApplication.focusWidget() or visitor.studio.window


def _code_like(visitor: Visitor, colour: tuple[int, int, int]) -> int:
    """The code whose uniform field is nearest to a colour."""
    fields = visitor.studio.session.statistics[0].fields[:, 0, 0].astype(int)
    return int(np.argmin(np.abs(fields - colour).sum(axis=1)))


def _arc(centre: Cell, radius: float) -> list[Cell]:
    angles = np.linspace(math.pi, 0, 40)
    row, column = centre
    return [(round(row - radius * math.sin(a)), round(column + radius * math.cos(a))) for a in angles]


def _sunset() -> NDArray[np.uint8]:
    """A picture that no data set has: an evening by the sea, (360, 540, 3)."""
    rows, columns = np.mgrid[0:1:360j, 0:1:540j]
    sky = _blend((46, 40, 92), (255, 140, 66), rows / 0.62)
    sea = _blend((242, 120, 75), (20, 33, 61), (rows - 0.62) / 0.38)
    picture = np.where((rows < 0.62)[..., None], sky, sea)
    sun = np.hypot((rows - 0.55) * 2 / 3, columns - 0.6) < 0.085
    picture = np.where((sun & (rows < 0.62))[..., None], (255, 236, 179), picture)
    glint = (np.abs(columns - 0.6) < 0.06 + 0.02 * np.sin(rows * 160)) & (rows > 0.62)
    picture = np.where((glint & (np.sin(rows * 220) > 0.1))[..., None], (255, 200, 120), picture)
    hill = rows > 0.62 - 0.16 * np.exp(-(((columns - 0.12) / 0.16) ** 2)) - 0.1 * np.exp(
        -((columns / 0.3) ** 4)
    )
    picture = np.where((hill & (rows < 0.62))[..., None], (38, 50, 56), picture)
    return np.rint(picture).astype(np.uint8)


def _blend(
    start: tuple[int, int, int], end: tuple[int, int, int], along: NDArray[np.float64]
) -> NDArray[np.float64]:
    part = np.clip(along, 0, 1)[..., None]
    return np.asarray(np.array(start) + part * (np.array(end) - np.array(start)), dtype=np.float64)
