from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QCursor, QHelpEvent, QImage, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from engine.codes.box import Box
from gui import theme
from gui.canvas.codebook_palette import CodebookPalette
from gui.canvas.palette_layout import PITCH
from gui.state.book import Book
from gui.state.brush import BrushState
from gui.state.painting import PaintingState
from gui.workers.job import Worker
from tests.gui.codebooks import (
    BLANK,
    COUNT,
    FIRST_EDGE,
    FIRST_UNUSED,
    FIRST_WHITE,
    SessionStub,
    codebook,
    painting_of,
)

EDGE, WHITE, DEAD = FIRST_EDGE + 3, FIRST_WHITE + 4, FIRST_UNUSED
Stage = tuple[CodebookPalette, BrushState, PaintingState]


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Stage]:
    """The palette of the made-up codebook beside a painting of 2 x 2 cells."""
    worker = Worker("test")
    painting, brush = painting_of([[EDGE, WHITE], [1, 2]]), BrushState()
    brush.set_code_count(COUNT)
    book = Book(SessionStub((codebook(),)), painting, worker)
    palette = CodebookPalette(book, brush, painting)
    qtbot.addWidget(palette)
    palette.show()
    yield palette, brush, painting
    worker.stop()


def colour_at(image: QImage, point: QPoint) -> tuple[int, int, int]:
    colour = image.pixelColor(point)
    return colour.red(), colour.green(), colour.blue()


