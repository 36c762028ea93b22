"""The whole window on a tiny model, with real mouse and key events."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from engine.codes.document import Painting
from engine.decoding.windowed import decode_full
from gui.dialogs.image_to_codes import ImageToCodesDialog
from gui.settings import Folders
from gui.studio import Studio
from gui.workspaces.paint import FIRST_HINT
from tests.gui.conftest import OpenStudio
from tests.gui.tiny import TinyModel, library_of


def middle_of(studio: Studio, row: int, column: int) -> QPoint:
    """Where on the canvas the middle of a cell is."""
    stride = studio.painting.stride_px
    x, y = studio.paint.canvas.view.to_screen((column + 0.5) * stride, (row + 0.5) * stride)
    return QPoint(round(x), round(y))


def point_at(qtbot: QtBot, studio: Studio, row: int, column: int) -> None:
    """Move the pointer over a cell."""
    qtbot.mouseMove(studio.paint.canvas, middle_of(studio, row, column))


def paint_at(qtbot: QtBot, studio: Studio, row: int, column: int) -> None:
    """Click the middle of a cell with the left button."""
    where = middle_of(studio, row, column)
    qtbot.mouseClick(studio.paint.canvas, Qt.MouseButton.LeftButton, pos=where)


def settle(qtbot: QtBot, studio: Studio) -> None:
    qtbot.waitUntil(lambda: studio.is_idle and not studio.decoding.is_busy)


def title(studio: Studio) -> str:
    return studio.window.header.title.text()


def test_it_starts_with_a_painting_and_a_vivid_brush(studio: Studio) -> None:
    assert studio.painting.shape == (40, 64)
    assert not studio.painting.read_only
    assert studio.brush.tool == "brush"
    assert studio.brush.primary != int(studio.painting.codes[0, 0])
    assert studio.brush.secondary == int(studio.painting.codes[0, 0])
    assert title(studio) == "Untitled painting"
    assert studio.paint.canvas.hasFocus()
    assert studio.paint.hint.text() == FIRST_HINT
    assert studio.paint.hint.isVisible()


def test_the_model_is_loaded_after_the_first_paint(qtbot: QtBot, folders: Folders) -> None:
    studio = Studio(folders, library_of(TinyModel("tiny")))
    try:
        qtbot.wait(30)
        assert studio.is_idle
        assert studio.session.status == "loading"
        assert studio.session.card is not None  # what the file says is known already
        studio.window.show()
        qtbot.waitUntil(lambda: studio.session.status == "ready")
    finally:
        studio.close()
        studio.window.deleteLater()


def test_strokes_made_while_the_model_loads_are_kept_and_decoded(
    qtbot: QtBot, open_studio: OpenStudio
) -> None:
    model, go = TinyModel("tiny"), threading.Event()
    studio = open_studio(library_of(model, before_loading=lambda: go.wait(5)), wait=False)
    qtbot.waitUntil(lambda: "Loading tiny" in studio.session.message)
    paint_at(qtbot, studio, 4, 7)
    assert studio.painting.codes[4, 7] == studio.brush.primary
    go.set()
    qtbot.waitUntil(lambda: studio.session.status == "ready")
    settle(qtbot, studio)
    expected = decode_full(model, studio.painting.painting.grid.levels)
    np.testing.assert_array_equal(studio.picture.pixels(), expected)


def test_painting_shows_in_title_history_and_undo(qtbot: QtBot, studio: Studio) -> None:
    before = studio.painting.codes.copy()
    paint_at(qtbot, studio, 4, 7)
    assert title(studio) == "Untitled painting *"
    assert studio.window.actions_table["edit.undo"].text() == "Undo brush"
    qtbot.keyClick(studio.paint.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    np.testing.assert_array_equal(studio.painting.codes, before)
    assert title(studio) == "Untitled painting"
    assert not studio.window.actions_table["edit.undo"].isEnabled()
    assert studio.window.actions_table["edit.redo"].isEnabled()


def test_the_status_line_follows_pointer_zoom_and_model(qtbot: QtBot, studio: Studio) -> None:
    status = studio.window.status
    studio.brush.hovered_cell = (4, 7)
    code = int(studio.painting.codes[4, 7])
    assert status._cell.text() == "cell 4, 7"
    assert status._code.text() == f"code {code} (used {100 * code / 120:.1f} %)"
    paint_at(qtbot, studio, 4, 7)
    assert status._code.text().startswith(f"code {studio.brush.primary} ")
    assert status._size.text() == "256 x 160 px"
    assert status._model.text() == "cpu"
    studio.paint.canvas.actual_size()
    assert status._zoom.text() == "100 %"


def test_every_wired_shortcut_reaches_its_action(studio: Studio) -> None:
    wired = [row.name for row in studio.window.actions_table]
    assert len(wired) == len(studio.window.actions_table._rows)  # nothing in the table is left unbuilt


def test_tool_keys_choose_tools(qtbot: QtBot, studio: Studio) -> None:
    for key, tool in ((Qt.Key.Key_L, "line"), (Qt.Key.Key_E, "erase"), (Qt.Key.Key_B, "brush")):
        qtbot.keyClick(studio.paint.canvas, key)
        assert studio.brush.tool == tool
        assert studio.window.actions_table[f"tool.{tool}"].isChecked()


def test_without_any_model_it_says_so_and_offers_one(open_studio: OpenStudio) -> None:
    studio = open_studio(library_of())
    assert studio.painting.read_only
    assert studio.session.status == "failed"
    assert "There is no model yet" in studio.window.banner.text
    assert not studio.window.actions_table["file.new"].isEnabled()


def test_a_painting_on_the_command_line_is_open_at_once(open_studio: OpenStudio, tmp_path: Path) -> None:
    model = TinyModel("tiny")
    Painting.blank(5, 9, [3], model, "Old title").save(tmp_path / "mine.codebrush")
    studio = open_studio(library_of(model), tmp_path / "mine.codebrush", wait=False)
    assert studio.painting.shape == (5, 9)
    assert title(studio) == "mine"


def test_a_broken_painting_on_the_command_line_is_a_message(open_studio: OpenStudio, tmp_path: Path) -> None:
    path = tmp_path / "torn.codebrush"
    path.write_bytes(b"PK\x03\x04 torn")
    studio = open_studio(first=path)
    assert str(path) in studio.window.messages.text
    assert studio.painting.shape == (40, 64)


def test_a_model_on_the_command_line_is_used(open_studio: OpenStudio, tmp_path: Path) -> None:
    other = TinyModel("other", "b" * 64, codes=8)
    studio = open_studio(library_of(TinyModel("tiny"), other), tmp_path / "other.safetensors")
    assert studio.session.model_name == "other"
    assert studio.painting.painting.model_id == "b" * 64


def test_a_built_in_model_is_named_on_the_command_line(open_studio: OpenStudio) -> None:
    other = TinyModel("other", "b" * 64, codes=8)
    assert open_studio(library_of(TinyModel("tiny"), other), Path("other")).session.model_name == "other"


def test_an_image_on_the_command_line_asks_how_many_cells(
    qtbot: QtBot, open_studio: OpenStudio, tmp_path: Path
) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "cat.png")
    studio = open_studio(first=tmp_path / "cat.png")
    qtbot.waitUntil(lambda: bool(studio.window.findChildren(ImageToCodesDialog)))
    studio.window.findChildren(ImageToCodesDialog)[0].reject()


def test_a_model_that_is_not_there_is_a_message_and_the_first_model(
    open_studio: OpenStudio, tmp_path: Path
) -> None:
    studio = open_studio(first=tmp_path / "gone.safetensors")
    assert "gone.safetensors" in studio.window.messages.text
    assert studio.session.model_name == "tiny"


def test_geometry_is_remembered(open_studio: OpenStudio, folders: Folders) -> None:
    studio = open_studio()
    studio.window.resize(1024, 700)  # no larger than the offscreen screen is high
    studio.close()
    assert folders.settings.is_file()
    again = Studio(folders, library_of(TinyModel("tiny")))
    try:
        assert (again.window.width(), again.window.height()) == (1024, 700)
    finally:
        again.close()
        again.window.deleteLater()


def test_closing_ends_every_thread(studio: Studio) -> None:
    studio.close()
    assert studio.all_ended
    assert not [t for t in threading.enumerate() if t.name.startswith("codebrush-")]


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_nothing_is_cut_off(studio: Studio, size: tuple[int, int]) -> None:
    studio.window.resize(*size)
    hint = studio.window.minimumSizeHint()
    assert (hint.width() <= 1280, hint.height() <= 720) == (True, True)
    assert studio.paint.canvas.width() > size[0] // 2


def test_the_canvas_has_the_keys_again_after_palette_and_overlay(qtbot: QtBot, studio: Studio) -> None:
    canvas = studio.paint.canvas
    studio.window.open_commands()
    qtbot.keyClicks(studio.window.focusWidget(), "eraser")
    qtbot.keyClick(studio.window.focusWidget(), Qt.Key.Key_Return)
    assert studio.brush.tool == "erase"
    assert canvas.hasFocus()
    studio.window.open_shortcuts()
    qtbot.keyClick(studio.window.focusWidget(), Qt.Key.Key_Escape)
    assert canvas.hasFocus()


def test_a_model_without_codes_on_the_command_line_is_shown_in_train(
    qtbot: QtBot, open_studio: OpenStudio, tmp_path: Path
) -> None:
    other = TinyModel("other", "b" * 64, codes=8)
    plain = library_of(TinyModel("tiny"), other)
    vectors = replace(
        plain,
        card=lambda path: (
            replace(plain.card(path), levels=(), latent_dim=8) if path.stem == "other" else plain.card(path)
        ),
    )
    studio = open_studio(vectors, tmp_path / "other.safetensors", wait=False)
    assert studio.window.workspace == "train"
    assert studio.gallery.card is not None
    assert studio.gallery.card.name == "other"
    assert studio.session.model_name == "tiny"  # the painting behind it keeps its model
    assert not studio.painting.read_only
    qtbot.waitUntil(lambda: studio.session.status == "ready" and studio.is_idle, timeout=60_000)
