"""Finer codes beneath a coarse stroke: drawn anew in its own step, or left alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.codes.box import Box
from engine.codes.document import Painting
from engine.codes.selection import Selection
from engine.errors import PriorFault
from engine.priors.requests import Drawn, ResampleRequest, Variation
from gui.state.beneath import MOST_CELLS
from gui.state.open_stroke import Beneath
from gui.state.painting import PaintingState
from gui.state.with_prior import WithPrior
from gui.workers.job import Worker
from tests.fakes import TinyDecoder, TinyPrior, TinyTwoLevelDecoder


class Waiting(TinyPrior):
    """Draws once it may; keeps what it was asked for."""

    def __init__(self) -> None:
        super().__init__(12)
        self.may = threading.Event()
        self.asked: list[ResampleRequest] = []

    def resample(self, request: ResampleRequest) -> Iterator[Drawn | Variation]:
        self.asked.append(request)
        assert self.may.wait(10)
        yield from super().resample(request)


class Desk:
    """5 x 6 coarse cells, each of four fine ones."""

    def __init__(self, worker: Worker) -> None:
        rng = np.random.default_rng(4)
        codes = [rng.integers(0, 12, (5, 6)), rng.integers(12, 16, (10, 12))]  # the prior draws none of these
        self.state = PaintingState(Painting.of_codes(codes, TinyTwoLevelDecoder()))
        self.prior = Waiting()
        decoder = TinyTwoLevelDecoder()
        decoder.prior = self.prior
        self.asking = WithPrior(self.state, worker)
        self.asking.set_decoder(decoder)
        self.beneath = self.asking.beneath

    def levels(self) -> list[np.ndarray]:
        return [level.copy() for level in self.state.painting.grid.levels]

    def paint(self, row: int, column: int, code: int, level: int = 0, beneath: Beneath = "follows") -> None:
        self.state.set_level(level)
        box = Box(row, column, row + 1, column + 2)
        with self.state.stroke("Stroke", beneath):
            self.state.paint(box, np.ones((1, 2), np.bool_), code)


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker("model")
    yield made
    made.stop(5)


@pytest.fixture
def desk(worker: Worker) -> Iterator[Desk]:
    made = Desk(worker)
    yield made
    made.prior.may.set()


def test_a_locked_level_is_pinned(qtbot: QtBot, desk: Desk) -> None:
    desk.prior.may.set()
    desk.state.set_locked(1, True)
    fine = desk.levels()[1]
    assert not any(mask.any() for mask in desk.beneath.masks(np.ones((5, 6), np.bool_), 0)[1:])
    desk.paint(1, 1, other(desk, 1, 1))
    qtbot.waitUntil(lambda: not desk.beneath.is_busy)
    desk.paint(1, 1, other(desk, 1, 1), beneath="starts")
    assert np.array_equal(desk.levels()[1], fine)
    assert not desk.prior.asked


def other(desk: Desk, row: int, column: int) -> int:
    """A coarse code that neither this cell nor the next one has."""
    there = desk.state.painting.grid.levels[0][row, column : column + 2]
    return next(code for code in range(12) if code not in there)


def test_what_lies_beneath_follows_in_the_same_step(qtbot, desk: Desk) -> None:
    before = desk.levels()
    desk.paint(1, 2, other(desk, 1, 2))
    assert np.array_equal(desk.levels()[1], before[1])  # it shows at once, the fine codes as they were
    desk.prior.may.set()
    qtbot.waitUntil(lambda: not desk.beneath.is_busy)
    changed = np.argwhere(desk.levels()[1] != before[1]).tolist()
    assert changed == [[row, column] for row in (2, 3) for column in range(4, 8)]
    (request,) = desk.prior.asked
    assert [int(mask.sum()) for mask in request.masks] == [0, 8]
    assert desk.state.painting.history.steps == ("Stroke (coarse)",)
    after = desk.levels()
    desk.state.undo()
    assert all(map(np.array_equal, desk.levels(), before))
    desk.state.redo()
    assert all(map(np.array_equal, desk.levels(), after))
    assert not desk.beneath.is_busy  # going through the history draws nothing


def test_pinned_they_stay(qtbot, desk: Desk, worker: Worker) -> None:
    before = desk.levels()
    desk.beneath.follow = False
    desk.paint(1, 2, other(desk, 1, 2))
    assert not desk.beneath.is_busy
    assert np.array_equal(desk.levels()[1], before[1])
    assert worker.pending == 0


def test_a_stroke_on_the_finest_level_moves_nothing_else(desk: Desk) -> None:
    desk.paint(1, 2, 3, level=1)
    assert not desk.beneath.is_busy


def test_what_is_painted_on_finer_cells_meanwhile_stays(qtbot, desk: Desk) -> None:
    before = desk.levels()
    desk.paint(1, 2, other(desk, 1, 2))
    desk.paint(2, 4, 11, level=1)
    desk.prior.may.set()
    qtbot.waitUntil(lambda: not desk.beneath.is_busy)
    fine = desk.levels()[1]
    assert fine[2, 4:6].tolist() == [11, 11]
    assert (fine[3, 4:8] < 12).all()
    desk.state.undo()
    assert desk.levels()[1][2, 4:6].tolist() == before[1][2, 4:6].tolist()
    desk.state.undo()
    assert all(map(np.array_equal, desk.levels(), before))


def test_what_is_erased_goes_back_to_its_start_on_all_levels(qtbot, desk: Desk) -> None:
    desk.prior.may.set()
    before = desk.levels()
    desk.paint(1, 2, other(desk, 1, 2))
    qtbot.waitUntil(lambda: not desk.beneath.is_busy)
    start = desk.state.painting.start[0][1, 2:4]
    box, mask = Box(1, 2, 2, 4), np.ones((1, 2), np.bool_)
    with desk.state.stroke("Erase", "starts"):
        desk.state.paint(box, mask, start[None])
    assert all(map(np.array_equal, desk.levels(), before))
    assert not desk.beneath.is_busy
    desk.state.undo()
    assert not np.array_equal(desk.levels()[1], before[1])


def test_what_is_set_down_whole_is_not_followed(desk: Desk) -> None:
    desk.paint(1, 2, other(desk, 1, 2), beneath="stays")
    assert not desk.beneath.is_busy


def test_many_cells_are_drawn_in_parts(qtbot, desk: Desk) -> None:
    before = desk.levels()
    desk.prior.may.set()
    code = next(code for code in range(12) if not (before[0][:3] == code).any())
    with desk.state.stroke("Fill", "follows"):
        desk.state.paint(Box(0, 0, 3, 6), np.ones((3, 6), np.bool_), code)
    qtbot.waitUntil(lambda: not desk.beneath.is_busy)
    assert [int(request.masks[1].sum()) for request in desk.prior.asked] == [4 * MOST_CELLS, 4 * 6]
    assert (desk.levels()[1][:6] < 12).all()
    assert np.array_equal(desk.levels()[1][6:], before[1][6:])
    desk.state.undo()
    assert all(map(np.array_equal, desk.levels(), before))


def test_strokes_follow_one_after_another_each_in_its_step(qtbot, desk: Desk) -> None:
    before = desk.levels()
    desk.paint(1, 2, other(desk, 1, 2))
    desk.paint(3, 0, other(desk, 3, 0))
    middle = desk.levels()
    desk.prior.may.set()
    qtbot.waitUntil(lambda: not desk.beneath.is_busy)
    assert (desk.levels()[1][6:8, 0:4] < 12).all()
    desk.state.undo()
    assert (desk.levels()[1][2:4, 4:8] < 12).all()
    assert np.array_equal(desk.levels()[1][6:8], before[1][6:8])
    desk.state.undo()
    assert all(map(np.array_equal, desk.levels(), before))
    assert not np.array_equal(middle[0], before[0])


def test_what_was_undone_does_not_come_back(qtbot, desk: Desk, worker: Worker) -> None:
    before = desk.levels()
    desk.paint(1, 2, other(desk, 1, 2))
    desk.state.undo()
    desk.prior.may.set()
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert all(map(np.array_equal, desk.levels(), before))
    assert desk.state.painting.history.can_redo


def test_a_stroke_that_dreams_is_followed_once_it_rests(qtbot, desk: Desk) -> None:
    desk.prior.may.set()
    box, mask = Box(1, 2, 2, 3), np.ones((1, 1), np.bool_)
    code = other(desk, 1, 2)
    with desk.state.stroke("Brush", "follows"):
        desk.state.paint(box, mask, code)
        desk.asking.dreaming.follow(box, mask, code, 0.5)
    qtbot.waitUntil(lambda: not desk.asking.dreaming.is_busy and not desk.beneath.is_busy)
    assert desk.state.painting.grid.levels[0][1, 2] == (code + 1) % 12
    (request,) = desk.prior.asked
    assert request.codes[0][1, 1] == (code + 1) % 12  # of a window from column 1 on
    assert desk.state.painting.history.steps == ("Brush (coarse)",)


def test_variations_of_a_coarse_selection_carry_the_finer_codes_along(qtbot, desk: Desk) -> None:
    desk.prior.may.set()
    mask = np.zeros((5, 6), np.bool_)
    mask[1:3, 1:4] = True
    desk.state.set_selection(Selection.of(mask))
    before = desk.levels()
    for follow, levels in ((True, [0, 1]), (False, [0])):
        desk.beneath.follow = follow
        desk.asking.resampling.start()
        qtbot.waitUntil(lambda: not desk.asking.resampling.is_busy)
        assert [part.level for part in desk.asking.resampling.variations[0].parts] == levels
        desk.asking.resampling.take()
        changed = [bool((now != was).any()) for now, was in zip(desk.levels(), before, strict=True)]
        assert changed == [True, follow]
        assert not desk.beneath.is_busy  # they are as the prior drew them
        desk.state.undo()
        assert all(map(np.array_equal, desk.levels(), before))


def test_without_a_prior_or_a_finer_level_nothing_can_follow(qtbot, desk: Desk, worker: Worker) -> None:
    with qtbot.waitSignal(desk.beneath.ability_changed) as told:
        desk.asking.set_decoder(TinyTwoLevelDecoder())
    assert told.args == [False]
    desk.paint(1, 2, other(desk, 1, 2))
    assert worker.pending == 0
    flat = TinyDecoder()
    flat.prior = TinyPrior()
    state = PaintingState(Painting.of_codes([np.zeros((4, 4), np.int64)], flat))
    asking = WithPrior(state, worker)
    asking.set_decoder(flat)
    assert not asking.beneath.is_able


def test_a_fault_is_told_and_leaves_the_fine_codes(qtbot, desk: Desk) -> None:
    def refuse(_request: ResampleRequest) -> Iterator[Drawn | Variation]:
        raise PriorFault("no")

    desk.prior.resample = refuse  # type: ignore[method-assign]
    before = desk.levels()
    with qtbot.waitSignal(desk.asking.failed):
        desk.paint(1, 2, other(desk, 1, 2))
    assert np.array_equal(desk.levels()[1], before[1])
    assert not desk.beneath.is_busy
