"""Suggestions for one cell: of the level being painted, in place, void when the codes change."""

from __future__ import annotations

import numpy as np
import pytest

from engine.codes.document import Painting
from engine.decoding.decoder import to_pixels
from gui.state.asked_label import AskedLabel
from gui.state.painting import PaintingState
from gui.state.suggestions import Suggesting, Suggestions
from gui.workers.job import Worker
from tests.fakes import TinyPrior, TinyTwoLevelDecoder


@pytest.fixture
def worker():
    made = Worker("test")
    yield made
    made.stop(5)


@pytest.fixture
def state() -> PaintingState:
    rng = np.random.default_rng(4)
    codes = [rng.integers(0, 12, (5, 6)), rng.integers(0, 16, (10, 12))]
    return PaintingState(Painting.of_codes(codes, TinyTwoLevelDecoder()))


@pytest.fixture
def suggesting(state: PaintingState, worker: Worker) -> Suggesting:
    made = Suggesting(state, worker, AskedLabel())
    decoder = TinyTwoLevelDecoder()
    decoder.prior = TinyPrior(12)
    made.set_decoder(decoder)
    return made


@pytest.mark.parametrize(("level", "cell"), [(0, (0, 0)), (0, (2, 3)), (1, (5, 7)), (1, (9, 11))])
def test_each_is_decoded_in_place_on_the_level_being_painted(
    qtbot, state: PaintingState, suggesting: Suggesting, level: int, cell: tuple[int, int]
) -> None:
    state.set_level(level)
    with qtbot.waitSignal(suggesting.found) as answer:
        suggesting.ask(*cell)
    found: Suggestions = answer.args[0]
    assert (found.level, found.cell, len(found.choices)) == (level, cell, 9)
    row, column = cell
    assert found.choices[0].code == (state.codes[row, column - 1] if column else 0)
    ratio = 1 + level
    top, left = max(0, row // ratio - 1) * 8, max(0, column // ratio - 1) * 8
    for choice in found.choices:
        grids = [grid.copy() for grid in state.painting.grid.levels]
        grids[level][cell] = choice.code
        whole = to_pixels(TinyTwoLevelDecoder().decode([grid[None] for grid in grids]))[0]
        height, width = choice.pixels.shape[:2]
        assert np.array_equal(choice.pixels, whole[top : top + height, left : left + width])
        assert (height, width) == (16 + 8 * (0 < row // ratio < 4), 16 + 8 * (0 < column // ratio < 5))


def test_one_is_painted_as_one_step_on_its_level(qtbot, state: PaintingState, suggesting: Suggesting) -> None:
    state.set_level(1)
    with qtbot.waitSignal(suggesting.found) as answer:
        suggesting.ask(5, 7)
    with qtbot.waitSignal(suggesting.voided):
        suggesting.pick(answer.args[0], 3)
    assert state.codes[5, 7] == answer.args[0].choices[3].code
    assert state.painting.history.steps == ("Suggestion (fine)",)


def test_an_answer_is_dropped_when_the_level_changes_meanwhile(
    qtbot, state: PaintingState, suggesting: Suggesting, worker: Worker
) -> None:
    found = []
    suggesting.found.connect(found.append)
    suggesting.ask(2, 3)
    state.set_level(1)
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert not found


def test_a_read_only_painting_gets_none(state: PaintingState, suggesting: Suggesting) -> None:
    assert suggesting.can_suggest
    state.set_read_only(True)
    assert not suggesting.can_suggest


def test_they_are_of_the_label_that_the_prior_is_asked_for(
    qtbot, state: PaintingState, worker: Worker
) -> None:
    class Labelled(TinyPrior):
        labels = ("cat", "dog")

        def likeliest(self, codes, level, cell, count, condition=None):
            return super().likeliest(codes, level, cell, 2 if condition is None else 4)

    asked, decoder = AskedLabel(), TinyTwoLevelDecoder()
    suggesting = Suggesting(state, worker, asked)
    decoder.prior = Labelled(12)
    suggesting.set_decoder(decoder)
    for label, known, count in (("", "", 2), ("dog", "dog", 4), ("mouse", "", 2)):
        asked.label = label
        with qtbot.waitSignal(suggesting.found) as answer:
            suggesting.ask(2, 3)
        assert (answer.args[0].label, len(answer.args[0].choices)) == (known, count)
    with qtbot.waitSignal(suggesting.voided):
        asked.label = "cat"
