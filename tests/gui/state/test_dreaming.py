"""The brush that dreams: what is drawn, when it comes too late, and what it leaves alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from engine.codes.box import Box
from engine.errors import PriorFault
from engine.priors.requests import Drawn, DreamRequest
from gui.canvas.tools.brush import DreamBrushTool
from gui.canvas.tools.tool import Drag, Pointer
from gui.state.asked_label import AskedLabel
from gui.state.brush import BrushState
from gui.state.dreaming import MOST_CELLS, Dreaming
from gui.state.painting import PaintingState
from gui.workers.job import Worker
from tests.fakes import TinyDecoder, TinyPrior
from tests.gui.painted import small_painting, small_state

CODE, DREAMT = 9, 10


class Waiting(TinyPrior):
    """Draws once it may; keeps what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.may = threading.Event()
        self.asked: list[DreamRequest] = []

    def dream(self, request: DreamRequest) -> Iterator[Drawn]:
        self.asked.append(request)
        assert self.may.wait(10)
        yield from super().dream(request)


class Desk:
    """A painting, a brush with code 9, a prior that would rather have code 10."""

    def __init__(self, worker: Worker) -> None:
        self.state = small_state()
        self.brush = BrushState(self.state)
        self.brush.set_code_count(16)
        self.brush.primary = CODE
        self.prior = Waiting()
        self.decoder = TinyDecoder()
        self.decoder.prior = self.prior
        self.asked = AskedLabel(self.state)
        self.dreaming = Dreaming(self.state, worker, self.asked, self.state)
        self.dreaming.set_decoder(self.decoder)
        self.tool = DreamBrushTool(self.state, self.brush, self.dreaming)

    def drag(self, *places: tuple[int, int], pressure: float = 1.0) -> None:
        first, *others = (Pointer(column + 0.5, row + 0.5, pressure=pressure) for row, column in places)
        drag = Drag(self.tool, first)
        for pointer in others:
            drag.move(pointer)
        drag.release()

    def where(self, code: int) -> list[list[int]]:
        return np.argwhere(self.state.codes == code).tolist()

    @property
    def steps(self) -> tuple[str, ...]:
        return self.state.painting.history.steps


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker("dream")
    yield made
    made.stop(5)


@pytest.fixture
def desk(worker: Worker) -> Iterator[Desk]:
    made = Desk(worker)
    yield made
    made.prior.may.set()


def test_a_stroke_shows_at_once_and_is_drawn_after_it_in_the_same_step(qtbot, desk: Desk) -> None:
    before = desk.state.codes.copy()
    desk.drag((8, 2), (8, 5))
    assert desk.where(CODE) == [[8, 2], [8, 3], [8, 4], [8, 5]]
    assert desk.steps == ("Brush",)
    desk.prior.may.set()
    qtbot.waitUntil(lambda: not desk.dreaming.is_busy)
    assert desk.where(DREAMT) == [[8, 2], [8, 3], [8, 4], [8, 5]]
    assert desk.steps == ("Brush",)
    desk.state.undo()
    assert np.array_equal(desk.state.codes, before)


def test_each_cell_is_drawn_once_however_often_the_stroke_crosses_it(qtbot, desk: Desk) -> None:
    desk.prior.may.set()
    desk.brush.size = 3
    desk.drag((8, 5), (8, 6), (8, 5), (8, 6))
    qtbot.waitUntil(lambda: not desk.dreaming.is_busy)
    drawn = sum(int(request.mask.sum()) for request in desk.prior.asked)
    assert drawn == len(desk.where(DREAMT)) > 0
    assert desk.where(CODE) == []


def test_a_large_stamp_is_drawn_in_parts_that_see_one_another(qtbot, desk: Desk) -> None:
    desk.prior.may.set()
    desk.brush.size, desk.brush.shape = 6, "square"
    desk.drag((8, 8))
    qtbot.waitUntil(lambda: not desk.dreaming.is_busy)
    assert [int(request.mask.sum()) for request in desk.prior.asked] == [MOST_CELLS, MOST_CELLS, 4]
    assert len(desk.where(DREAMT)) == 36


def test_what_others_paint_meanwhile_stays(qtbot, desk: Desk) -> None:
    desk.drag((8, 2), (8, 5))
    with desk.state.stroke("Other"):
        desk.state.paint(Box(8, 3, 9, 4), np.ones((1, 1), np.bool_), 12)
    desk.prior.may.set()
    qtbot.waitUntil(lambda: not desk.dreaming.is_busy)
    assert desk.where(12) == [[8, 3]]
    assert desk.where(DREAMT) == [[8, 2], [8, 4], [8, 5]]
    desk.state.undo()
    assert desk.where(CODE) == [[8, 3]]
    desk.state.undo()
    assert desk.where(CODE) == desk.where(DREAMT) == []


def test_one_stroke_after_another_is_drawn_each_in_its_own_step(qtbot, desk: Desk) -> None:
    desk.drag((8, 2))
    desk.drag((9, 4))
    desk.prior.may.set()
    qtbot.waitUntil(lambda: not desk.dreaming.is_busy)
    assert desk.where(DREAMT) == [[8, 2], [9, 4]]
    desk.state.undo()
    assert desk.where(DREAMT) == [[8, 2]]
    desk.state.undo()
    assert desk.where(DREAMT) == []


