"""The Samples workspace in the whole window: from an empty gallery to a painting, a sheet and codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from gui.dialogs.unsaved import UnsavedDialog
from gui.state.samples import MORE
from gui.studio import Studio
from gui.workers.load import program_library
from gui.workspaces.samples import SamplesWorkspace
from tests.gui.conftest import Answers, OpenStudio
from tests.gui.samples.models import write_models


@pytest.fixture
def studio(open_studio: OpenStudio, tmp_path: Path) -> Studio:
    return open_studio(program_library(), write_models(tmp_path / "models") / "one.safetensors")


def workspace(studio: Studio) -> SamplesWorkspace:
    studio.window.actions_table["workspace.samples"].trigger()
    shown = studio.window.workspaces.currentWidget()
    assert isinstance(shown, SamplesWorkspace)
    return shown


def sample(qtbot: QtBot, studio: Studio, count: int = 3) -> SamplesWorkspace:
    shown = workspace(studio)
    studio.samples.count = count
    QTest.mouseClick(shown.form.draw, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not studio.samples.is_running and studio.is_idle, timeout=20_000)
    return shown


def unsaved(studio: Studio) -> UnsavedDialog:
    """The question about changes, which is open."""
    (asked,) = [one for one in studio.window.findChildren(UnsavedDialog) if one.isVisible()]
    return asked


def test_it_begins_with_the_model_in_use(studio: Studio) -> None:
    shown = workspace(studio)
    assert shown.form.model.currentText() == "one"
    assert shown._pages.currentIndex() == 0
    assert not shown.paint.isEnabled()
    assert not shown.sheet.isEnabled()


def test_a_sample_becomes_a_painting(qtbot: QtBot, studio: Studio) -> None:
    shown = sample(qtbot, studio)
    assert shown.words.text() == "3 pictures"
    shown.gallery.setFocus()
    QTest.keyClick(shown.gallery, Qt.Key.Key_Right)
    QTest.keyClick(shown.gallery, Qt.Key.Key_Right)
    QTest.keyClick(shown.gallery, Qt.Key.Key_Return)
    assert studio.window.workspace == "paint"
    painting = studio.painting.painting
    np.testing.assert_array_equal(painting.grid.levels[0], studio.samples.groups[0].samples[1].codes[0])
    assert painting.title == "Prior 0-1"
    assert not painting.is_modified
    qtbot.waitUntil(lambda: studio.is_idle and not studio.painting.read_only)


def test_changes_are_asked_about_before_a_sample_takes_their_place(qtbot: QtBot, studio: Studio) -> None:
    shown = sample(qtbot, studio)
    studio.paint.fill()
    before = studio.painting.codes.copy()
    shown.gallery.setFocus()
    QTest.keyClick(shown.gallery, Qt.Key.Key_Right)
    QTest.mouseClick(shown.paint, Qt.MouseButton.LeftButton)
    QTest.mouseClick(unsaved(studio).cancel, Qt.MouseButton.LeftButton)
    assert studio.window.workspace == "samples"
    np.testing.assert_array_equal(studio.painting.codes, before)
    QTest.mouseClick(shown.paint, Qt.MouseButton.LeftButton)
    QTest.mouseClick(unsaved(studio).discard, Qt.MouseButton.LeftButton)
    assert studio.window.workspace == "paint"
    np.testing.assert_array_equal(studio.painting.codes, studio.samples.groups[0].samples[0].codes[0])
    qtbot.waitUntil(lambda: studio.is_idle and not studio.painting.read_only)


def test_sheet_and_codes_are_saved_of_favourites(
    qtbot: QtBot, studio: Studio, answers: Answers, tmp_path: Path
) -> None:
    shown = sample(qtbot, studio)
    studio.samples.favour(studio.samples.groups[0], 2)
    assert shown.words.text() == "3 pictures, 1 favourite"
    for button, name in ((shown.sheet, "sheet.png"), (shown.codes, "codes.npz")):
        answers.answer = tmp_path / name
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: studio.is_idle)
        assert f"Saved to {tmp_path / name}" in studio.window.messages.text
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (24, 24)
    with np.load(tmp_path / "codes.npz") as codes:
        kept = studio.samples.groups[0].samples[2]
        np.testing.assert_array_equal(codes["level_0"], kept.codes[0][None])
        assert codes["size"].tolist() == [[16, 16]]


def test_a_model_with_vectors_has_pictures_but_nothing_to_paint(qtbot: QtBot, studio: Studio) -> None:
    shown = workspace(studio)
    studio.samples.choose_model(studio.session.card.path.parent / "vae.safetensors")  # type: ignore[union-attr]
    sample(qtbot, studio)
    QTest.keyClick(shown.gallery, Qt.Key.Key_Right)
    assert shown.gallery.chosen is not None
    assert not shown.paint.isEnabled()
    assert not shown.codes.isEnabled()
    assert shown.sheet.isEnabled()
    QTest.keyClick(shown.gallery, Qt.Key.Key_Return)
    assert studio.window.workspace == "samples"


def test_a_full_disk_is_told(qtbot: QtBot, studio: Studio, answers: Answers, tmp_path: Path) -> None:
    shown = sample(qtbot, studio)
    (tmp_path / "file").write_bytes(b"")
    answers.answer = tmp_path / "file" / "sheet.png"
    QTest.mouseClick(shown.sheet, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "cannot be written" in studio.window.messages.text)


def test_pictures_that_are_not_finished_are_not_saved(qtbot: QtBot, studio: Studio) -> None:
    shown = workspace(studio)
    studio.samples.count = 16
    QTest.mouseClick(shown.form.draw, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(studio.samples.groups[0].samples), timeout=20_000)
    assert not studio.samples.groups[0].samples[0].is_whole
    studio.samples.cancel()
    assert not shown.sheet.isEnabled()
    assert not shown.codes.isEnabled()


def test_a_prior_is_trained_for_the_model_that_is_chosen_here(qtbot: QtBot, studio: Studio) -> None:
    shown = workspace(studio)
    assert studio.session.card is not None
    studio.samples.choose_model(studio.session.card.path.parent / "bare.safetensors")
    QTest.mouseClick(shown.form.no_prior.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert studio.window.workspace == "train"
    assert studio.train.settings.prior.combo.currentText() == "bare"
    qtbot.waitUntil(lambda: studio.is_idle)


def test_what_arrow_keys_choose_comes_into_view(qtbot: QtBot, studio: Studio) -> None:
    shown = sample(qtbot, studio, count=64)
    studio.window.resize(1024, 640)
    shown.gallery.setFocus()
    for _ in range(9):
        QTest.keyClick(shown.gallery, Qt.Key.Key_Down)
    place = shown.gallery.chosen_place
    assert place is not None
    assert shown.gallery.visibleRegion().boundingRect().contains(place)


def test_more_like_the_chosen_one_by_key_and_button(qtbot: QtBot, studio: Studio) -> None:
    shown = sample(qtbot, studio)
    assert not shown.more.isEnabled()
    shown.gallery.setFocus()
    QTest.keyClick(shown.gallery, Qt.Key.Key_Right)
    assert shown.more.isEnabled()
    QTest.keyClick(shown.gallery, Qt.Key.Key_M)
    QTest.mouseClick(shown.more, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not studio.samples.is_running, timeout=20_000)
    assert shown.words.text() == f"{3 + 2 * MORE} pictures"
    QTest.keyClick(shown.gallery, Qt.Key.Key_Right)
    QTest.keyClick(shown.gallery, Qt.Key.Key_Return)
    assert studio.painting.painting.title == "Prior 0-0-3"


def test_why_there_is_no_more_like_it_is_told(qtbot: QtBot, studio: Studio) -> None:
    shown = workspace(studio)
    more, messages = studio.window.actions_table["samples.more_like"], studio.window.messages
    more.trigger()
    assert messages.text.startswith("No picture is chosen")
    studio.samples.count = 16
    QTest.mouseClick(shown.form.draw, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(studio.samples.groups[0].samples), timeout=20_000)
    studio.samples.cancel()
    studio.samples.choose(studio.samples.groups[0], 0)
    more.trigger()
    assert "still being drawn" in messages.text
    assert studio.session.card is not None
    studio.samples.choose_model(studio.session.card.path.parent / "bare.safetensors")
    sample(qtbot, studio)
    studio.samples.choose(studio.samples.groups[0], 0)
    more.trigger()
    assert "bare has no prior" in messages.text
    QTest.mouseClick(messages._action, Qt.MouseButton.LeftButton)
    assert studio.window.workspace == "train"
    assert studio.train.settings.prior.combo.currentText() == "bare"
    assert not more.isEnabled()
    qtbot.waitUntil(lambda: studio.is_idle)
