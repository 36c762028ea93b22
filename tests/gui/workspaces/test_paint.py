import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QSlider, QSpinBox, QToolButton, QWidget

from engine.decoding.windowed import decode_full
from gui.actions import ACTIONS, ActionTable
from gui.canvas.picture import PictureStore
from gui.state.brush import TOOLS, BrushState
from gui.state.selected_cells import SelectedCells
from gui.state.shown_levels import ShownLevels
from gui.state.with_prior import WithPrior
from gui.theme import apply_theme
from gui.workers.decode import DecodeLoop
from gui.workers.job import Worker
from gui.workspaces.paint import FIRST_HINT, FLOATING_HINT, READ_ONLY_HINT, PaintWorkspace
from tests.fakes import TinyDecoder
from tests.gui.painted import small_state, tiny_statistics


class Studio(QWidget):
    """The workspace in a window, all of its actions wired, a decoder at work."""

    def __init__(self) -> None:
        super().__init__()
        self.state = small_state()
        self.brush = BrushState(self)
        self.brush.set_code_count(16)
        self.brush.primary = 9
        self.cells = SelectedCells(self.state, self)
        self.picture = PictureStore(self.state, self)
        self.picture.set_statistics(TinyDecoder.model_id, (tiny_statistics(),))
        self.worker = Worker("decode")
        self.loop = DecodeLoop(self.state, self.worker, self)
        self.actions_table = ActionTable(self)
        self.side = QLabel("panels")
        self.asking = WithPrior(self.state, self.worker, self)
        self.workspace = PaintWorkspace(
            self.state,
            self.brush,
            self.cells,
            self.picture,
            self.loop,
            ShownLevels(self.state, self),
            self.asking,
            self.actions_table,
            self.side,
            self,
        )
        for name, function in self.workspace.commands().items():
            self.actions_table.wire(name, function)
        for name, switch in self.workspace.switches().items():
            self.actions_table.wire_switch(name, switch)
        QHBoxLayout(self).addWidget(self.workspace)
        self.canvas = self.workspace.canvas
        self.hint = self.workspace.hint

    def action(self, name: str) -> QAction:
        return self.actions_table[name]

    def drag(self, *places: tuple[int, int]) -> None:
        points = [self.at(*place) for place in places]
        QTest.mousePress(self.canvas, Qt.MouseButton.LeftButton, pos=points[0].toPoint())
        for point in points[1:]:
            event = QMouseEvent(
                QEvent.Type.MouseMove,
                point,
                self.canvas.mapToGlobal(point),
                Qt.MouseButton.NoButton,
                Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            )
            QApplication.sendEvent(self.canvas, event)
        QTest.mouseRelease(self.canvas, Qt.MouseButton.LeftButton, pos=points[-1].toPoint())

    def at(self, row: int, column: int) -> QPointF:
        return QPointF(*self.canvas.view.to_screen((column + 0.5) * 4, (row + 0.5) * 4))

    def controls(self, kind: type[QWidget]) -> list[QWidget]:
        return [control for control in self.workspace.findChildren(kind) if control.isVisible()]


@pytest.fixture
def studio(qtbot, qapp):
    apply_theme(qapp)
    studio = Studio()
    qtbot.addWidget(studio)
    studio.resize(1100, 700)
    studio.show()
    yield studio
    studio.worker.stop()


def finish(qtbot, studio: Studio) -> None:
    qtbot.waitUntil(lambda: not studio.loop.is_busy, timeout=5000)


def test_a_stroke_becomes_the_pixels_the_decoder_gives(qtbot, studio):
    studio.loop.set_decoder(TinyDecoder())
    finish(qtbot, studio)
    before = studio.picture.pixels()
    assert np.array_equal(before, decode_full(TinyDecoder(), [studio.state.codes]))
    studio.drag((8, 3), (8, 7))
    finish(qtbot, studio)
    after = studio.picture.pixels()
    assert np.array_equal(after, decode_full(TinyDecoder(), [studio.state.codes]))
    rows, columns = np.nonzero((before != after).any(axis=-1).reshape(12, 4, 16, 4).any(axis=(1, 3)))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (7, 9, 2, 8)
    studio.action("edit.undo").trigger()
    finish(qtbot, studio)
    assert np.array_equal(studio.picture.pixels(), before)


def test_hovering_shows_the_code_decoded_in_place(qtbot, studio):
    studio.loop.set_decoder(TinyDecoder())
    finish(qtbot, studio)
    with qtbot.waitSignal(studio.loop.previewed, timeout=5000):
        QTest.mouseMove(studio.canvas, studio.at(8, 3).toPoint())
    assert studio.state.painting.history.steps == ()


def test_every_command_is_in_the_table_and_every_tool_has_one(studio):
    names = {row.name for row in ACTIONS}
    assert set(studio.workspace.commands()) <= names
    assert set(studio.workspace.switches()) <= names
    assert {f"tool.{tool}" for tool in TOOLS} <= set(studio.workspace.commands())