def press(palette: CodebookPalette, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(palette, key)


def test_every_code_is_shown_but_the_folded_whites(stage: Stage) -> None:
    palette, _, _ = stage
    shown = palette.shown_codes
    assert len(shown) == len(set(shown))
    assert set(range(COUNT)) - set(shown) == set(range(FIRST_WHITE + 1, FIRST_EDGE))
    assert set(shown[-4:]) == set(range(FIRST_UNUSED, COUNT))


def test_a_swatch_shows_the_mean_cell_above_its_uniform_field(stage: Stage) -> None:
    palette, _, _ = stage
    image = palette.grab().toImage()
    rect, statistics = palette.rect_of(EDGE), codebook()
    assert colour_at(image, rect.topLeft() + QPoint(2, 2)) == tuple(statistics.swatches[EDGE, 0, 0].tolist())
    assert colour_at(image, rect.topLeft() + QPoint(2, 13)) == (255, 255, 255)
    assert colour_at(image, rect.bottomLeft() + QPoint(2, -1)) == tuple(
        statistics.fields[EDGE, 0, 0].tolist()
    )


def test_left_and_right_click_take_a_code_in_hand(stage: Stage) -> None:
    palette, brush, _ = stage
    QTest.mouseClick(palette, Qt.MouseButton.LeftButton, pos=palette.rect_of(EDGE).center())
    QTest.mouseClick(palette, Qt.MouseButton.RightButton, pos=palette.rect_of(17).center())
    assert (brush.primary, brush.secondary) == (EDGE, 17)


def test_both_codes_in_hand_are_marked_and_told_apart(stage: Stage) -> None:
    palette, brush, _ = stage
    brush.primary, brush.secondary = EDGE, 17
    image = palette.grab().toImage()
    accent, light = theme.ACCENT, theme.TEXT
    for place in (QPoint(-1, -1), QPoint(-1, 10)):  # a whole frame
        assert image.pixelColor(palette.rect_of(EDGE).topLeft() + place).name() == accent
    assert image.pixelColor(palette.rect_of(17).topLeft() + QPoint(-1, -1)).name() == light
    assert image.pixelColor(palette.rect_of(17).topLeft() + QPoint(-1, 10)).name() != light  # corners only


def test_pointing_at_a_swatch_says_so_to_the_canvas(stage: Stage) -> None:
    palette, brush, _ = stage
    QTest.mouseMove(palette, palette.rect_of(EDGE).center())
    assert brush.hovered_code == EDGE
    assert palette.lit_code == EDGE
    QApplication.sendEvent(palette, QEvent(QEvent.Type.Leave))
    assert brush.hovered_code is None
    assert palette.lit_code is None


def test_a_lit_swatch_stands_out_over_its_place(stage: Stage) -> None:
    palette, brush, _ = stage
    outside = palette.rect_of(30).topLeft() - QPoint(5, 5)
    before = palette.grab().toImage()
    brush.hovered_code = 30
    after = palette.grab().toImage()
    assert before.pixelColor(outside) != after.pixelColor(outside)
    assert after.pixelColor(outside).name() == theme.TEXT


def test_pointing_at_a_cell_lights_its_code_and_scrolls_to_it(qtbot: QtBot, stage: Stage) -> None:
    palette, brush, painting = stage
    with qtbot.waitSignal(palette.reveal) as revealed:
        brush.hovered_cell = (0, 0)
    assert palette.lit_code == EDGE
    assert revealed.args == [palette.rect_of(EDGE)]
    brush.hovered_cell = (5, 0)  # beyond the painting
    assert palette.lit_code is None
    assert painting.shape == (2, 2)


def test_a_cell_painted_under_the_pointer_lights_its_new_code(stage: Stage) -> None:
    palette, brush, painting = stage
    brush.hovered_cell = (1, 1)
    assert palette.lit_code == 2
    with painting.stroke("Brush"):
        painting.paint(Box(1, 1, 2, 2), painting.codes[1:2, 1:2] >= 0, 31)
    assert palette.lit_code == 31


def test_the_cell_of_a_folded_white_lights_the_fold(qtbot: QtBot, stage: Stage) -> None:
    palette, brush, _ = stage
    with qtbot.waitSignal(palette.reveal) as revealed:
        brush.hovered_cell = (0, 1)
    assert revealed.args == [palette.fold_rect]
    assert not palette.is_unfolded


def test_clicking_the_fold_shows_the_near_whites(stage: Stage) -> None:
    palette, brush, _ = stage
    height = palette.height()
    QTest.mouseClick(palette, Qt.MouseButton.LeftButton, pos=palette.fold_rect.center())
    assert palette.is_unfolded
    assert set(palette.shown_codes) == set(range(COUNT))
    assert palette.height() > height
    assert brush.primary == 0
    QTest.mouseClick(palette, Qt.MouseButton.LeftButton, pos=palette.fold_rect.center())
    assert palette.height() == height


def test_going_to_a_near_white_unfolds_until_one_goes_elsewhere(stage: Stage) -> None:
    palette, brush, _ = stage
    palette.go_to(WHITE)
    assert palette.is_unfolded
    assert (palette.current_code, brush.hovered_code) == (WHITE, WHITE)
    palette.go_to(EDGE)
    assert not palette.is_unfolded
    assert palette.current_code == EDGE


def test_sorting_moves_swatches_and_keeps_groups(stage: Stage) -> None:
    palette, _, _ = stage
    by_colour = palette.shown_codes
    palette.set_sort("use")
    use, shown = codebook().use, palette.shown_codes
    fills = [code for code in shown if code <= FIRST_WHITE]
    assert shown[: len(fills)] == tuple(fills)
    assert all(use[a] >= use[b] for a, b in pairwise(fills))
    assert shown != by_colour
    palette.set_sort("index")
    assert list(palette.shown_codes) == sorted(palette.shown_codes)


def test_arrows_move_and_return_picks(stage: Stage) -> None:
    palette, brush, _ = stage
    palette.set_sort("index")
    press(palette, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down)
    assert palette.current_code == brush.hovered_code == 18
    press(palette, Qt.Key.Key_Return)
    assert brush.primary == 18
    press(palette, Qt.Key.Key_Up, Qt.Key.Key_Left)
    QTest.keyClick(palette, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert (brush.primary, brush.secondary) == (18, 1)


def test_ends_and_pages(stage: Stage) -> None:
    palette, _, _ = stage
    palette.set_sort("index")
    press(palette, Qt.Key.Key_End)
    assert palette.current_code == COUNT - 1
    press(palette, Qt.Key.Key_Home)
    assert palette.current_code == 0
    press(palette, Qt.Key.Key_PageDown)
    assert palette.current_code == FIRST_EDGE + 2 * 16  # five rows of fills, the fold, two of edges


def test_the_fold_is_reached_and_opened_by_keys(stage: Stage) -> None:
    palette, brush, _ = stage
    palette.set_sort("index")
    palette.go_to(BLANK)
    press(palette, Qt.Key.Key_Right, Qt.Key.Key_Space)
    assert palette.is_unfolded
    press(palette, Qt.Key.Key_Right)
    assert palette.current_code == FIRST_WHITE + 1
    assert brush.primary == 0


def test_digits_are_handed_on_and_never_zoom_the_canvas(qtbot: QtBot, stage: Stage) -> None:
    palette, _, _ = stage
    with qtbot.waitSignal(palette.digit_typed) as typed:
        press(palette, Qt.Key.Key_1)
    assert typed.args == ["1"]
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_0, Qt.KeyboardModifier.NoModifier, "0")
    override.ignore()
    QApplication.sendEvent(palette, override)
    assert override.isAccepted()
    undo = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier, "\x1a")
    undo.ignore()
    QApplication.sendEvent(palette, undo)
    assert not undo.isAccepted()


