import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.codes.box import Box
from engine.decoding.decoder import to_pixels
from gui import theme
from gui.workers.decode import Decoded
from tests.fakes import TinyDecoder
from tests.gui.canvas.easel import ALT, CODE, ERASER, MIDDLE, RIGHT, SECOND, SHIFT, Easel
from tests.gui.painted import COLUMNS, ROWS, small_painting

Key = Qt.Key


@pytest.fixture
def easel(qtbot) -> Easel:
    return Easel(qtbot)


# Mouse


def test_a_drag_paints_the_cells_it_goes_over_as_one_step(easel):
    easel.drag((8, 1), (8, 5))
    assert easel.painted() == [(8, column) for column in range(1, 6)]
    assert easel.steps == ("Brush",)


def test_the_right_button_paints_the_secondary_code(easel):
    easel.drag((8, 1), (8, 2), button=RIGHT)
    assert easel.painted(SECOND) == [(8, 1), (8, 2)]


def test_another_button_pressed_meanwhile_changes_nothing(easel):
    easel.press(8, 1)
    easel.press(2, 2, RIGHT)
    easel.release(2, 2, RIGHT)
    easel.move(8, 3)
    easel.release(8, 3)
    assert easel.painted(SECOND) == []
    assert {(8, 1), (8, 3)} <= set(easel.painted())
    assert len(easel.steps) == 1


def test_a_stroke_that_leaves_the_canvas_comes_back(easel):
    easel.drag((10, 1), (ROWS + 2, 3), (10, 5))
    assert (10, 1) in easel.painted()
    assert (10, 5) in easel.painted()
    assert len(easel.steps) == 1


def test_escape_takes_the_stroke_back_and_the_rest_of_the_drag_paints_nothing(easel):
    before = easel.state.codes.copy()
    easel.press(8, 1)
    easel.move(8, 5)
    easel.key(Key.Key_Escape)
    easel.move(8, 9)
    easel.release(8, 9)
    assert np.array_equal(easel.state.codes, before)
    assert easel.steps == ()


def test_alt_click_picks_with_any_tool(easel):
    easel.brush.tool = "fill"
    easel.drag((0, 0), held=ALT)
    assert easel.brush.primary == 2
    assert easel.steps == ()


def test_alt_takes_away_from_the_selection_instead_of_picking(easel):
    easel.state.select_all()
    easel.brush.tool = "select"
    easel.drag((0, 0), (1, 1), held=ALT)
    assert easel.brush.primary == CODE
    assert easel.state.selection.mask.sum() == ROWS * COLUMNS - 4


def test_shift_click_draws_a_line_from_the_last_point(easel):
    easel.drag((8, 1))
    easel.drag((8, 6), held=SHIFT)
    assert easel.painted() == [(8, column) for column in range(1, 7)]


def test_a_read_only_painting_refuses_but_can_be_picked_from(qtbot, easel):
    easel.state.set_read_only(True)
    with qtbot.waitSignal(easel.canvas.refused, timeout=1000):
        easel.drag((8, 1), (8, 5))
    assert easel.painted() == []
    assert easel.canvas.cursor().shape() == Qt.CursorShape.ForbiddenCursor
    easel.drag((0, 0), held=ALT)
    assert easel.brush.primary == 2


def test_hovering_names_the_cell_and_leaving_forgets_it(easel):
    easel.hover(3, 7)
    assert easel.brush.hovered_cell == (3, 7)
    easel.hover(3, COLUMNS + 1)
    assert easel.brush.hovered_cell is None
    easel.hover(3, 7)
    QTest.mouseMove(easel.canvas, QPoint(1, 1))
    easel.canvas.leaveEvent(QEvent(QEvent.Type.Leave))
    assert easel.brush.hovered_cell is None


def test_hiding_the_canvas_ends_the_stroke_where_it_is(easel):
    easel.press(8, 1)
    easel.canvas.hide()
    assert easel.painted() == [(8, 1)]
    assert easel.steps == ("Brush",)


def test_another_painting_under_the_drag_is_left_alone(easel):
    easel.press(8, 1)
    easel.state.set_painting(small_painting(5, 6))
    easel.move(2, 2)
    easel.release(2, 2)
    assert easel.painted() == []
    assert easel.steps == ()


# Pen


def test_a_pen_paints_and_its_pressure_scales_the_brush(easel):
    easel.brush.size, easel.brush.shape, easel.brush.pressure_size = 4, "square", True
    assert easel.pen(QEvent.Type.TabletPress, 8, 4, 1.0)
    assert len(easel.painted()) == 16
    assert easel.pen(QEvent.Type.TabletMove, 8, 10, 0.25)
    assert easel.pen(QEvent.Type.TabletRelease, 8, 10, 0.0)
    assert (8, 10) in easel.painted()
    assert (7, 10) not in easel.painted()
    assert easel.steps == ("Brush",)