def test_tools_follow_keys_and_the_strip_follows_the_state(qtbot, studio):
    QTest.keyClick(studio.canvas, Qt.Key.Key_E)
    assert studio.brush.tool == "erase"
    assert studio.action("tool.erase").isChecked()
    studio.brush.tool = "fill"
    assert studio.action("tool.fill").isChecked()
    assert not studio.action("tool.erase").isChecked()


def test_brackets_change_the_size_and_x_swaps(studio):
    QTest.keyClick(studio.canvas, Qt.Key.Key_BracketRight)
    assert studio.brush.size == 2
    QTest.keyClick(studio.canvas, Qt.Key.Key_BracketLeft)
    assert studio.brush.size == 1
    QTest.keyClick(studio.canvas, Qt.Key.Key_X)
    assert (studio.brush.primary, studio.brush.secondary) == (0, 9)


def test_the_size_is_bound_both_ways(studio):
    (slider,), (number,) = studio.controls(QSlider), studio.controls(QSpinBox)
    studio.brush.size = 7
    assert (slider.value(), number.value()) == (7, 7)
    number.setValue(12)
    assert studio.brush.size == slider.value() == 12
    label = next(label for label in studio.controls(QLabel) if label.text() == "Size")
    QTest.mouseDClick(label, Qt.MouseButton.LeftButton)
    assert studio.brush.size == 1


def test_the_shape_is_bound_both_ways(studio):
    buttons = {button.accessibleName(): button for button in studio.controls(QToolButton)}
    buttons["Square brush"].click()
    assert studio.brush.shape == "square"
    studio.brush.shape = "round"
    assert buttons["Round brush"].isChecked()


def test_options_show_what_the_tool_knows(studio):
    shown = dict.fromkeys(TOOLS)
    for tool in TOOLS:
        studio.brush.tool = tool
        shown[tool] = bool(studio.controls(QSlider))
    assert [tool for tool in TOOLS if shown[tool]] == ["brush", "erase", "line"]
    studio.brush.tool, studio.brush.filled = "ellipse", False
    assert studio.controls(QSlider)


def test_every_icon_button_has_a_tool_tip_and_a_name(studio):
    for button in studio.controls(QToolButton):
        assert button.toolTip(), button.accessibleName()
        assert button.accessibleName()


def test_copy_and_paste_put_the_move_tool_in_the_hand(studio):
    studio.action("select.all").trigger()
    studio.action("edit.copy").trigger()
    studio.action("edit.paste").trigger()
    assert studio.brush.tool == "move"
    assert studio.hint.text() == FLOATING_HINT
    studio.state.settle()


def test_pasting_nothing_keeps_the_tool(studio):
    studio.action("edit.paste").trigger()
    assert studio.brush.tool == "brush"


def test_filling_counts_the_code_as_used(studio):
    studio.action("edit.fill").trigger()
    assert (studio.state.codes == 9).all()
    assert studio.brush.recent == (9,)


def test_switches_follow_their_actions(studio):
    studio.action("view.grid").trigger()
    assert studio.canvas.shows_grid
    studio.action("view.grid").trigger()
    assert not studio.canvas.shows_grid


def test_the_hint_fades_after_the_first_stroke(qtbot, studio):
    assert studio.hint.isVisible()
    assert studio.hint.text() == FIRST_HINT
    studio.drag((8, 3))
    qtbot.waitUntil(lambda: not studio.hint.isVisible(), timeout=3000)


def test_the_hint_stays_at_the_foot_of_the_canvas_and_lets_the_mouse_through(studio):
    for width in (1100, 900):
        studio.resize(width, 700)
        place = studio.hint.geometry()
        assert studio.canvas.rect().contains(place)
        assert abs(place.center().x() - studio.canvas.rect().center().x()) <= 1
    assert studio.hint.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


def test_nobody_is_told_to_paint_what_cannot_be_changed(qtbot, studio):
    assert studio.hint.text() == FIRST_HINT
    studio.state.set_read_only(True)
    qtbot.waitUntil(lambda: not studio.hint.isVisible(), timeout=3000)


def test_a_hint_nobody_sees_yet_goes_at_once(qtbot, qapp):
    apply_theme(qapp)
    studio = Studio()
    qtbot.addWidget(studio)
    studio.state.set_read_only(True)
    studio.show()
    assert not studio.hint.isVisible()
    studio.state.set_read_only(False)
    assert studio.hint.isVisible()
    assert studio.hint.text() == FIRST_HINT
    studio.worker.stop()


def test_a_refused_stroke_says_why(studio):
    studio.state.set_read_only(True)
    studio.drag((8, 3))
    assert studio.hint.text() == READ_ONLY_HINT


def test_panels_lie_on_the_right(studio):
    assert studio.side.isVisible()
    assert studio.side.x() > studio.canvas.mapTo(studio.workspace, studio.canvas.rect().topRight()).x()
