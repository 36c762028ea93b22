"""Resampling: what is asked for, what is shown meanwhile, what is painted, and when all of it is dropped."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.codes.box import Box
from engine.codes.document import Painting
from engine.codes.selection import Selection
from engine.decoding.decoder import to_pixels
from engine.errors import CodesFault
from engine.priors.drawing import Drawing
from engine.priors.requests import Drawn, ResampleRequest, Variation
from gui.state import resampling as module
from gui.state.asked_label import AskedLabel
from gui.state.painting import PaintingState
from gui.state.resampling import Resampling
from gui.workers.job import Worker
from tests.fakes import TinyPrior, TinyTwoLevelDecoder


class Slow(TinyPrior):
    """Waits before each cell until the test lets it go on; keeps what it was asked for."""

    labels = ("cat", "dog")

    def __init__(self, codes: int) -> None:
        super().__init__(codes)
        self.asked: list[ResampleRequest] = []
        self.drawn = 0
        self.gate = threading.Semaphore(10**6)
        self.fault: Exception | None = None

    def resample(self, request: ResampleRequest) -> Iterator[Drawn | Variation]:
        self.asked.append(request)
        for event in super().resample(request):
            self.gate.acquire(timeout=5)
            if self.fault is not None:
                raise self.fault
            self.drawn += isinstance(event, Drawn)
            yield event


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker("test")
    yield made
    assert made.stop(5)


@pytest.fixture
def state() -> PaintingState:
    rng = np.random.default_rng(4)
    codes = [rng.integers(0, 12, (7, 8)), rng.integers(0, 16, (14, 16))]
    made = PaintingState(Painting.of_codes(codes, TinyTwoLevelDecoder()))
    mask = np.zeros((7, 8), np.bool_)
    mask[2, 3] = mask[3, 3:5] = True
    made.set_selection(Selection(mask))
    return made


@pytest.fixture
def prior() -> Slow:
    return Slow(12)


@pytest.fixture
def resampling(state: PaintingState, worker: Worker, prior: Slow) -> Resampling:
    made = Resampling(state, worker, AskedLabel())
    decoder = TinyTwoLevelDecoder()
    decoder.prior = prior
    made.set_decoder(decoder)
    return made


def finish(qtbot: QtBot, resampling: Resampling) -> None:
    qtbot.waitUntil(lambda: resampling.is_open and not resampling.is_busy)


def whole_picture(state: PaintingState, level: int, box: Box, codes: np.ndarray) -> np.ndarray:
    grids = [grid.copy() for grid in state.painting.grid.levels]
    grids[level][box.slices] = codes
    return to_pixels(TinyTwoLevelDecoder().decode([grid[None] for grid in grids]))[0]


@pytest.mark.parametrize("level", [0, 1])
def test_only_the_selected_cells_of_the_level_being_painted_are_asked_for(
    qtbot: QtBot, state: PaintingState, resampling: Resampling, prior: Slow, level: int
) -> None:
    state.set_level(level)
    resampling.start()
    finish(qtbot, resampling)
    (request,) = prior.asked
    mask = state.selection.mask
    assert np.array_equal(request.masks[0], mask if level == 0 else np.zeros_like(mask))
    fine = mask.repeat(2, axis=0).repeat(2, axis=1)
    assert np.array_equal(request.masks[1], fine if level == 1 else np.zeros_like(fine))
    assert all(map(np.array_equal, request.codes, state.painting.grid.levels))


def test_the_request_says_what_the_options_say(qtbot: QtBot, resampling: Resampling, prior: Slow) -> None:
    options = resampling.options
    options.count, options.temperature, options.top_p, options.seed = 3, 0.7, 0.9, 11
    options.label, options.guidance = "dog", 2.5
    resampling.start()
    finish(qtbot, resampling)
    (request,) = prior.asked
    assert (request.variations, request.seed) == (3, 11)
    assert request.drawing == Drawing(temperature=0.7, top_p=0.9, guidance=2.5)
    assert request.condition is not None
    assert request.condition.tolist() == [0.0, 1.0]
    options.label = "mouse"  # of another model: this one knows nothing of it
    qtbot.waitUntil(lambda: len(prior.asked) == 2)
    assert prior.asked[1].condition is None
    assert prior.asked[1].drawing.guidance == 1  # there is nothing to be guided towards


@pytest.mark.parametrize("level", [0, 1])
def test_variations_come_sorted_and_pictured_in_place(
    qtbot: QtBot, state: PaintingState, resampling: Resampling, level: int
) -> None:
    state.set_level(level)
    before = [grid.copy() for grid in state.painting.grid.levels]
    resampling.start()
    finish(qtbot, resampling)
    bits = [variation.bits for variation in resampling.variations]
    assert bits == sorted(bits)
    assert sorted(variation.number for variation in resampling.variations) == [0, 1, 2, 3]
    for variation in resampling.variations:
        (part,) = variation.parts
        assert part.level == level
        expected = whole_picture(state, level, part.box, part.codes)
        rows, columns = variation.picture.box.scaled(8).slices
        assert np.array_equal(variation.picture.pixels, expected[rows, columns])
    assert all(map(np.array_equal, before, state.painting.grid.levels))


def test_the_first_is_shown_in_shade_while_it_is_drawn_and_stays_when_others_are_likelier(
    qtbot: QtBot, state: PaintingState, resampling: Resampling, prior: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.workers.resample.DRAFT_S", 0.0)
    monkeypatch.setattr("gui.workers.resample.DRAFTS_SHARE", 0)
    prior.gate = threading.Semaphore(2)
    resampling.start()
    qtbot.waitUntil(lambda: resampling.shown is not None and prior.drawn == 2)
    draft = resampling.shown
    assert draft is not None
    assert draft.unfinished is not None
    assert np.array_equal(draft.unfinished, state.selection.mask[draft.box.slices])
    assert resampling.chosen is None
    prior.gate.release(100)
    finish(qtbot, resampling)
    assert resampling.chosen is not None
    assert resampling.chosen.number == 0
    assert resampling.shown is resampling.chosen.picture
    assert resampling.shown.unfinished is None


@pytest.mark.parametrize("level", [0, 1])
def test_taking_one_is_one_step_and_touches_nothing_else(
    qtbot: QtBot, state: PaintingState, resampling: Resampling, level: int
) -> None:
    state.set_level(level)
    before = [grid.copy() for grid in state.painting.grid.levels]
    resampling.start()
    finish(qtbot, resampling)
    resampling.choose(2)
    chosen = resampling.chosen
    assert chosen is not None
    with qtbot.waitSignal(resampling.taken) as taken:
        resampling.take()
    assert taken.args == [chosen.picture]
    assert not resampling.is_open
    assert state.painting.history.steps == (("Resample (coarse)", "Resample (fine)")[level],)
    mask = state.selection.mask if level == 0 else state.selection.mask.repeat(2, axis=0).repeat(2, axis=1)
    assert np.array_equal(state.codes[~mask], before[level][~mask])
    (part,) = chosen.parts
    assert np.array_equal(state.codes[part.box.slices][part.mask], part.codes[part.mask])
    assert np.array_equal(state.painting.grid.levels[1 - level], before[1 - level])
    state.undo()
    assert all(map(np.array_equal, before, state.painting.grid.levels))


def test_what_is_pointed_at_is_shown_and_taken_before_the_chosen_one(
    qtbot: QtBot, state: PaintingState, resampling: Resampling
) -> None:
    resampling.start()
    finish(qtbot, resampling)
    resampling.choose(0)
    resampling.point_at(3)
    pointed = resampling.variations[3]
    assert resampling.shown is pointed.picture
    resampling.point_at(None)
    assert resampling.shown is resampling.variations[0].picture
    resampling.step(-1)
    assert resampling.chosen is resampling.variations[0]
    resampling.step(9)
    assert resampling.chosen is resampling.variations[3]
    resampling.choose(0)
    resampling.point_at(3)
    resampling.take()
    (part,) = pointed.parts
    assert np.array_equal(state.codes[part.box.slices][part.mask], part.codes[part.mask])


def test_an_equal_request_is_no_work_and_another_option_draws_anew_once_it_rests(
    qtbot: QtBot, resampling: Resampling, prior: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    resampling.start()
    finish(qtbot, resampling)
    resampling.start()
    assert not resampling.is_busy
    for temperature in (0.9, 0.8, 0.7):
        resampling.options.temperature = temperature
    qtbot.waitUntil(lambda: len(prior.asked) == 2)
    finish(qtbot, resampling)
    assert prior.asked[1].drawing.temperature == 0.7
    resampling.again()
    finish(qtbot, resampling)
    assert [request.seed for request in prior.asked] == [0, 0, 1]
    qtbot.wait(module.PAUSE_MS + 50)
    assert len(prior.asked) == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.edit(
            "Fill", lambda grid: [grid.paint(0, Box(0, 0, 1, 1), np.ones((1, 1), bool), 3)]
        ),
        lambda state: state.select_all(),
        lambda state: state.set_level(1),
        lambda state: state.set_read_only(True),
        lambda state: state.set_painting(Painting.blank(3, 4, [0, 0], TinyTwoLevelDecoder())),
    ],
)
def test_a_change_drops_what_there_is_and_stops_drawing(
    qtbot: QtBot, state: PaintingState, resampling: Resampling, prior: Slow, worker: Worker, change
) -> None:
    state.painting.grid.paint(0, Box(0, 0, 1, 1), np.ones((1, 1), np.bool_), 5)
    prior.gate = threading.Semaphore(4)
    resampling.start()
    qtbot.waitUntil(lambda: len(resampling.variations) == 1 or prior.drawn == 3)
    change(state)
    assert not resampling.is_open
    assert (resampling.variations, resampling.shown) == ((), None)
    prior.gate.release(1)
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert prior.drawn <= 5  # it left off at the next cell
    assert resampling.variations == ()


def test_one_that_is_like_another_is_shown_once(
    qtbot: QtBot, resampling: Resampling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(np.random, "default_rng", lambda _: np.random.Generator(np.random.PCG64(1)))
    resampling.start()
    finish(qtbot, resampling)
    assert len(resampling.variations) == 1
    assert (resampling.drawn, resampling.count) == (4, 4)


def test_a_fault_is_told_and_nothing_stays(qtbot: QtBot, resampling: Resampling, prior: Slow) -> None:
    prior.fault = CodesFault("no such code")
    with qtbot.waitSignal(resampling.failed) as failed:
        resampling.start()
    assert str(failed.args[0]) == "no such code"
    assert not resampling.is_open


def test_it_says_what_is_missing(qtbot: QtBot, state: PaintingState, resampling: Resampling) -> None:
    state.select_none()
    with qtbot.waitSignal(resampling.nothing_selected):
        resampling.start()
    resampling.set_decoder(TinyTwoLevelDecoder())
    with qtbot.waitSignal(resampling.lacking):
        resampling.start()
    resampling.set_decoder(None)
    with qtbot.waitSignal(resampling.refused) as refused:
        resampling.start()
    assert refused.args == [module.STILL_LOADING]
    state.set_read_only(True)
    with qtbot.waitSignal(resampling.refused) as refused:
        resampling.start()
    assert refused.args == [module.READ_ONLY]
    state.set_read_only(False)
    state.set_locked(0, True)
    with qtbot.waitSignal(resampling.refused) as refused:
        resampling.start()
    assert refused.args == ["The coarse level is locked: Shift+L unlocks it"]
    assert not resampling.is_open
