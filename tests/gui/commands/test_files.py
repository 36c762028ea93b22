"""New, open, save, recover and quit: nothing unsaved is lost without a question."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from engine.codes.document import Painting
from gui.dialogs.dialog import Dialog
from gui.dialogs.image_to_codes import ImageToCodesDialog
from gui.dialogs.missing_model import MissingModelDialog
from gui.dialogs.new_painting import NewPaintingDialog
from gui.dialogs.unsaved import UnsavedDialog
from gui.settings import Folders
from gui.studio import Studio
from tests.gui.conftest import Answers, OpenStudio
from tests.gui.test_studio import paint_at, settle, title
from tests.gui.tiny import TinyModel, library_of

D = TypeVar("D", bound=Dialog)


def dialog(studio: Studio, kind: type[D]) -> D:
    """The one open dialog of this kind."""
    (found,) = [d for d in studio.window.findChildren(kind) if d.isVisible()]
    return found


def no_dialog(studio: Studio) -> bool:
    return not [d for d in studio.window.findChildren(Dialog) if d.isVisible()]


def press(qtbot: QtBot, button: object) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)  # type: ignore[arg-type]


def picture_file(path: Path, width: int = 40, height: int = 20) -> Path:
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[:, : width // 2] = (250, 20, 20)
    Image.fromarray(pixels).save(path)
    return path


# New


def test_a_new_painting_of_a_chosen_size(qtbot: QtBot, studio: Studio) -> None:
    studio.files.new()
    asked = dialog(studio, NewPaintingDialog)
    asked.across.setValue(12)
    asked.down.setValue(1024)
    press(qtbot, asked.primary)
    assert studio.painting.shape == (1024, 12)
    assert (studio.painting.codes == studio.session.statistics[0].blank).all()
    assert not studio.painting.is_modified


def test_a_new_painting_from_a_picture_of_the_data_set(qtbot: QtBot, studio: Studio) -> None:
    studio.files.new_random()
    asked = dialog(studio, ImageToCodesDialog)
    qtbot.waitUntil(asked.primary.isEnabled, timeout=20_000)
    press(qtbot, asked.primary)
    assert studio.painting.shape == (64, 64)
    assert not studio.painting.is_modified


def test_a_new_painting_from_an_image_keeps_proportions_and_source(
    qtbot: QtBot, studio: Studio, answers: Answers, tmp_path: Path
) -> None:
    path = answers.answer = picture_file(tmp_path / "flag.png")
    studio.files.new_image()
    asked = dialog(studio, ImageToCodesDialog)
    asked.across.setValue(20)
    qtbot.waitUntil(asked.primary.isEnabled)
    press(qtbot, asked.primary)
    assert studio.painting.shape == (10, 20)
    assert len(np.unique(studio.painting.codes[:, :9])) == 1
    assert studio.painting.painting.source == path.read_bytes()
    assert title(studio) == "flag *"


def test_an_image_that_cannot_be_read_is_said_in_the_dialog(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    path = tmp_path / "torn.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n torn")
    studio.files.open_path(path)
    asked = dialog(studio, ImageToCodesDialog)
    qtbot.waitUntil(lambda: str(path) in asked.fault.text())
    assert not asked.primary.isEnabled()
    press(qtbot, asked.cancel)
    assert studio.painting.shape == (40, 64)


def test_dropping_an_image_asks_how_many_cells(studio: Studio, tmp_path: Path) -> None:
    studio.window.dropped.emit(picture_file(tmp_path / "cat.png"))
    assert dialog(studio, ImageToCodesDialog).across.value() == 64


# Save and open


def test_save_asks_where_once_and_opens_again(
    qtbot: QtBot, studio: Studio, answers: Answers, tmp_path: Path
) -> None:
    paint_at(qtbot, studio, 3, 5)
    answers.answer = tmp_path / "sea.codebrush"
    studio.files.save()
    assert answers.suggested == ["Untitled painting.codebrush"]
    assert title(studio) == "sea"
    assert "Saved to" in studio.window.messages.text
    paint_at(qtbot, studio, 6, 6)
    studio.files.save()
    assert len(answers.asked) == 1
    codes = studio.painting.codes.copy()
    studio.files.new()
    press(qtbot, dialog(studio, NewPaintingDialog).primary)
    studio.files.open_path(tmp_path / "sea.codebrush")
    qtbot.waitUntil(lambda: title(studio) == "sea")
    np.testing.assert_array_equal(studio.painting.codes, codes)
    assert studio.painting.painting.history.undo_label == "Brush"
    studio.files.recent.aboutToShow.emit()
    assert studio.files.recent.actions()[0].text() == "sea.codebrush"


def test_save_as_leaves_the_first_file(
    qtbot: QtBot, studio: Studio, answers: Answers, tmp_path: Path
) -> None:
    answers.answer = tmp_path / "one.codebrush"
    studio.files.save()
    first = (tmp_path / "one.codebrush").read_bytes()
    paint_at(qtbot, studio, 3, 5)
    answers.answer = tmp_path / "two.codebrush"
    studio.files.save_as()
    assert (tmp_path / "one.codebrush").read_bytes() == first
    assert title(studio) == "two"


def test_a_folder_that_cannot_be_written_is_a_message_and_nothing_is_lost(
    qtbot: QtBot, studio: Studio, answers: Answers, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    paint_at(qtbot, studio, 3, 5)
    answers.answer = tmp_path / "file" / "sea.codebrush"
    studio.files.save()
    assert "sea.codebrush" in studio.window.messages.text
    assert "cannot be written" in studio.window.messages.text
    assert title(studio) == "Untitled painting *"


def test_a_damaged_painting_is_a_message_and_the_last_one_stays(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    path = tmp_path / "torn.codebrush"
    path.write_bytes(b"PK\x03\x04 torn")
    studio.files.open_path(path)
    qtbot.waitUntil(lambda: str(path) in studio.window.messages.text)
    assert studio.painting.shape == (40, 64)
    assert studio.settings.recent == ()


def test_recent_files_say_when_there_are_none(studio: Studio) -> None:
    menu: QMenu = studio.files.recent
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["Nothing opened or saved yet"]


# Unsaved changes


def test_unsaved_changes_are_asked_about_and_cancel_keeps_them(qtbot: QtBot, studio: Studio) -> None:
    paint_at(qtbot, studio, 3, 5)
    studio.files.new()
    press(qtbot, dialog(studio, UnsavedDialog).cancel)
    assert no_dialog(studio)
    assert title(studio) == "Untitled painting *"


def test_discarding_goes_on(qtbot: QtBot, studio: Studio) -> None:
    paint_at(qtbot, studio, 3, 5)
    studio.files.new()
    press(qtbot, dialog(studio, UnsavedDialog).discard)
    assert dialog(studio, NewPaintingDialog).isVisible()


def test_closing_with_changes_saves_first(
    qtbot: QtBot, studio: Studio, answers: Answers, tmp_path: Path
) -> None:
    paint_at(qtbot, studio, 3, 5)
    studio.window.close()
    assert studio.window.isVisible()
    answers.answer = tmp_path / "last.codebrush"
    press(qtbot, dialog(studio, UnsavedDialog).primary)
    assert not studio.window.isVisible()
    np.testing.assert_array_equal(
        Painting.open(tmp_path / "last.codebrush").grid.levels[0], studio.painting.codes
    )


def test_a_save_that_is_called_off_does_not_close(qtbot: QtBot, studio: Studio) -> None:
    paint_at(qtbot, studio, 3, 5)
    studio.window.close()
    press(qtbot, dialog(studio, UnsavedDialog).primary)  # the file dialog is cancelled
    assert studio.window.isVisible()


def test_closing_without_changes_asks_nothing(studio: Studio) -> None:
    studio.window.close()
    assert not studio.window.isVisible()
    assert studio.all_ended


# Models


def test_a_painting_brings_its_own_model(qtbot: QtBot, open_studio: OpenStudio, tmp_path: Path) -> None:
    other = TinyModel("other", "b" * 64, codes=8)
    studio = open_studio(library_of(TinyModel("tiny"), other))
    Painting.blank(4, 4, [7], other).save(tmp_path / "b.codebrush")
    studio.files.open_path(tmp_path / "b.codebrush")
    qtbot.waitUntil(lambda: studio.session.model_name == "other" and studio.session.status == "ready")
    settle(qtbot, studio)
    assert not studio.painting.read_only
    assert studio.brush.code_count == 8


def test_a_painting_without_its_model_can_be_looked_at_and_given_another(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    gone = TinyModel("gone", "c" * 64)
    Painting.blank(4, 4, [7], gone).save(tmp_path / "c.codebrush", np.zeros((16, 16, 3), np.uint8))
    studio.files.open_path(tmp_path / "c.codebrush")
    qtbot.waitUntil(lambda: studio.painting.read_only)
    assert "was made with gone, which is not here" in studio.window.banner.text
    assert (studio.picture.pixels() == 0).all()  # the picture in the file
    paint_at(qtbot, studio, 1, 1)
    assert (studio.painting.codes == 7).all()
    assert not studio.window.actions_table["file.export_png"].isEnabled()
    studio.models.choose()
    press(qtbot, dialog(studio, MissingModelDialog).primary)
    assert not studio.painting.read_only
    assert studio.window.banner.text == ""
    assert title(studio) == "c *"
    settle(qtbot, studio)
    assert (studio.picture.pixels() != 0).any()


def test_a_missing_model_with_other_codes_cannot_be_replaced(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    Painting.blank(4, 4, [7], TinyModel("gone", "c" * 64, codes=99)).save(tmp_path / "c.codebrush")
    studio.files.open_path(tmp_path / "c.codebrush")
    qtbot.waitUntil(lambda: studio.painting.read_only)
    studio.models.choose()
    asked = dialog(studio, MissingModelDialog)
    assert not asked.primary.isEnabled()
    press(qtbot, asked.cancel)


def test_another_model_with_the_same_codes_takes_the_painting_over(
    qtbot: QtBot, open_studio: OpenStudio
) -> None:
    twin = TinyModel("twin", "d" * 64)
    studio = open_studio(library_of(TinyModel("tiny"), twin))
    paint_at(qtbot, studio, 3, 5)
    codes = studio.painting.codes.copy()
    studio.models.use("twin", studio.files.when_safe)
    settle(qtbot, studio)
    np.testing.assert_array_equal(studio.painting.codes, codes)
    assert studio.painting.painting.model_id == "d" * 64
    assert studio.painting.painting.history.can_undo


def test_a_model_that_breaks_while_loading_gives_the_painting_back(
    qtbot: QtBot, open_studio: OpenStudio
) -> None:
    twin = TinyModel("twin", "d" * 64)
    studio = open_studio(library_of(TinyModel("tiny"), twin, broken=frozenset({"twin"})))
    paint_at(qtbot, studio, 3, 5)
    studio.models.use("twin", studio.files.when_safe)
    qtbot.waitUntil(lambda: "is cut short" in studio.window.messages.text)
    assert studio.session.model_name == "tiny"
    assert studio.painting.painting.model_id == TinyModel().model_id
    assert not studio.painting.read_only
    assert studio.painting.painting.history.can_undo


def test_a_model_with_other_codes_starts_a_blank_painting_after_a_question(
    qtbot: QtBot, open_studio: OpenStudio
) -> None:
    other = TinyModel("other", "b" * 64, codes=8)
    studio = open_studio(library_of(TinyModel("tiny"), other))
    paint_at(qtbot, studio, 3, 5)
    studio.models.use("other", studio.files.when_safe)
    press(qtbot, dialog(studio, UnsavedDialog).discard)
    assert studio.painting.painting.model_id == "b" * 64
    assert not studio.painting.is_modified


# Recovery


def test_a_crash_brings_back_what_was_painted(
    qtbot: QtBot, open_studio: OpenStudio, folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = TinyModel("tiny")
    Painting.blank(5, 9, [3], model).save(tmp_path / "mine.codebrush")
    crashed = open_studio(library_of(model), tmp_path / "mine.codebrush")
    paint_at(qtbot, crashed, 2, 2)
    codes = crashed.painting.codes.copy()
    qtbot.waitUntil(lambda: bool(list(folders.autosaves.glob("*.json"))))
    settle(qtbot, crashed)
    (file,) = folders.autosaves.glob("*.codebrush")
    # A crash: the lock is let go of, nothing is tidied up.
    monkeypatch.setattr(crashed.recovery, "close", lambda: None)
    lock, crashed.recovery._lock = crashed.recovery._lock, None
    assert lock is not None
    lock.unlock()
    crashed.close()

    studio = open_studio(library_of(model))
    assert "mine.codebrush can be brought back" in studio.window.messages.text
    press(qtbot, studio.window.messages._action)
    qtbot.waitUntil(lambda: studio.painting.shape == (5, 9))
    np.testing.assert_array_equal(studio.painting.codes, codes)
    assert studio.painting.is_modified
    assert studio.painting.painting.path == tmp_path / "mine.codebrush"
    qtbot.waitUntil(lambda: not file.exists())
    assert len(list(folders.autosaves.glob("*.codebrush"))) == 1  # its own, in case it crashes too
    assert (
        Painting.open(tmp_path / "mine.codebrush").grid.levels[0].max() == 3
    )  # the user's file is untouched


def test_another_window_that_is_open_is_no_crash(
    qtbot: QtBot, open_studio: OpenStudio, folders: Folders
) -> None:
    first = open_studio()
    paint_at(qtbot, first, 2, 2)
    qtbot.waitUntil(lambda: bool(list(folders.autosaves.glob("*.json"))))
    second = open_studio()
    assert second.recovery.leftovers() == []
    assert second.window.messages.text == ""


def test_saving_forgets_the_autosave(
    qtbot: QtBot, studio: Studio, folders: Folders, answers: Answers, tmp_path: Path
) -> None:
    paint_at(qtbot, studio, 2, 2)
    qtbot.waitUntil(lambda: bool(list(folders.autosaves.glob("*.codebrush"))))
    answers.answer = tmp_path / "kept.codebrush"
    studio.files.save()
    qtbot.waitUntil(lambda: not list(folders.autosaves.glob("*.codebrush")))


def test_closing_leaves_nothing_behind(qtbot: QtBot, studio: Studio, folders: Folders) -> None:
    paint_at(qtbot, studio, 2, 2)
    qtbot.waitUntil(lambda: bool(list(folders.autosaves.glob("*.json"))))
    studio.close()
    assert list(folders.autosaves.iterdir()) == []


def test_an_autosave_that_fails_is_said_once(qtbot: QtBot, open_studio: OpenStudio, folders: Folders) -> None:
    folders.data.parent.mkdir(parents=True, exist_ok=True)
    folders.data.touch()  # a file where the folder should be
    studio = open_studio()
    paint_at(qtbot, studio, 2, 2)
    qtbot.waitUntil(lambda: "could not be brought back" in studio.window.messages.text)
    assert "cannot be written" in studio.window.messages.text
    studio.window.messages.hide()
    paint_at(qtbot, studio, 3, 3)
    studio.recovery.save_now()
    settle(qtbot, studio)
    assert studio.window.messages.text == ""