def test_what_was_undone_is_not_drawn(qtbot, desk: Desk, worker: Worker) -> None:
    before = desk.state.codes.copy()
    desk.drag((8, 2), (8, 5))
    desk.state.undo()
    desk.prior.may.set()
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert np.array_equal(desk.state.codes, before)
    assert not desk.dreaming.is_busy
    assert desk.state.painting.history.can_redo


def test_escape_takes_the_stroke_back_with_what_was_drawn(qtbot, desk: Desk, worker: Worker) -> None:
    before = desk.state.codes.copy()
    desk.prior.may.set()
    drag = Drag(desk.tool, Pointer(2.5, 8.5))
    qtbot.waitUntil(lambda: desk.where(DREAMT) == [[8, 2]])
    drag.move(Pointer(4.5, 8.5))
    drag.cancel()
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert np.array_equal(desk.state.codes, before)
    assert desk.steps == ()


def test_undoing_one_stroke_leaves_the_one_before_it_dreaming(qtbot, desk: Desk) -> None:
    desk.drag((8, 2))
    desk.drag((9, 4))
    desk.state.undo()
    desk.prior.may.set()
    qtbot.waitUntil(lambda: not desk.dreaming.is_busy)
    assert desk.where(DREAMT) == [[8, 2]]
    desk.state.undo()
    assert desk.where(DREAMT) == []


def test_another_painting_meanwhile_ends_it(qtbot, desk: Desk, worker: Worker) -> None:
    desk.drag((8, 2), (8, 5))
    desk.state.set_painting(small_painting(4, 4))
    desk.prior.may.set()
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert desk.where(DREAMT) == []
    assert not desk.dreaming.is_busy


def test_the_selection_limits_what_is_drawn(qtbot, desk: Desk) -> None:
    from engine.codes.selection import Selection

    mask = np.zeros(desk.state.shape, np.bool_)
    mask[8, 3:5] = True
    desk.state.set_selection(Selection.of(mask))
    desk.prior.may.set()
    desk.drag((8, 1), (8, 7))
    qtbot.waitUntil(lambda: not desk.dreaming.is_busy)
    assert desk.where(DREAMT) == [[8, 3], [8, 4]]


def test_the_slider_and_the_pen_say_how_far(qtbot, desk: Desk) -> None:
    desk.prior.may.set()
    desk.brush.dream = 0.8
    desk.drag((8, 2), pressure=0.5)
    desk.brush.pressure_dream = True
    desk.drag((8, 4), pressure=0.5)
    desk.drag((8, 6), pressure=0.0)
    qtbot.waitUntil(lambda: not desk.dreaming.is_busy)
    assert [request.amount for request in desk.prior.asked] == [0.8, 0.4]
    assert desk.where(CODE) == [[8, 6]]


def test_without_a_prior_or_without_dreaming_codes_are_painted_as_they_are(desk: Desk) -> None:
    desk.brush.dream = 0.0
    desk.drag((8, 2))
    desk.brush.dream = 0.5
    desk.dreaming.set_decoder(TinyDecoder())
    desk.drag((8, 4))
    assert desk.where(CODE) == [[8, 2], [8, 4]]
    assert desk.prior.asked == []


def test_painting_over_what_one_painted_draws_it_anew(qtbot, desk: Desk) -> None:
    desk.prior.may.set()
    for _ in range(2):
        desk.drag((8, 2))
        qtbot.waitUntil(lambda: not desk.dreaming.is_busy)
    first, second = desk.prior.asked
    assert first.number != second.number
    assert desk.steps == ("Brush",)  # the second ended with the codes it began with


def test_a_fault_is_told_and_leaves_the_codes_as_painted(qtbot, desk: Desk) -> None:
    def refuse(_request: DreamRequest) -> Iterator[Drawn]:
        raise PriorFault("no")

    desk.prior.dream = refuse  # type: ignore[method-assign]
    with qtbot.waitSignal(desk.dreaming.failed) as told:
        desk.drag((8, 2), (8, 4))
    assert str(told.args[0]) == "no"
    assert desk.where(CODE) == [[8, 2], [8, 3], [8, 4]]
    assert not desk.dreaming.is_busy


def test_a_model_without_a_prior_says_so_when_asked(qtbot, desk: Desk) -> None:
    assert desk.dreaming.ask()
    desk.dreaming.set_decoder(TinyDecoder())
    with qtbot.waitSignal(desk.dreaming.lacking):
        assert not desk.dreaming.ask()


def test_switching_goes_back_to_the_amount_there_was(desk: Desk) -> None:
    desk.brush.dream = 0.7
    desk.brush.switch_dream()
    assert desk.brush.dream == 0.0
    desk.brush.switch_dream()
    assert desk.brush.dream == 0.7


def test_the_prior_is_told_the_label_that_was_asked_for(qtbot, desk: Desk) -> None:
    desk.prior.labels = ("food", "flag")
    desk.prior.may.set()
    desk.asked.label = "flag"
    desk.drag((8, 2))
    desk.asked.label = ""
    desk.drag((8, 4))
    qtbot.waitUntil(lambda: not desk.dreaming.is_busy)
    first, second = desk.prior.asked
    assert first.condition is not None
    assert first.condition.tolist() == [0.0, 1.0]
    assert second.condition is None


def test_a_painting_that_cannot_be_changed_is_not_dreamt_on(desk: Desk) -> None:
    state: PaintingState = desk.state
    state.set_read_only(True)
    assert not desk.dreaming.is_able
