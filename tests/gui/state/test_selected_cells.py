import numpy as np
import pytest

from engine.codes.box import Box
from engine.codes.selection import Selection
from gui.state.painting import PaintingState
from gui.state.selected_cells import SelectedCells
from tests.gui.painted import COLUMNS, ROWS, small_state

BLANK = 0


@pytest.fixture
def state() -> PaintingState:
    return small_state()


@pytest.fixture
def cells(state) -> SelectedCells:
    made = SelectedCells(state, state)
    made.set_blank((BLANK,))
    return made


def choose(state: PaintingState, top: int, left: int, bottom: int, right: int) -> None:
    mask = np.ones((bottom - top, right - left), bool)
    state.set_selection(Selection.nothing(ROWS, COLUMNS).combined(Box(top, left, bottom, right), mask))


def where(state: PaintingState, code: int) -> Box | None:
    return Box.of(state.codes == code)


def test_fill_and_clear_change_the_selected_cells_only(state, cells):
    choose(state, 7, 3, 9, 6)
    cells.fill(9)
    assert where(state, 9) == Box(7, 3, 9, 6)
    cells.clear()
    assert where(state, BLANK) == Box(7, 3, 9, 6)
    assert state.painting.history.steps == ("Fill", "Clear")


def test_nothing_selected_means_everything(state, cells):
    cells.fill(9)
    assert (state.codes == 9).all()


def test_cut_and_paste_bring_the_codes_elsewhere(state, cells):
    choose(state, 0, 0, 2, 3)
    cells.cut()
    assert where(state, BLANK) == Box(0, 0, 2, 3)
    cells.paste(9, 12)
    assert state.floating is not None
    assert state.selection.box == Box(8, 11, 10, 14)
    state.settle()
    assert where(state, 2) == Box(0, 0, 10, 14)
    assert (state.codes[8:10, 11:14] == 2).all()
    assert state.painting.history.steps == ("Cut", "Paste")


def test_pasting_at_the_border_keeps_the_cells_on_the_canvas(state, cells):
    choose(state, 0, 0, 2, 3)
    cells.copy()
    cells.paste(ROWS, COLUMNS)
    assert state.selection.box == Box(ROWS - 2, COLUMNS - 3, ROWS, COLUMNS)


def test_floating_cells_uncover_what_was_below_them(state, cells):
    choose(state, 0, 0, 2, 2)
    cells.move(7, 0)
    cells.move(0, 5)
    assert (state.codes[7:9, 0:2] == 1).all()
    assert (state.codes[7:9, 5:7] == 2).all()
    assert (state.codes[0:2, 0:2] == BLANK).all()
    assert state.painting.history.steps == ()
    assert state.is_modified
    state.settle()
    assert state.painting.history.steps == ("Move",)


def test_undo_of_a_move_brings_back_codes_and_selection(state, cells):
    before = state.codes.copy()
    choose(state, 0, 0, 2, 2)
    cells.move(7, 3)
    state.undo()
    assert np.array_equal(state.codes, before)
    assert state.selection.box == Box(0, 0, 2, 2)
    state.redo()
    assert state.selection.box == Box(7, 3, 9, 5)


def test_cancel_withdraws_what_floats(state, cells):
    before = state.codes.copy()
    choose(state, 0, 0, 2, 2)
    cells.copy()
    cells.paste(9, 9)
    state.cancel()
    assert np.array_equal(state.codes, before)
    assert state.selection.box == Box(0, 0, 2, 2)
    assert state.painting.history.steps == ()


def test_cells_moved_off_the_canvas_come_back_whole(state, cells):
    choose(state, 0, 0, 2, 2)
    cells.move(0, -1)
    cells.move(0, 1)
    state.settle()
    assert (state.codes[0:2, 0:2] == 2).all()


def test_deselecting_sets_down_what_floats(state, cells):
    choose(state, 0, 0, 2, 2)
    cells.move(7, 3)
    state.select_none()
    assert state.floating is None
    assert state.selection.is_empty
    assert state.painting.history.steps == ("Move",)


def test_a_new_stroke_sets_down_what_floats(state, cells):
    choose(state, 0, 0, 2, 2)
    cells.move(7, 3)
    with state.stroke("Brush"):
        state.paint(Box(7, 3, 8, 4), np.ones((1, 1), bool), 9)
    assert state.painting.history.steps == ("Move", "Brush")


def test_a_read_only_painting_can_be_copied_from_but_not_pasted_into(state, cells):
    before = state.codes.copy()
    choose(state, 0, 0, 2, 2)
    state.set_read_only(True)
    cells.cut()
    cells.paste(5, 5)
    cells.move(1, 1)
    cells.fill(3)
    assert np.array_equal(state.codes, before)
    assert cells.clipboard is not None
