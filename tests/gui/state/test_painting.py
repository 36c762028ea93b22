import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codes.box import Box
from engine.codes.document import Painting
from engine.codes.selection import Selection
from gui.state.painting import PaintingState
from tests.fakes import TinyTwoLevelDecoder
from tests.gui.painted import COLUMNS, ROWS, small_painting, small_state
from tests.gui.tiny import TinyModel

EVERYTHING = Box(0, 0, ROWS, COLUMNS)
CELL = np.ones((1, 1), bool)


def cell(row: int, column: int) -> Box:
    return Box(row, column, row + 1, column + 1)


def block(row: int, column: int, code: int) -> tuple[Box, np.ndarray, int]:
    return Box(row, column, row + 2, column + 2), np.ones((2, 2), bool), code


@pytest.fixture
def state() -> PaintingState:
    return small_state()


def heard(signal) -> list:
    calls: list = []
    signal.connect(lambda *values: calls.append(values))
    return calls


def test_a_stroke_is_one_step_and_undo_brings_back_the_codes(state):
    before = state.codes.copy()
    with state.stroke("Brush"):
        for column in range(4):
            state.paint(cell(7, column), CELL, 5)
    painted = state.codes.copy()
    assert (painted[7, :4] == 5).all()
    assert state.painting.history.steps == ("Brush",)
    state.undo()
    assert np.array_equal(state.codes, before)
    state.redo()
    assert np.array_equal(state.codes, painted)


def test_codes_changed_carries_the_patch_before_the_stroke_ends(state):
    calls = heard(state.codes_changed)
    state.begin("Brush")
    state.paint(cell(7, 3), CELL, 5)
    ((patches,),) = calls
    assert patches[0].box == cell(7, 3)
    assert patches[0].new.tolist() == [5]
    state.commit()


def test_painting_what_is_there_already_makes_no_step(state):
    calls = heard(state.codes_changed)
    with state.stroke("Brush"):
        state.paint(cell(7, 3), CELL, 1)
    assert state.painting.history.steps == ()
    assert calls == []


def test_a_stroke_gets_cells_after_it_was_finished_and_stays_one_step(state):
    before = state.codes.copy()
    with state.stroke("First"):
        state.paint(*block(0, 0, 5))
        first = state.open_stroke
    with state.stroke("Second"):
        state.paint(*block(6, 6, 7))
    box, mask, _ = block(0, 0, 5)
    assert state.paint_into(first, 0, [(box, mask, 8)])
    assert (state.codes[0, 0], state.codes[6, 6]) == (8, 7)
    assert state.painting.history.steps == ("First", "Second")
    state.go_to(1)
    assert (state.codes[0, 0], state.codes[6, 6]) == (8, before[6, 6])
    state.undo()
    assert np.array_equal(state.codes, before)
    assert not state.paint_into(first, 0, [(box, mask, 9)])  # it was undone
    assert np.array_equal(state.codes, before)


def test_a_stroke_that_changed_nothing_becomes_a_step_by_what_comes_later(state):
    box, mask, _ = block(0, 0, 2)
    with state.stroke("Same"):
        state.paint(box, mask, 2)  # it is there already
        same = state.open_stroke
    assert state.painting.history.steps == ()
    assert state.paint_into(same, 0, [(box, mask, 3)])
    assert state.painting.history.steps == ("Same",)
    assert state.paint_into(same, 0, [(box, mask, 2)])  # back to what it was
    assert state.painting.history.steps == ()
    assert state.paint_into(same, 0, [(box, mask, 4)])
    state.undo()
    assert (state.codes[box.slices] == 2).all()


def test_a_stroke_that_came_to_nothing_does_not_take_another_ones_step(state):
    with state.stroke("First"):
        state.paint(*block(6, 6, 7))
    box, mask, _ = block(0, 0, 5)
    with state.stroke("Nothing"):
        state.paint(box, mask, 5)
        nothing = state.open_stroke
        state.paint_into(nothing, 0, [(box, mask, 2)])  # as it was before
    assert state.painting.history.steps == ("First",)
    assert state.paint_into(nothing, 0, [(box, mask, 8)])
    assert state.painting.history.steps == ("First", "Nothing")
    state.undo()
    assert (state.codes[0, 0], state.codes[6, 6]) == (2, 7)


