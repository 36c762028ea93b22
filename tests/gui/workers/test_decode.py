import threading

import numpy as np
import pytest

from engine.codes.box import Box
from engine.decoding.windowed import decode_full
from engine.errors import CodesFault
from gui.state.painting import PaintingState
from gui.workers.decode import Decoded, DecodeLoop
from gui.workers.job import Worker
from tests.fakes import TinyDecoder
from tests.gui.painted import COLUMNS, ROWS, small_painting, small_state

CELL = np.ones((1, 1), bool)


class HeldDecoder(TinyDecoder):
    """Decodes only while it is let; counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go = threading.Event()
        self.started = threading.Event()
        self.calls = 0

    def decode(self, codes):
        self.calls += 1
        self.started.set()
        assert self.may_go.wait(5)
        return super().decode(codes)


class Screen:
    """Puts decoded windows together."""

    def __init__(self, loop: DecodeLoop, rows: int = ROWS, columns: int = COLUMNS) -> None:
        self.pixels = np.zeros((4 * rows, 4 * columns, 3), np.uint8)
        self.boxes: list[Box] = []
        loop.decoded.connect(self.show)

    def show(self, decoded: Decoded) -> None:
        self.boxes.append(decoded.box)
        self.pixels[decoded.box.scaled(4).slices] = decoded.pixels


@pytest.fixture
def worker():
    worker = Worker("decode")
    yield worker
    worker.stop()


@pytest.fixture
def state() -> PaintingState:
    return small_state()


@pytest.fixture
def loop(state, worker) -> DecodeLoop:
    return DecodeLoop(state, worker, state)


def paint(state: PaintingState, row: int, column: int, code: int = 9) -> None:
    with state.stroke("Brush"):
        state.paint(Box(row, column, row + 1, column + 1), CELL, code)


def finish(qtbot, loop: DecodeLoop) -> None:
    qtbot.waitUntil(lambda: not loop.is_busy, timeout=5000)


def test_a_new_decoder_decodes_the_whole_painting(qtbot, state, loop):
    screen = Screen(loop)
    loop.set_decoder(TinyDecoder())
    finish(qtbot, loop)
    assert np.array_equal(screen.pixels, decode_full(TinyDecoder(), [state.codes]))


def test_a_stroke_decodes_what_it_can_change_and_no_more(qtbot, state, loop):
    screen = Screen(loop)
    loop.set_decoder(TinyDecoder())
    finish(qtbot, loop)
    screen.boxes.clear()
    paint(state, 8, 10)
    finish(qtbot, loop)
    assert screen.boxes == [Box(7, 9, 10, 12)]
    assert np.array_equal(screen.pixels, decode_full(TinyDecoder(), [state.codes]))


def test_undo_is_decoded_too(qtbot, state, loop):
    screen = Screen(loop)
    loop.set_decoder(TinyDecoder())
    paint(state, 8, 10)
    state.undo()
    finish(qtbot, loop)
    assert np.array_equal(screen.pixels, decode_full(TinyDecoder(), [state.codes]))


def test_strokes_made_without_a_decoder_are_decoded_when_it_comes(qtbot, state, loop):
    screen = Screen(loop)
    paint(state, 8, 10)
    assert not loop.is_busy
    loop.set_decoder(TinyDecoder())
    finish(qtbot, loop)
    assert np.array_equal(screen.pixels, decode_full(TinyDecoder(), [state.codes]))


def test_one_request_is_in_flight_and_what_was_painted_meanwhile_is_one_more(qtbot, state, loop):
    decoder = HeldDecoder()
    screen = Screen(loop)
    loop.set_decoder(decoder)
    assert decoder.started.wait(5)
    for column in range(8):
        paint(state, 8, column)
    assert decoder.calls == 1
    decoder.may_go.set()
    finish(qtbot, loop)
    assert decoder.calls == 2
    assert np.array_equal(screen.pixels, decode_full(TinyDecoder(), [state.codes]))


def test_answers_for_another_painting_are_dropped(qtbot, state, loop):
    decoder = HeldDecoder()
    screen = Screen(loop, 3, 5)
    loop.set_decoder(decoder)
    assert decoder.started.wait(5)
    state.set_painting(small_painting(3, 5))
    decoder.may_go.set()
    finish(qtbot, loop)
    assert screen.boxes == [Box(0, 0, 3, 5)]


def test_answers_of_another_model_are_dropped(qtbot, loop):
    old, new = HeldDecoder(), TinyDecoder()
    screen = Screen(loop)
    loop.set_decoder(old)
    assert old.started.wait(5)
    loop.set_decoder(new)
    old.may_go.set()
    finish(qtbot, loop)
    assert screen.boxes == [Box(0, 0, ROWS, COLUMNS)]


def test_a_decoder_of_another_model_is_not_used(state, loop):
    stranger = TinyDecoder()
    stranger.model_id = "1" * 64
    loop.set_decoder(stranger)
    paint(state, 8, 10)
    assert not loop.is_busy


def test_a_preview_shows_what_would_be_and_changes_nothing(qtbot, state, loop):
    loop.set_decoder(TinyDecoder())
    finish(qtbot, loop)
    before = state.codes.copy()
    with qtbot.waitSignal(loop.previewed, timeout=5000) as previewed:
        loop.preview((Box(-1, 3, 1, 4), np.ones((2, 1), bool), 9))
    (decoded,) = previewed.args
    assert np.array_equal(state.codes, before)
    painted = before.copy()
    painted[0, 3] = 9
    assert decoded.box == Box(0, 2, 2, 5)
    expected = decode_full(TinyDecoder(), [painted])[decoded.box.scaled(4).slices]
    assert np.array_equal(decoded.pixels, expected)


def test_of_many_previews_the_newest_wins(qtbot, loop):
    decoder = HeldDecoder()
    loop.set_decoder(decoder)
    shown = []
    loop.previewed.connect(lambda decoded: shown.append(decoded.box))
    for column in range(2, 10):
        loop.preview((Box(5, column, 6, column + 1), CELL, 9))
    decoder.may_go.set()
    finish(qtbot, loop)
    qtbot.waitUntil(lambda: shown != [], timeout=5000)
    qtbot.wait(20)
    assert shown == [Box(4, 8, 7, 11)]


def test_a_preview_of_codes_that_have_changed_meanwhile_is_dropped(qtbot, state, loop):
    decoder = HeldDecoder()
    decoder.may_go.set()
    loop.set_decoder(decoder)
    finish(qtbot, loop)
    shown = []
    loop.previewed.connect(shown.append)
    decoder.may_go.clear()
    loop.preview((Box(5, 5, 6, 6), CELL, 9))
    paint(state, 5, 7)
    decoder.may_go.set()
    finish(qtbot, loop)
    qtbot.wait(20)
    assert shown == []


def test_a_fault_is_told_once_and_stops_until_the_model_changes(qtbot, state, loop):
    class Faulty(TinyDecoder):
        def decode(self, codes):
            raise CodesFault("no")

    with qtbot.waitSignal(loop.failed, timeout=5000) as failed:
        loop.set_decoder(Faulty())
    assert str(failed.args[0]) == "no"
    paint(state, 8, 10)
    assert not loop.is_busy
    loop.set_decoder(TinyDecoder())
    finish(qtbot, loop)


def test_busy_is_announced_when_it_changes(qtbot, state, loop):
    heard = []
    loop.busy_changed.connect(heard.append)
    loop.set_decoder(TinyDecoder())
    finish(qtbot, loop)
    paint(state, 8, 10)
    finish(qtbot, loop)
    assert heard == [True, False, True, False]


def test_windows_in_view_come_first(qtbot, worker):
    state = small_state(200, 200)
    loop = DecodeLoop(state, worker, state)
    screen = Screen(loop, 200, 200)
    seen = Box(120, 120, 140, 140)
    loop.set_visible(seen)
    loop.set_decoder(TinyDecoder())
    finish(qtbot, loop)
    in_view = [not box.intersection(seen).is_empty for box in screen.boxes]
    assert in_view[0]
    assert in_view == sorted(in_view, reverse=True)
    assert np.array_equal(screen.pixels, decode_full(TinyDecoder(), [state.codes]))
