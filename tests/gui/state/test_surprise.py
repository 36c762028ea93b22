"""Surprise kept up with a painting: what is worked out anew, what is dropped, what is selected."""

from __future__ import annotations

import numpy as np
import pytest

from engine.codes.document import Painting
from engine.decoding.decoder import Decoder
from gui.state.asked_label import AskedLabel
from gui.state.painting import PaintingState
from gui.state.surprise import SurpriseState
from gui.workers.job import Worker
from tests.fakes import TinyDecoder, TinyPrior, TinyTwoLevelDecoder
from tests.gui.painted import small_painting


class Watched(TinyPrior):
    """Counts the windows it was asked for, and can fail."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[int, ...]] = []
        self.conditions: list[np.ndarray | None] = []

    def surprise(self, codes, condition=None):
        self.asked.append(codes[0].shape)
        self.conditions.append(condition)
        return super().surprise(codes, condition)


@pytest.fixture
def worker():
    made = Worker("test")
    yield made
    made.stop(5)


def with_prior(decoder: TinyDecoder) -> tuple[Decoder, Watched]:
    prior = Watched()
    decoder.prior = prior
    return decoder, prior


def settled(qtbot, surprise: SurpriseState) -> None:
    qtbot.waitUntil(lambda: not surprise.is_busy)


def paint(state: PaintingState, row: int, column: int, code: int) -> None:
    from engine.codes.box import Box

    with state.stroke("Brush"):
        state.paint(Box(row, column, row + 1, column + 1), np.ones((1, 1), np.bool_), code)


def expected(state: PaintingState):
    return TinyPrior().surprise(state.painting.grid.levels)[state.level].bits


def test_nothing_is_asked_until_it_is_shown_and_then_all_cells_are_known(qtbot, worker) -> None:
    state = PaintingState(small_painting())
    surprise = SurpriseState(state, worker, AskedLabel())
    decoder, prior = with_prior(TinyDecoder())
    surprise.set_decoder(decoder)
    assert surprise.bits is None
    assert surprise.at(0, 0) is None
    assert not prior.asked
    surprise.show(True)
    settled(qtbot, surprise)
    assert np.array_equal(surprise.bits, expected(state))
    said = surprise.at(6, 0)
    assert (said.bits, said.rank, said.entropy) == (pytest.approx(prior.other_bits), 1, 3.5)
    surprise.show(False)
    assert surprise.bits is None
    state.select_all()
    surprise.select()  # nothing is known: what is selected stays
    assert state.selection.mask.all()


def test_strokes_undo_and_another_painting_are_followed(qtbot, worker) -> None:
    state = PaintingState(small_painting())
    surprise = SurpriseState(state, worker, AskedLabel())
    surprise.set_decoder(with_prior(TinyDecoder())[0])
    surprise.show(True)
    settled(qtbot, surprise)
    paint(state, 3, 4, 9)
    settled(qtbot, surprise)
    assert surprise.at(3, 4).rank == surprise.at(3, 5).rank == 1
    state.undo()
    settled(qtbot, surprise)
    assert np.array_equal(surprise.bits, expected(state))
    assert surprise.at(3, 4).rank == 0
    state.set_painting(small_painting(5, 7))
    settled(qtbot, surprise)
    assert surprise.bits.shape == (5, 7)


def test_a_stroke_on_a_large_canvas_asks_for_the_windows_it_reaches_when_it_ends(qtbot, worker) -> None:
    state = PaintingState(small_painting(140, 140))
    surprise = SurpriseState(state, worker, AskedLabel())
    decoder, prior = with_prior(TinyDecoder())
    surprise.set_decoder(decoder)
    surprise.show(True)
    settled(qtbot, surprise)
    whole = len(prior.asked)
    assert whole > 4
    assert all(max(shape) <= 48 for shape in prior.asked)
    paint(state, 5, 5, 9)
    settled(qtbot, surprise)
    assert len(prior.asked) == whole + 1
    assert np.array_equal(surprise.bits, expected(state))


def test_an_answer_for_codes_that_were_painted_over_is_dropped(qtbot, worker) -> None:
    state = PaintingState(small_painting())
    surprise = SurpriseState(state, worker, AskedLabel())
    surprise.set_decoder(with_prior(TinyDecoder())[0])
    surprise.show(True)
    seen = []
    surprise.changed.connect(lambda: seen.append(surprise.at(3, 4)))
    paint(state, 3, 4, 9)  # before the first answer can have come
    settled(qtbot, surprise)
    assert [said.rank for said in seen if said is not None] == [1]


def test_what_lies_above_the_threshold_is_selected_a_fine_cell_with_its_coarse_one(qtbot, worker) -> None:
    coarse, fine = np.zeros((3, 4), np.int64), np.zeros((6, 8), np.int64)
    fine[3, 7] = 5
    state = PaintingState(Painting.of_codes([coarse, fine], TinyTwoLevelDecoder()))
    surprise = SurpriseState(state, worker, AskedLabel())
    surprise.set_decoder(with_prior(TinyTwoLevelDecoder())[0])
    surprise.show(True)
    settled(qtbot, surprise)
    surprise.set_threshold(4.0)
    assert not surprise.surprising.any()
    state.set_level(1)
    assert np.argwhere(surprise.surprising).tolist() == [[3, 7]]
    surprise.select()
    assert np.argwhere(state.selection.mask).tolist() == [[1, 3]]
    surprise.set_threshold(5.0)
    assert not surprise.surprising.any()


def test_a_model_without_a_prior_says_so_and_nothing_is_shown(qtbot, worker) -> None:
    state = PaintingState(small_painting())
    surprise = SurpriseState(state, worker, AskedLabel())
    surprise.set_decoder(TinyDecoder())
    with qtbot.waitSignal(surprise.lacking), qtbot.waitSignal(surprise.shown_changed) as shown:
        surprise.show(True)
    assert shown.args == [False]
    assert not surprise.shown


def test_what_is_shown_goes_with_the_prior_and_stays_while_a_model_loads(qtbot, worker) -> None:
    surprise = SurpriseState(PaintingState(small_painting()), worker, AskedLabel())
    surprise.show(True)
    assert surprise.shown
    assert surprise.bits is None
    surprise.set_decoder(with_prior(TinyDecoder())[0])
    settled(qtbot, surprise)
    assert surprise.bits is not None
    surprise.set_decoder(TinyDecoder())
    assert not surprise.shown
    assert surprise.bits is None


def test_another_label_is_asked_for_and_what_was_on_its_way_is_dropped(qtbot, worker) -> None:
    state, asked = PaintingState(small_painting()), AskedLabel()
    surprise = SurpriseState(state, worker, asked)
    decoder, prior = with_prior(TinyDecoder())
    prior.labels = ("cat", "dog")
    surprise.set_decoder(decoder)
    asked.label = "cat"
    assert not prior.asked  # nobody looks
    surprise.show(True)
    asked.label = "dog"
    assert surprise.is_busy
    settled(qtbot, surprise)
    assert prior.conditions[-1].tolist() == [0.0, 1.0]
    assert np.array_equal(surprise.bits, expected(state))
    asked.label = ""
    settled(qtbot, surprise)
    assert prior.conditions[-1] is None
