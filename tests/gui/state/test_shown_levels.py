"""Which levels the canvas shows: its decoder, what may be hidden, and when all are shown again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from engine.codes.document import Painting
from engine.decoding.windowed import decode_full
from gui.canvas.picture import PictureStore
from gui.state.painting import PaintingState
from gui.state.shown_levels import ShownLevels
from gui.workers.decode import DecodeLoop
from gui.workers.job import Worker
from tests.fakes import TinyDecoder, TinyTwoLevelDecoder
from tests.gui.tiny import card_of

MODEL = TinyTwoLevelDecoder()


def blank() -> Painting:
    return Painting.blank(3, 4, [0, 0], card_of(MODEL))


@pytest.fixture
def shown() -> ShownLevels:
    made = ShownLevels(PaintingState(blank()))
    made.set_decoder(MODEL)
    return made


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker("model")
    yield made
    made.stop(5)


def test_the_decoder_is_the_one_given_while_all_are_shown(shown: ShownLevels) -> None:
    assert shown.is_able
    assert shown.decoder is MODEL
    shown.show(1, False)
    assert isinstance(shown.decoder, TinyTwoLevelDecoder)
    assert shown.decoder._without == {1}
    shown.show(1, True)
    assert shown.decoder is MODEL


def test_one_level_is_always_shown(shown: ShownLevels) -> None:
    shown.show(0, False)
    assert not shown.may_hide(1)
    shown.show(1, False)
    assert shown.hidden == {0}


@pytest.mark.parametrize("decoder", [None, TinyDecoder()])
def test_a_decoder_that_needs_all_levels_shows_all(shown: ShownLevels, decoder: TinyDecoder | None) -> None:
    shown.show(1, False)
    shown.set_decoder(decoder)
    assert not shown.hidden
    assert not shown.is_able
    assert not shown.may_hide(0)
    assert shown.decoder is decoder


def test_what_is_hidden_stays_so_with_the_next_snapshot_of_a_model(shown: ShownLevels) -> None:
    shown.show(0, False)
    shown.set_decoder(TinyTwoLevelDecoder())
    assert shown.hidden == {0}


def colourful() -> Painting:
    random = np.random.default_rng(5)
    codes = [random.integers(0, 12, (3, 4)), random.integers(0, 16, (6, 8))]
    return Painting.of_codes(codes, card_of(MODEL), "colourful")


def test_all_are_shown_and_decoded_before_the_picture_is_used(qtbot: QtBot, worker: Worker) -> None:
    state = PaintingState(colourful())
    shown, decoding, picture = ShownLevels(state), DecodeLoop(state, worker), PictureStore(state)
    decoding.decoded.connect(lambda decoded: picture.show_decoded(decoded.box, decoded.pixels))
    shown.changed.connect(lambda: decoding.set_decoder(shown.decoder))
    used: list[NDArray[np.uint8]] = []
    whole = decode_full(MODEL, state.painting.grid.levels)

    def use() -> None:
        used.append(picture.pixels())

    shown.set_decoder(MODEL)
    shown.when_all(decoding, use)
    assert not used  # all are shown, but not decoded yet
    qtbot.waitUntil(lambda: len(used) == 1)
    shown.when_all(decoding, use)
    assert len(used) == 2  # at once
    shown.show(0, False)
    qtbot.waitUntil(lambda: not decoding.is_busy)
    assert not np.array_equal(picture.pixels(), whole)
    shown.when_all(decoding, use)
    shown.when_all(decoding, use)
    assert not shown.hidden
    assert len(used) == 2
    qtbot.waitUntil(lambda: len(used) == 4)
    assert all(np.array_equal(pixels, whole) for pixels in used)
    shown.show(0, False)
    qtbot.waitUntil(lambda: not decoding.is_busy)
    assert len(used) == 4  # once only


def test_what_waits_for_one_painting_is_not_done_with_another(qtbot: QtBot, worker: Worker) -> None:
    state = PaintingState(colourful())
    shown, decoding = ShownLevels(state), DecodeLoop(state, worker)
    shown.changed.connect(lambda: decoding.set_decoder(shown.decoder))
    shown.set_decoder(MODEL)
    done: list[bool] = []
    shown.when_all(decoding, lambda: done.append(True))
    state.set_painting(blank())
    qtbot.waitUntil(lambda: not decoding.is_busy)
    assert not done


def test_nothing_is_said_where_nothing_changed(qtbot: QtBot, shown: ShownLevels) -> None:
    shown.show(1, False)
    with qtbot.assertNotEmitted(shown.changed):
        shown.set_decoder(MODEL)
        shown.show(1, False)
        shown.show(0, False)  # the last one
    assert not shown.may_hide(0)
    assert not shown.may_hide(1)  # it is
