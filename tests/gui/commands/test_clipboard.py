"""Copy and paste: cells inside the program, pictures to and from others."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from engine.codes.box import Box
from engine.codes.selection import Selection
from gui.dialogs.image_to_codes import ImageToCodesDialog
from gui.images import to_image
from gui.studio import Studio
from tests.gui.commands.test_files import dialog, no_dialog
from tests.gui.conftest import OpenStudio
from tests.gui.test_studio import paint_at, point_at, settle
from tests.gui.tiny import TinyModel, library_of


@pytest.fixture(autouse=True)
def _empty_clipboard(qapp: object) -> None:
    del qapp
    QGuiApplication.clipboard().clear()


def select(studio: Studio, box: Box) -> None:
    nothing = Selection.nothing(*studio.painting.painting.grid.shape)
    mask = np.ones((box.height, box.width), dtype=np.bool_)
    studio.painting.set_selection(nothing.combined(box, mask, "add"))


def test_copied_cells_are_pasted_as_cells(qtbot: QtBot, studio: Studio) -> None:
    paint_at(qtbot, studio, 2, 2)
    select(studio, Box(1, 1, 4, 4))
    studio.window.actions_table["edit.copy"].trigger()
    studio.painting.select_none()
    point_at(qtbot, studio, 20, 30)
    studio.window.actions_table["edit.paste"].trigger()
    assert no_dialog(studio)
    assert studio.painting.floating is not None
    studio.painting.settle()
    assert (studio.painting.codes == studio.brush.primary).sum() == 2


def test_other_programs_get_the_picture_of_the_selection(qtbot: QtBot, studio: Studio) -> None:
    paint_at(qtbot, studio, 2, 2)
    settle(qtbot, studio)
    select(studio, Box(2, 2, 5, 4))
    studio.clipboard.copy()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (2 * 4, 3 * 4)
    colour = image.pixelColor(1, 1)
    assert (colour.red(), colour.green(), colour.blue()) == tuple(studio.picture.pixels()[9, 9])


def test_a_picture_from_elsewhere_becomes_a_painting(qtbot: QtBot, studio: Studio) -> None:
    studio.clipboard.copy()
    QGuiApplication.clipboard().setImage(to_image(np.full((8, 16, 3), 77, np.uint8)))
    studio.window.actions_table["edit.paste"].trigger()
    asked = dialog(studio, ImageToCodesDialog)
    asked.across.setValue(4)
    qtbot.waitUntil(asked.primary.isEnabled)
    asked.primary.click()
    assert studio.painting.shape == (2, 4)
    assert studio.painting.is_modified


def test_pasting_nothing_does_nothing(studio: Studio) -> None:
    studio.clipboard.paste()
    assert no_dialog(studio)
    assert not studio.painting.is_modified


def test_cutting_can_be_pasted_again(qtbot: QtBot, studio: Studio) -> None:
    paint_at(qtbot, studio, 2, 2)
    select(studio, Box(2, 2, 3, 3))
    studio.clipboard.cut()
    assert studio.painting.codes[2, 2] != studio.brush.primary
    studio.clipboard.paste()
    studio.painting.settle()
    assert (studio.painting.codes == studio.brush.primary).sum() == 1


def test_cells_of_another_kind_of_model_are_refused_in_words(qtbot: QtBot, open_studio: OpenStudio) -> None:
    other = TinyModel("other", "b" * 64, codes=8)
    studio = open_studio(library_of(TinyModel("tiny"), other))
    paint_at(qtbot, studio, 2, 2)
    studio.clipboard.copy()
    studio.painting.undo()
    studio.models.use("other", studio.files.when_safe)
    assert studio.painting.painting.model_id == "b" * 64
    studio.clipboard.paste()
    assert studio.window.messages.text != ""
    assert studio.painting.floating is None
