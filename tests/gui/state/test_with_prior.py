"""Those who ask a prior, together: one decoder for all, and dreams that do not drop variations."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np

from engine.codes.box import Box
from engine.codes.selection import Selection
from engine.priors.requests import Drawn, DreamRequest
from gui.state.with_prior import WithPrior
from gui.workers.job import Worker
from tests.fakes import TinyDecoder, TinyPrior
from tests.gui.painted import small_painting, small_state


class Slow(TinyPrior):
    def __init__(self, may: threading.Event) -> None:
        super().__init__()
        self._may = may

    def dream(self, request: DreamRequest) -> Iterator[Drawn]:
        assert self._may.wait(10)
        yield from super().dream(request)


def test_a_stroke_that_still_dreams_does_not_drop_the_variations(qtbot) -> None:
    state, worker, may = small_state(), Worker("model"), threading.Event()
    asking = WithPrior(state, worker)
    decoder = TinyDecoder()
    decoder.prior = Slow(may)
    asking.set_decoder(decoder)
    box = Box(8, 2, 9, 4)
    with state.stroke("Brush"):
        state.paint(box, np.ones((1, 2), np.bool_), 9)
        asking.dreaming.follow(box, np.ones((1, 2), np.bool_), 9, 0.5)
    mask = np.zeros(state.shape, np.bool_)
    mask[2:4, 2:4] = True
    state.set_selection(Selection.of(mask))
    asking.resampling.start()
    assert not asking.dreaming.is_busy
    may.set()
    qtbot.waitUntil(lambda: asking.resampling.is_open and not asking.resampling.is_busy)
    assert asking.resampling.variations
    assert state.codes[8, 2:4].tolist() == [9, 9]
    assert worker.stop(5)


def test_whoever_lacks_a_prior_or_fails_is_heard(qtbot) -> None:
    state, worker = small_state(), Worker("model")
    asking = WithPrior(state, worker)
    asking.set_decoder(TinyDecoder())
    with qtbot.waitSignal(asking.lacking):
        asking.dreaming.ask()
    with qtbot.waitSignal(asking.lacking):
        asking.surprise.show(True)
    assert worker.stop(5)


def test_what_waits_for_whole_strokes_is_done_once_they_are(qtbot) -> None:
    state, worker, may = small_state(), Worker("model"), threading.Event()
    asking = WithPrior(state, worker)
    decoder = TinyDecoder()
    decoder.prior = Slow(may)
    asking.set_decoder(decoder)
    done: list[int] = []
    asking.when_whole(lambda: done.append(int(state.codes[8, 2])))
    assert done == [1]  # at once
    box = Box(8, 2, 9, 3)

    def stroke() -> None:
        with state.stroke("Brush"):
            state.paint(box, np.ones((1, 1), np.bool_), 9)
            asking.dreaming.follow(box, np.ones((1, 1), np.bool_), 9, 0.5)

    stroke()
    asking.when_whole(lambda: done.append(int(state.codes[8, 2])))
    assert done == [1]
    may.set()
    qtbot.waitUntil(lambda: len(done) == 2)
    assert done == [1, 10]
    may.clear()
    state.undo()
    stroke()
    asking.when_whole(lambda: done.append(0))
    state.set_painting(small_painting())  # another painting is not what was meant
    may.set()
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert done == [1, 10]
    assert worker.stop(5)