def test_the_other_end_of_a_pen_erases(easel):
    easel.cells.fill(CODE)
    easel.pen(QEvent.Type.TabletPress, 8, 4, 1.0, ERASER)
    easel.pen(QEvent.Type.TabletRelease, 8, 4, 0.0, ERASER)
    assert easel.state.codes[8, 4] == 1
    assert easel.brush.tool == "brush"


# Keys


def test_arrows_move_the_cell_cursor_and_return_paints(easel):
    easel.hover(5, 5)
    easel.key(Key.Key_Right)
    easel.key(Key.Key_Down)
    assert easel.brush.hovered_cell == (6, 6)
    easel.key(Key.Key_Return)
    assert easel.painted() == [(6, 6)]
    easel.key(Key.Key_Left, SHIFT)
    assert easel.brush.hovered_cell == (6, 0)


def test_a_key_held_down_draws_along_the_arrows(easel):
    easel.hover(8, 2)
    QTest.keyPress(easel.canvas, Key.Key_Return)
    for _ in range(3):
        easel.key(Key.Key_Right)
    QTest.keyRelease(easel.canvas, Key.Key_Return)
    assert easel.painted() == [(8, column) for column in range(2, 6)]
    assert easel.steps == ("Brush",)


def test_without_a_pointer_the_cell_cursor_starts_in_the_middle(easel):
    easel.key(Key.Key_Right)
    assert easel.brush.hovered_cell == (ROWS // 2, COLUMNS // 2 + 1)


def test_arrows_move_the_selected_cells_with_the_move_tool(easel):
    easel.brush.tool = "select"
    easel.drag((0, 0), (1, 1))
    easel.brush.tool = "move"
    for key in (Key.Key_Down,) * 7 + (Key.Key_Right,) * 3:
        easel.key(key)
    assert easel.state.selection.box == Box(7, 3, 9, 5)
    assert easel.steps == ()
    easel.key(Key.Key_Return)
    assert easel.steps == ("Move",)


def test_escape_puts_floating_cells_back(easel):
    before = easel.state.codes.copy()
    easel.brush.tool = "move"
    easel.key(Key.Key_Down)
    assert not np.array_equal(easel.state.codes, before)
    easel.key(Key.Key_Escape)
    assert np.array_equal(easel.state.codes, before)


def test_taking_another_tool_sets_floating_cells_down(easel):
    easel.brush.tool = "move"
    easel.key(Key.Key_Down)
    easel.brush.tool = "brush"
    assert easel.state.floating is None
    assert easel.steps == ("Move",)


def test_escape_with_nothing_to_take_back_is_left_to_others(easel):
    event = QKeyEvent(QEvent.Type.KeyPress, Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    easel.canvas.keyPressEvent(event)
    assert not event.isAccepted()


def test_the_focus_ring_shows_for_those_who_come_by_keyboard(easel):
    plain = easel.canvas.grab().toImage().pixelColor(0, 100)
    QApplication.sendEvent(easel.canvas, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    assert easel.canvas.grab().toImage().pixelColor(0, 100) == QColor(theme.ACCENT)
    easel.drag((8, 3))
    assert easel.canvas.grab().toImage().pixelColor(0, 100) == plain


# Zoom and pan


def test_the_wheel_zooms_to_the_pointer(easel):
    view = easel.canvas.view
    there = view.to_picture(200, 150)
    easel.wheel(1, 200, 150)
    assert easel.canvas.zoom > view.zoom
    assert easel.canvas.view.to_screen(*there) == pytest.approx((200, 150), abs=1)


@pytest.mark.parametrize("by", ["middle", "space"])
def test_panning_moves_the_picture_and_paints_nothing(easel, by):
    before = easel.canvas.view
    if by == "space":
        QTest.keyPress(easel.canvas, Key.Key_Space)
        assert easel.canvas.cursor().shape() == Qt.CursorShape.OpenHandCursor
    button = MIDDLE if by == "middle" else Qt.MouseButton.LeftButton
    start = easel.at(5, 5)
    QTest.mousePress(easel.canvas, button, pos=start)
    assert easel.canvas.cursor().shape() == Qt.CursorShape.ClosedHandCursor
    easel.move(7, 8, button)
    end = easel.at(5, 5)
    QTest.mouseRelease(easel.canvas, button, pos=end)
    QTest.keyRelease(easel.canvas, Key.Key_Space)
    assert (easel.canvas.view.left - before.left, easel.canvas.view.top - before.top) == (
        end.x() - start.x(),
        end.y() - start.y(),
    )
    assert end != start
    assert easel.steps == ()
    assert easel.canvas.cursor().shape() == Qt.CursorShape.CrossCursor


def test_it_stays_fitted_until_zoomed(easel):
    fitted = easel.canvas.zoom
    easel.canvas.resize(320, 240)
    assert easel.canvas.zoom < fitted
    easel.canvas.actual_size()
    assert easel.canvas.zoom == 1.0
    easel.canvas.resize(640, 480)
    assert easel.canvas.zoom == 1.0
    easel.canvas.fit()
    assert easel.canvas.zoom == fitted


def test_zoom_is_announced(qtbot, easel):
    with qtbot.waitSignal(easel.canvas.zoom_changed, timeout=1000) as zoomed:
        easel.canvas.zoom_in()
    assert zoomed.args == [easel.canvas.zoom]


def test_another_painting_is_fitted(easel):
    easel.canvas.actual_size()
    easel.state.set_painting(small_painting(1, 1))
    assert easel.canvas.zoom > 1
    assert easel.canvas.visible == Box(0, 0, 4, 4)


# What is drawn


def seen(easel: Easel, row: int, column: int) -> tuple[int, int, int]:
    """The colour near a corner of a cell, away from ghost, grid line and number."""
    at = easel.at(row, column)
    quarter = int(easel.canvas.zoom)
    return easel.canvas.grab().toImage().pixelColor(at.x() - quarter, at.y() - quarter).getRgb()[:3]


def swatch(code: int) -> tuple[int, int, int]:
    return tuple(np.rint(TinyDecoder().codebook(0)[code] * 255).astype(int).tolist())


def test_painted_cells_show_their_swatch_at_once(easel):
    easel.drag((8, 3))
    assert seen(easel, 8, 3) == swatch(CODE)
    assert seen(easel, 8, 5) == swatch(1)


def test_only_the_changed_cells_are_repainted(qtbot, easel):
    regions: list[QRegion] = []

    class Watch(type(easel.canvas)):
        def paintEvent(self, event):
            regions.append(event.region())
            super().paintEvent(event)

    easel.canvas.__class__ = Watch
    qtbot.wait(20)
    easel.hover(8, 3)
    qtbot.wait(20)
    regions.clear()
    easel.press(8, 3)
    qtbot.waitUntil(lambda: regions != [], timeout=1000)
    cell = int(4 * easel.canvas.zoom)
    corner = easel.at(8, 3) - QPoint(cell, cell)
    around = QRect(corner, corner + QPoint(2 * cell, 2 * cell))
    assert all(around.contains(region.boundingRect()) for region in regions)
    easel.release(8, 3)


def test_a_preview_is_shown_under_the_pointer_until_it_moves_on(easel):
    easel.hover(8, 3)
    pixels = to_pixels(np.full((1, 3, 12, 12), 0.25, np.float32))[0]
    easel.canvas.show_preview(Decoded(Box(7, 2, 10, 5), pixels, 0.0))
    assert seen(easel, 7, 2) == (64, 64, 64)
    easel.hover(2, 12)
    assert seen(easel, 7, 2) == swatch(1)


def test_hovering_asks_for_a_preview_of_what_a_click_would_paint(qtbot, easel):
    with qtbot.waitSignal(easel.canvas.preview_wanted, timeout=1000) as wanted:
        easel.hover(8, 3)
    box, mask, code = wanted.args[0]
    assert (box, mask.tolist(), code) == (Box(8, 3, 9, 4), [[True]], CODE)
    with qtbot.waitSignal(easel.canvas.preview_wanted, timeout=1000) as wanted:
        easel.press(8, 3)
        easel.hover(8, 30)
    assert wanted.args == [None]
    easel.release(8, 3)


def test_a_code_pointed_at_in_the_palette_lights_its_cells(qtbot, easel):
    dark = seen(easel, 11, 15)
    easel.brush.hovered_code = 2
    qtbot.waitUntil(lambda: seen(easel, 11, 15) != dark, timeout=1000)
    assert seen(easel, 0, 0) == swatch(2)
    easel.brush.hovered_code = None
    qtbot.waitUntil(lambda: seen(easel, 11, 15) == dark, timeout=1000)


def test_grid_lines_and_numbers_show_when_asked_for(easel):
    plain = easel.canvas.grab().toImage()
    easel.canvas.show_grid(True)
    lined = easel.canvas.grab().toImage()
    assert lined != plain
    easel.canvas.zoom_at(16, 0, 0)
    numberless = easel.canvas.grab().toImage()
    easel.canvas.show_index(True)
    assert easel.canvas.grab().toImage() != numberless
    easel.canvas.show_index(False)
    assert easel.canvas.grab().toImage() == numberless


def test_small_cells_show_no_grid(easel):
    easel.canvas.actual_size()
    plain = easel.canvas.grab().toImage()
    easel.canvas.show_grid(True)
    assert easel.canvas.grab().toImage() == plain


def test_the_selection_is_outlined_in_the_accent_colour(easel):
    easel.brush.tool = "select"
    easel.drag((4, 4), (7, 9))
    x, y = easel.canvas.view.to_screen(6 * 4, 4 * 4)
    assert easel.canvas.grab().toImage().pixelColor(int(x), int(y)) == QColor(theme.ACCENT)


def test_pasted_cells_go_below_the_pointer(easel):
    easel.hover(3, 4)
    assert easel.canvas.target_cell == (3, 4)
