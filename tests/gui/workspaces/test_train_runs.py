"""Runs in the Train workspace: shown, compared, used again, renamed and deleted by real clicks."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from engine.errors import RunFault
from gui import theme
from gui.dialogs.delete_run import DeleteRunDialog
from gui.state.start_request import StartRequest
from gui.train.run_list import box_of
from tests.gui.workspaces.train_window import Window, curve_lengths, start, start_prior, wait


def test_priors_are_compared_with_one_another(qtbot: QtBot, window: Window) -> None:
    first = start_prior(qtbot, window, "finished", steps=20, steps_per_s=500)
    second = start(qtbot, window, "second", "finished", steps=30, steps_per_s=500)
    window.state.compare(first, True)
    wait(qtbot, lambda: curve_lengths(window) == {"second": 30, "stripes-prior": 20})
    assert window.state.card_of(second) is not None
    assert window.train.curves.losses_head.choice is not None
    assert window.train.curves.losses_head.choice.axis == "bits per code"


def test_runs_with_codes_are_offered_once_they_rest(qtbot: QtBot, window: Window) -> None:
    prior = window.train.settings.prior

    def offered() -> list[str]:
        return [prior.combo.itemText(place) for place in range(prior.combo.count())]

    start(qtbot, window, "first", steps_per_s=20)
    assert offered() == ["dots", "stripes"]
    wait(qtbot, lambda: window.state.step > 4)
    window.state.stop()
    wait(qtbot, lambda: offered() == ["dots", "stripes", "first"])


def test_a_run_that_is_refused_is_said_where_its_curves_would_be(qtbot: QtBot, window: Window) -> None:
    window.state.start(
        StartRequest("first", "vqvae", "emoji", 10, settings=("refuse=data 'x': no such folder",))
    )
    wait(qtbot, lambda: bool(window.train.failure.text))
    assert "no such folder" in window.train.failure.text
    wait(qtbot, lambda: window.state.current is None)
    assert window.train.failure.isVisible()
    start(qtbot, window, "second", steps_per_s=20)
    assert not window.train.failure.isVisible()


def test_runs_are_shown_by_a_click_and_compared_by_a_tick(qtbot: QtBot, window: Window) -> None:
    first = start(qtbot, window, "first", "finished", steps=20, steps_per_s=500)
    second = start(qtbot, window, "second", "finished", steps=30, steps_per_s=500)
    view = window.train.runs.list
    wait(qtbot, lambda: len(view.runs.cards) == 2 and curve_lengths(window).get("Loss") == 30)
    assert view.runs.shown == second
    other = view.visualRect(view.runs.index(view.runs.row_of(first)))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=box_of(other).center())
    wait(qtbot, lambda: curve_lengths(window) == {"second": 30, "first": 20})
    assert window.state.compared == (first,)
    assert view.runs.colours == {second: theme.SERIES[0], first: theme.SERIES[1]}
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=other.center())
    wait(qtbot, lambda: view.runs.shown == first)
    assert window.train.progress.name.text() == "first"
    wait(qtbot, lambda: curve_lengths(window).get("Loss") == 20)  # compared with itself it is alone


def test_settings_of_a_run_are_used_again(qtbot: QtBot, window: Window) -> None:
    start(qtbot, window, "first", "finished", steps=20, steps_per_s=500)
    window.train.settings.form.put({"steps": 5, "steps_per_s": 1, "die_at": 3})
    QTest.mouseClick(window.train.runs.duplicate, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.workers[2].pending == 0)
    asked = window.train.settings.request
    assert (asked.steps, asked.settings) == (400, ("steps_per_s=500.0",))  # its length is not on record
    assert asked.name != "first"


def test_settings_of_a_prior_are_used_again(qtbot: QtBot, window: Window) -> None:
    start_prior(qtbot, window, "finished", steps=20, steps_per_s=500)
    QTest.mouseClick(window.train.settings.family.buttons["vqvae"], Qt.MouseButton.LeftButton)
    QTest.mouseClick(window.train.runs.duplicate, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.workers[2].pending == 0)
    asked = window.train.settings.request
    assert (asked.prior_of, asked.prior_name, asked.name) == ("stripes", "stripes", "stripes-prior-2")
    assert asked.settings == ("steps_per_s=500.0",)


def test_settings_of_a_damaged_run_are_said_to_be(qtbot: QtBot, window: Window) -> None:
    folder = start(qtbot, window, "first", "finished", steps=5, steps_per_s=500)
    (folder / "config.json").write_text("nothing")
    QTest.mouseClick(window.train.runs.duplicate, Qt.MouseButton.LeftButton)
    assert [type(fault) for fault in window.faults] == [RunFault]


def test_deleting_is_asked(qtbot: QtBot, window: Window) -> None:
    folder = start(qtbot, window, "first", "finished", steps=5, steps_per_s=500)
    wait(qtbot, window.train.runs.delete.isEnabled)
    for button, gone in (("cancel", False), ("primary", True)):
        QTest.mouseClick(window.train.runs.delete, Qt.MouseButton.LeftButton)
        (dialog,) = window.findChildren(DeleteRunDialog)
        assert "first" in dialog.windowTitle()
        QTest.mouseClick(getattr(dialog, button), Qt.MouseButton.LeftButton)
        wait(qtbot, lambda: not window.findChildren(DeleteRunDialog))
        wait(qtbot, lambda gone=gone: folder.exists() != gone)  # type: ignore[misc]
    wait(qtbot, window.train.runs.empty.isVisible)
    assert window.train.curves.empty.isVisible()
    assert not window.train.progress.isVisible()


def test_a_run_is_renamed_in_place(qtbot: QtBot, window: Window) -> None:
    folder = start(qtbot, window, "first", "finished", steps=5, steps_per_s=500)
    wait(qtbot, window.train.runs.rename.isEnabled)
    QTest.mouseClick(window.train.runs.rename, Qt.MouseButton.LeftButton)
    editor = window.train.runs.list.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, "better")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    wait(qtbot, (folder.parent / "better").exists)
    wait(qtbot, lambda: window.train.progress.name.text() == "better")


def test_what_others_do_is_asked_for(qtbot: QtBot, window: Window) -> None:
    folder = start(qtbot, window, "first", "finished", steps=5, steps_per_s=500)
    wait(qtbot, window.train.runs.paint.isEnabled)
    QTest.mouseClick(window.train.runs.paint, Qt.MouseButton.LeftButton)
    QTest.mouseClick(window.train.runs.open, Qt.MouseButton.LeftButton)
    assert window.painted == window.opened == [folder]


def test_a_run_starts_from_another_and_says_so(qtbot: QtBot, window: Window) -> None:
    settings, beginning = window.train.settings, window.train.settings.start_from

    def offered() -> list[str]:
        return [beginning.combo.itemText(place) for place in range(beginning.combo.count())]

    assert offered() == ["Random weights"]  # the models there are of no family that can be trained
    first = start(qtbot, window, "first", "finished", steps=20, steps_per_s=500)
    wait(qtbot, lambda: offered() == ["Random weights", "first"])
    beginning.combo.setFocus()
    QTest.keyClick(beginning.combo, Qt.Key.Key_Down)
    assert not settings.start.isEnabled()
    wait(qtbot, settings.start.isEnabled)
    start(qtbot, window, "second", "finished", steps=20, steps_per_s=500)
    wait(qtbot, lambda: window.train.progress.about.text() == "VQ-VAE on dots, from first")

    def tip() -> str:
        return str(window.train.runs.list.runs.index(0).data(Qt.ItemDataRole.ToolTipRole))

    wait(qtbot, lambda: "VQ-VAE on dots, started from weights" in tip())  # as its trainer calls it
    QTest.keyClick(beginning.combo, Qt.Key.Key_Home)
    QTest.mouseClick(window.train.runs.duplicate, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.workers[2].pending == 0)
    assert beginning.combo.currentText() == "first"
    assert settings.request.start_from == str(first / "last" / "weights.safetensors")
    QTest.mouseClick(settings.family.buttons["vae"], Qt.MouseButton.LeftButton)
    assert offered() == ["Random weights"]
