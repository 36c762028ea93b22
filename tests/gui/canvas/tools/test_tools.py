"""Each tool by its drag: what is pressed, moved and released, and what the codes are then."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codes.box import Box
from engine.codes.selection import Selection
from gui.canvas.tools.line import to_eight_directions, to_equal_sides
from gui.canvas.tools.tool import Drag, Pointer
from gui.canvas.tools.toolbox import make_tools
from gui.state.asked_label import AskedLabel
from gui.state.brush import TOOLS, BrushState
from gui.state.dreaming import Dreaming
from gui.state.selected_cells import SelectedCells
from gui.workers.job import Worker
from tests.gui.painted import COLUMNS, ROWS, small_state

CODE, SECOND = 9, 4


class Desk:
    """A painting, a brush with codes 9 and 4, and every tool."""

    def __init__(self) -> None:
        self.state = small_state()
        self.brush = BrushState(self.state)
        self.brush.set_code_count(16)
        self.brush.primary, self.brush.secondary = CODE, SECOND
        self.cells = SelectedCells(self.state, self.state)
        self.dreaming = Dreaming(self.state, Worker("dream"), AskedLabel(self.state), self.state)
        self.tools = make_tools(self.state, self.brush, self.cells, self.dreaming)
        self.before = self.state.codes.copy()

    def press(self, tool: str, row: int, column: int, **held) -> Drag:
        return Drag(self.tools[tool], at(row, column, **held))

    def drag(self, tool: str, *places: tuple[int, int], **held) -> None:
        drag = self.press(tool, *places[0], **held)
        for place in places[1:]:
            drag.move(at(*place, **held))
        drag.release()

    def painted(self, code: int = CODE) -> list[list[int]]:
        return np.argwhere(self.state.codes == code).tolist()

    @property
    def steps(self) -> tuple[str, ...]:
        return self.state.painting.history.steps


def at(row: int, column: int, **held) -> Pointer:
    return Pointer(column + 0.5, row + 0.5, **held)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_there_is_a_tool_for_every_name(desk):
    assert set(desk.tools) == set(TOOLS)


def test_a_click_with_the_brush_paints_one_cell(desk):
    desk.drag("brush", (7, 3))
    assert desk.painted() == [[7, 3]]
    assert desk.steps == ("Brush",)
    assert desk.brush.recent == (CODE,)


def test_the_right_button_paints_the_secondary_code(desk):
    desk.drag("brush", (7, 3), button="right")
    assert desk.painted(SECOND) == [[7, 3]]


cells = st.tuples(st.integers(-3, ROWS + 2), st.integers(-3, COLUMNS + 2))


@given(st.lists(cells, min_size=2, max_size=6))
@settings(deadline=None)
def test_strokes_have_no_gaps_at_any_speed(places):
    desk = Desk()
    desk.drag("brush", *places)
    painted = {tuple(cell) for cell in desk.painted()}
    for (row, column), (next_row, next_column) in pairwise(places):
        steps = max(abs(next_row - row), abs(next_column - column))
        for step in range(steps + 1):
            part = step / max(1, steps)
            there = row + (next_row - row) * part, column + (next_column - column) * part
            if 0 <= there[0] <= ROWS - 1 and 0 <= there[1] <= COLUMNS - 1:
                assert any(max(abs(r - there[0]), abs(c - there[1])) <= 0.5 for r, c in painted)


def test_cancelling_any_paint_tool_leaves_no_trace(desk):
    for tool in ("brush", "erase", "line", "rectangle", "ellipse", "fill"):
        drag = desk.press(tool, 1, 1)
        drag.move(at(9, 12))
        drag.cancel()
        assert np.array_equal(desk.state.codes, desk.before), tool
    assert desk.steps == ()


def test_brush_size_and_shape_make_the_stamp(desk):
    desk.brush.size, desk.brush.shape = 3, "square"
    desk.drag("brush", (7, 3))
    assert Box.of(desk.state.codes == CODE) == Box(6, 2, 9, 5)
    assert len(desk.painted()) == 9


@pytest.mark.parametrize(("x", "y", "expected"), [(3.2, 7.2, Box(6, 2, 8, 4)), (3.8, 7.8, Box(7, 3, 9, 5))])
def test_an_even_brush_is_centred_on_the_nearest_corner(desk, x, y, expected):
    desk.brush.size, desk.brush.shape = 2, "square"
    Drag(desk.tools["brush"], Pointer(x, y)).release()
    assert Box.of(desk.state.codes == CODE) == expected


def test_shift_click_goes_straight_from_the_last_point(desk):
    desk.drag("brush", (7, 1))
    desk.drag("brush", (7, 6), shift=True)
    assert desk.painted() == [[7, column] for column in range(1, 7)]
    assert desk.steps == ("Brush", "Brush")


def test_shift_click_without_a_last_point_paints_where_it_is(desk):
    desk.drag("brush", (7, 6), shift=True)
    assert desk.painted() == [[7, 6]]


def test_pressure_scales_the_brush_when_wanted(desk):
    desk.brush.size, desk.brush.shape = 8, "square"
    desk.drag("brush", (6, 8), pressure=0.25)
    assert len(desk.painted()) == 64
    desk.state.undo()
    desk.brush.pressure_size = True
    desk.drag("brush", (6, 8), pressure=0.25)
    assert len(desk.painted()) == 4


def test_the_eraser_brings_back_the_start_even_across_the_border(desk):
    desk.cells.fill(CODE)
    desk.brush.size, desk.brush.shape = 5, "square"
    desk.drag("erase", (0, 0))
    assert (desk.state.codes[:3, :3] == 2).all()
    assert len(desk.painted()) == ROWS * COLUMNS - 9
    assert desk.steps[-1] == "Erase"


def test_a_line_follows_the_pointer_and_ends_at_the_release(desk):
    desk.drag("line", (8, 1), (2, 9), (8, 5))
    assert desk.painted() == [[8, column] for column in range(1, 6)]
    assert desk.steps == ("Line",)


def test_shift_keeps_a_line_to_eight_directions(desk):
    desk.drag("line", (8, 1), (9, 6), shift=True)
    assert desk.painted() == [[8, column] for column in range(1, 7)]


@given(cells, cells)
@settings(deadline=None)
def test_eight_directions_are_straight_or_diagonal(start, end):
    row, column = to_eight_directions(start, end)
    down, right = abs(row - start[0]), abs(column - start[1])
    assert down == 0 or right == 0 or down == right


@given(cells, cells)
@settings(deadline=None)
def test_equal_sides_are_equal_and_as_long_as_the_longer(start, end):
    row, column = to_equal_sides(start, end)
    longer = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    assert abs(row - start[0]) == abs(column - start[1]) == longer


def test_a_filled_rectangle_and_its_outline(desk):
    desk.drag("rectangle", (6, 8), (9, 12))
    assert len(desk.painted()) == 4 * 5
    desk.state.undo()
    desk.brush.filled = False
    desk.drag("rectangle", (6, 8), (9, 12))
    assert len(desk.painted()) == 4 * 5 - 2 * 3


def test_shift_makes_a_square_and_a_circle(desk):
    desk.drag("rectangle", (6, 8), (8, 12), shift=True)
    assert Box.of(desk.state.codes == CODE) == Box(6, 8, 11, 13)
    desk.state.undo()
    desk.drag("ellipse", (6, 8), (8, 12), shift=True)
    assert Box.of(desk.state.codes == CODE) == Box(6, 8, 11, 13)


def test_fill_takes_the_touching_cells_of_one_code(desk):
    desk.drag("fill", (0, 0))
    assert np.array_equal(desk.state.codes == CODE, desk.before == 2)
    assert desk.steps == ("Fill",)


def test_fill_outside_the_canvas_does_nothing(desk):
    desk.drag("fill", (-1, 3))
    assert desk.steps == ()


def test_fill_stays_within_the_selection(desk):
    inside = np.ones((2, 2), bool)
    desk.state.set_selection(Selection.nothing(ROWS, COLUMNS).combined(Box(0, 0, 2, 2), inside))
    desk.drag("fill", (0, 0))
    assert desk.painted() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_pick_takes_the_code_under_the_pointer_while_it_is_dragged(desk):
    desk.drag("pick", (0, 0))
    assert desk.brush.primary == 2
    desk.drag("pick", (0, 0), (11, 15), (20, 20))
    assert desk.brush.primary == 1
    desk.drag("pick", (0, 0), button="right")
    assert desk.brush.secondary == 2
    assert desk.steps == ()


def test_selecting_replaces_adds_and_subtracts(desk):
    desk.drag("select", (1, 1), (3, 4))
    assert desk.state.selection.box == Box(1, 1, 4, 5)
    desk.drag("select", (5, 5), (6, 6), shift=True)
    assert desk.state.selection.mask.sum() == 12 + 4
    desk.drag("select", (1, 1), (3, 3), alt=True)
    assert desk.state.selection.mask.sum() == 3 + 4
    desk.drag("select", (9, 9), (8, 8))
    assert desk.state.selection.box == Box(8, 8, 10, 10)


def test_the_band_follows_the_pointer_and_stays_on_the_canvas(desk):
    drag = desk.press("select", 1, 1)
    drag.move(at(30, 4))
    assert desk.tools["select"].band == Box(1, 1, ROWS, 5)
    drag.cancel()
    assert desk.tools["select"].band is None
    assert desk.state.selection.is_empty


def test_a_click_selects_nothing_but_adds_or_takes_away_one_cell(desk):
    desk.drag("select", (1, 1), (3, 4))
    desk.drag("select", (2, 2), alt=True)
    assert not desk.state.selection.mask[2, 2]
    desk.drag("select", (2, 2), shift=True)
    assert desk.state.selection.mask[2, 2]
    desk.drag("select", (2, 2))
    assert desk.state.selection.is_empty


def test_moving_lifts_the_selected_cells_and_sets_them_down_in_one_step(desk):
    desk.drag("select", (0, 0), (1, 1))
    desk.drag("move", (0, 0), (3, 2), (7, 9))
    desk.drag("move", (0, 0), (0, 1))
    assert (desk.state.codes[7:9, 10:12] == 2).all()
    desk.state.settle()
    assert desk.steps == ("Move",)


def test_escape_puts_cells_back_to_where_the_drag_found_them(desk):
    desk.drag("select", (0, 0), (1, 1))
    desk.drag("move", (0, 0), (7, 9))
    drag = desk.press("move", 0, 0)
    drag.move(at(1, 3))
    drag.cancel()
    assert desk.state.selection.box == Box(7, 9, 9, 11)
    drag = desk.press("move", 0, 0)
    drag.move(at(1, 3))
    desk.state.cancel()
    assert np.array_equal(desk.state.codes, desk.before)


@pytest.mark.parametrize("tool", ["brush", "erase", "line", "rectangle", "ellipse", "fill", "pick"])
def test_the_ghost_lies_under_the_pointer(desk, tool):
    ghost = desk.tools[tool].ghost(at(7, 3))
    assert ghost.box == Box(7, 3, 8, 4)
    assert ghost.mask.tolist() == [[True]]
    assert (ghost.codes is None) == (tool == "pick")