def test_undoing_a_later_stroke_leaves_an_earlier_one_open_for_late_cells(state):
    with state.stroke("First"):
        state.paint(*block(0, 0, 5))
        first = state.open_stroke
    with state.stroke("Second"):
        state.paint(*block(6, 6, 7))
        second = state.open_stroke
    state.undo()
    box, mask, _ = block(0, 0, 5)
    assert not state.takes(second)
    assert state.paint_into(first, 0, [(box, mask, 8)])
    state.redo()
    assert (state.codes[0, 0], state.codes[6, 6]) == (8, 7)
    state.go_to(0)
    assert (state.codes[0, 0], state.codes[6, 6]) == (2, 1)
    assert not state.takes(first)


def test_a_cancelled_stroke_gets_no_more_cells(state):
    state.begin("Stroke")
    stroke = state.open_stroke
    state.paint(*block(0, 0, 5))
    state.cancel()
    box, mask, _ = block(0, 0, 5)
    assert not state.paint_into(stroke, 0, [(box, mask, 6)])


def test_cancel_takes_the_stroke_back_and_leaves_no_step(state):
    before = state.codes.copy()
    state.begin("Brush")
    state.paint(EVERYTHING, np.ones((ROWS, COLUMNS), bool), 9)
    state.cancel()
    assert np.array_equal(state.codes, before)
    assert state.painting.history.steps == ()
    assert not state.is_modified


def test_an_interrupted_stroke_block_is_taken_back(state):
    before = state.codes.copy()

    def interrupted() -> None:
        with state.stroke("Brush"):
            state.paint(cell(0, 0), CELL, 9)
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert np.array_equal(state.codes, before)


def test_modified_is_announced_when_it_changes_only(state):
    calls = heard(state.modified_changed)
    with state.stroke("Brush"):
        state.paint(cell(0, 0), CELL, 9)
        state.paint(cell(0, 1), CELL, 9)
    state.undo()
    assert calls == [(True,), (False,)]


def test_painting_stays_within_the_selection(state):
    state.set_selection(Selection.nothing(ROWS, COLUMNS).combined(Box(2, 2, 4, 4), np.ones((2, 2), bool)))
    with state.stroke("Brush"):
        state.paint(EVERYTHING, np.ones((ROWS, COLUMNS), bool), 9)
    assert np.argwhere(state.codes == 9).tolist() == [[2, 2], [2, 3], [3, 2], [3, 3]]


def test_repaint_announces_only_what_differs_from_before(state):
    state.begin("Rectangle")
    state.repaint((Box(6, 0, 8, 4), np.ones((2, 4), bool), 9))
    calls = heard(state.codes_changed)
    state.repaint((Box(6, 0, 8, 5), np.ones((2, 5), bool), 9))
    ((patches,),) = calls
    assert [patch.box for patch in patches] == [Box(6, 4, 8, 5)]
    state.repaint((cell(6, 0), CELL, 9))
    state.commit()
    assert np.argwhere(state.codes == 9).tolist() == [[6, 0]]


def test_a_read_only_painting_cannot_be_changed(state):
    state.set_read_only(True)
    with state.stroke("Brush"):
        state.paint(cell(0, 0), CELL, 9)
    assert not (state.codes == 9).any()
    assert not state.begin("Brush")


def test_a_read_only_painting_keeps_its_place_in_history(state):
    with state.stroke("Brush"):
        state.paint(cell(0, 0), CELL, 9)
    state.set_read_only(True)
    state.undo()
    state.go_to(0)
    assert state.codes[0, 0] == 9


def test_undo_during_a_stroke_leaves_it_alone(state):
    with state.stroke("Brush"):
        state.paint(cell(0, 0), CELL, 9)
    state.begin("Brush")
    state.paint(cell(0, 1), CELL, 9)
    state.undo()
    assert state.codes[0, 1] == 9
    state.commit()
    assert len(state.painting.history) == 2


def test_go_to_announces_the_net_change_once(state):
    for column in range(3):
        with state.stroke("Brush"):
            state.paint(cell(0, column), CELL, 9)
    calls = heard(state.codes_changed)
    state.go_to(0)
    ((patches,),) = calls
    assert [patch.box for patch in patches] == [Box(0, 0, 1, 3)]
    assert (state.codes[0, :3] == 2).all()


def test_another_painting_drops_the_stroke_and_the_selection(state):
    state.select_all()
    state.begin("Brush")
    state.paint(cell(0, 0), CELL, 9)
    calls = heard(state.document_changed)
    state.set_painting(small_painting(3, 5))
    state.commit()
    assert calls == [()]
    assert state.shape == (3, 5)
    assert state.selection.mask.shape == (3, 5)
    assert state.painting.history.steps == ()