def test_screen_readers_hear_the_code_its_kind_and_its_hand(stage: Stage) -> None:
    palette, brush, _ = stage
    assert palette.accessibleName() == f"Codes, {COUNT} swatches, code 0 in hand"
    palette.go_to(EDGE)
    assert palette.accessibleName() == f"Code {EDGE}, edge or texture"
    brush.primary = EDGE
    assert palette.accessibleName() == f"Code {EDGE}, edge or texture, primary"


@pytest.mark.qt_log_ignore("does not support raise")  # said of any tool tip
@pytest.mark.parametrize(("code", "words"), [(DEAD, "unused"), (3, "")])
def test_the_tool_tip_says_that_a_code_is_unused(stage: Stage, code: int, words: str) -> None:
    palette, _, _ = stage
    place = palette.rect_of(code).center()
    QToolTip.hideText()
    QApplication.sendEvent(palette, QHelpEvent(QEvent.Type.ToolTip, place, palette.mapToGlobal(place)))
    assert (words in QToolTip.text()) if words else QToolTip.text() == ""
    QToolTip.hideText()


def test_an_unused_code_is_dimmed_but_can_be_taken(stage: Stage) -> None:
    palette, brush, _ = stage
    rect = palette.rect_of(FIRST_UNUSED)
    shown = palette.grab().toImage().pixelColor(rect.topLeft() + QPoint(4, 4))
    assert shown.lightness() > 0  # its own field is black: it shines through to the panel
    QTest.mouseClick(palette, Qt.MouseButton.LeftButton, pos=rect.center())
    assert brush.primary == FIRST_UNUSED


def test_scrolling_under_a_resting_pointer_points_at_what_comes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    palette, brush, _ = stage
    palette.set_sort("index")
    place = palette.rect_of(3).center()
    QTest.mouseMove(palette, place)
    monkeypatch.setattr(QCursor, "pos", lambda: palette.mapToGlobal(place + QPoint(0, PITCH)))
    palette.move(palette.pos() + QPoint(0, 1))
    assert brush.hovered_code == 19
    press(palette, Qt.Key.Key_Home)
    palette.move(palette.pos() + QPoint(0, 1))
    assert brush.hovered_code == 0  # the keys lead now


def test_hidden_it_points_at_nothing(stage: Stage) -> None:
    palette, brush, _ = stage
    QTest.mouseMove(palette, palette.rect_of(EDGE).center())
    palette.hide()
    assert brush.hovered_code is None


@pytest.mark.parametrize("status", ["loading", "failed"])
def test_without_a_model_there_is_something_to_see(qtbot: QtBot, status: str) -> None:
    worker = Worker("test")
    painting, session = painting_of([[0]]), SessionStub(status=status)
    palette = CodebookPalette(Book(session, painting, worker), BrushState(), painting)
    qtbot.addWidget(palette)
    image = palette.grab().toImage()
    colours = {
        image.pixelColor(x, y).name() for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)
    }
    assert len(colours) > 1
    assert palette.accessibleName() == "Codes, none yet"
    press(palette, Qt.Key.Key_Right, Qt.Key.Key_Return)
    session.bring((codebook(),))
    assert len(palette.shown_codes) == COUNT - (FIRST_EDGE - FIRST_WHITE - 1)
    worker.stop()