def test_selecting_the_same_cells_emits_nothing(state):
    calls = heard(state.selection_changed)
    state.select_none()
    assert calls == []
    state.select_all()
    state.select_all()
    assert calls == [()]
    state.invert_selection()
    assert state.selection.is_empty


@given(
    st.lists(
        st.tuples(st.integers(-2, ROWS), st.integers(-2, COLUMNS), st.integers(1, 5), st.integers(0, 15)),
        max_size=8,
    ),
    st.integers(0, 8),
)
@settings(deadline=None, max_examples=50)
def test_any_history_position_can_be_returned_to(stamps, position):
    state = small_state()
    seen = [state.codes.copy()]
    for row, column, size, code in stamps:
        with state.stroke("Brush"):
            state.paint(Box(row, column, row + size, column + size), np.ones((size, size), bool), code)
        if len(state.painting.history) == len(seen):
            seen.append(state.codes.copy())
    there = min(position, len(seen) - 1)
    state.go_to(there)
    assert np.array_equal(state.codes, seen[there])
    state.go_to(len(seen) - 1)
    assert np.array_equal(state.codes, seen[-1])


def other_model() -> TinyModel:
    return TinyModel("other", "b" * 64, codes=16)


def test_another_model_takes_over_with_the_codes_and_the_history():
    state = PaintingState(Painting.blank(4, 4, [2], TinyModel("tiny")))
    with state.stroke("Brush"):
        state.paint(cell(1, 1), CELL, 5)
    state.adopt(other_model())
    assert state.painting.model_id == "b" * 64
    assert state.codes[1, 1] == 5
    assert state.is_modified
    state.undo()
    assert state.codes[1, 1] == 2


def test_another_model_takes_over_with_codes_of_its_own_before_anything_is_painted():
    state = PaintingState(Painting.blank(4, 4, [2], TinyModel("tiny")))
    calls = heard(state.codes_changed)
    state.adopt(other_model(), [np.full((4, 4), 7)])
    assert (state.codes == 7).all()
    assert (state.start == 7).all()
    assert len(calls) == 1
    assert not state.is_modified  # nothing in it that could be lost
    assert not state.painting.history.can_undo


@pytest.fixture
def two() -> PaintingState:
    """3 x 4 coarse cells over 6 x 8 fine ones."""
    return PaintingState(Painting.blank(3, 4, [0, 0], TinyTwoLevelDecoder()))


def test_two_levels_are_painted_apart_and_named_in_the_history(two):
    with two.stroke("Brush"):
        two.paint(cell(1, 2), CELL, 5)
    levels = heard(two.level_changed)
    two.set_level(1)
    assert levels == [(1,)]
    assert (two.ratio, two.stride_px, two.shape) == (2, 4, (6, 8))
    with two.stroke("Brush"):
        two.paint(cell(5, 7), CELL, 13)
    two.edit("Clear", lambda grid: [grid.paint(level, cell(0, 0), CELL, 3) for level in (0, 1)])
    assert two.painting.history.steps == ("Brush (coarse)", "Brush (fine)", "Clear")
    two.undo()
    two.undo()
    assert (two.codes == 0).all()
    assert two.painting.grid.levels[0][1, 2] == 5


def test_a_selection_limits_the_same_region_on_both_levels(two):
    two.set_selection(Selection.nothing(3, 4).combined(cell(1, 2), CELL))
    two.set_level(1)
    with two.stroke("Brush"):
        two.paint(Box(0, 0, 6, 8), np.ones((6, 8), bool), 9)
    assert np.argwhere(two.codes == 9).tolist() == [[2, 4], [2, 5], [3, 4], [3, 5]]


def test_a_stroke_being_made_keeps_its_level(two):
    levels = heard(two.level_changed)
    two.begin("Brush")
    two.set_level(1)
    assert (two.level, levels) == (0, [])
    two.commit()
    two.set_level(1)
    assert two.level == 1


def test_another_painting_of_as_many_levels_keeps_the_level(two):
    two.set_level(1)
    two.set_painting(Painting.blank(2, 2, [0, 0], TinyTwoLevelDecoder()))
    assert two.level == 1
    two.set_painting(small_painting())
    assert two.level == 0
    with pytest.raises(ValueError, match="level 1: this painting has 1"):
        two.set_level(1)
