"""Worker: answers come on the GUI thread, errors as values, the newest request wins, nothing outlives it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from engine.errors import CodesFault
from gui.workers.job import CancelledError, Ticket, UnexpectedError, Worker


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker("test")
    yield made
    assert made.stop(5)


class Answers:
    """Collects what a job answers, and on which thread."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.errors: list[Exception] = []
        self.progress: list[tuple[float, str]] = []
        self.threads: set[threading.Thread] = set()

    def run(self, worker: Worker, job: Callable[[Ticket], Any], key: object = None) -> Ticket:
        return worker.run(job, on_done=self._done, on_error=self._error, on_progress=self._progress, key=key)

    def _done(self, result: object) -> None:
        self.done.append(result)
        self.threads.add(threading.current_thread())

    def _error(self, error: Exception) -> None:
        self.errors.append(error)

    def _progress(self, fraction: float, text: str) -> None:
        self.progress.append((fraction, text))


def test_answers_on_the_gui_thread(qtbot: QtBot, worker: Worker) -> None:
    answers = Answers()
    answers.run(worker, lambda _: threading.current_thread().name)
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert answers.done == ["codebrush-test"]
    assert answers.threads == {threading.main_thread()}


def test_jobs_run_in_order(qtbot: QtBot, worker: Worker) -> None:
    answers = Answers()
    for number in range(20):
        answers.run(worker, lambda _, number=number: number)
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert answers.done == list(range(20))


def test_a_known_error_passes_through(qtbot: QtBot, worker: Worker) -> None:
    answers = Answers()

    def job(_: Ticket) -> None:
        raise CodesFault("code 700 is not 0 to 511")

    answers.run(worker, job)
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert [str(error) for error in answers.errors] == ["code 700 is not 0 to 511"]
    assert answers.done == []


def test_an_unknown_error_is_told_plainly_and_keeps_its_traceback(qtbot: QtBot, worker: Worker) -> None:
    answers = Answers()
    answers.run(worker, lambda _: {}["gone"])
    qtbot.waitUntil(lambda: worker.pending == 0)
    (error,) = answers.errors
    assert isinstance(error, UnexpectedError)
    assert "did not expect (KeyError: 'gone')" in str(error)
    assert "Traceback" not in str(error)
    assert "Traceback" in error.details


def test_the_thread_goes_on_after_an_error(qtbot: QtBot, worker: Worker) -> None:
    answers = Answers()
    answers.run(worker, lambda _: 1 // 0)
    answers.run(worker, lambda _: "still here")
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert answers.done == ["still here"]


def test_memory_error_says_what_to_do() -> None:
    assert "not enough memory" in str(UnexpectedError(MemoryError()))


def test_only_the_newest_of_a_key_is_run(qtbot: QtBot, worker: Worker) -> None:
    answers, go, ran = Answers(), threading.Event(), []

    def job(number: int) -> int:
        ran.append(number)
        return number

    answers.run(worker, lambda _: go.wait(5))
    tickets = [answers.run(worker, lambda _, number=number: job(number), key="zoom") for number in range(5)]
    answers.run(worker, lambda _: "other", key="other")
    go.set()
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert ran == [4]
    assert answers.done == [True, 4, "other"]
    assert [ticket.cancelled for ticket in tickets] == [True, True, True, True, False]


def test_cancel_is_instant_even_if_the_job_ends_well(qtbot: QtBot, worker: Worker) -> None:
    answers, started, go = Answers(), threading.Event(), threading.Event()

    def job(_: Ticket) -> str:
        started.set()
        go.wait(5)
        return "too late"

    ticket = answers.run(worker, job)
    assert started.wait(5)
    ticket.cancel()
    go.set()
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert answers.done == []
    assert answers.errors == []


def test_cancel_by_key_reaches_the_running_job(qtbot: QtBot, worker: Worker) -> None:
    answers, started = Answers(), threading.Event()

    def job(ticket: Ticket) -> None:
        started.set()
        while True:
            ticket.raise_if_cancelled()

    answers.run(worker, job, key="endless")
    assert started.wait(5)
    worker.cancel("endless")
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert answers.errors == []


def test_progress_arrives_in_order_before_the_result(qtbot: QtBot, worker: Worker) -> None:
    answers = Answers()

    def job(ticket: Ticket) -> str:
        ticket.report(0.25, "loading")
        ticket.report(0.5, "checking")
        return "done"

    answers.run(worker, job)
    qtbot.waitUntil(lambda: bool(answers.done))
    assert answers.progress == [(0.25, "loading"), (0.5, "checking")]


def test_reporting_leaves_a_cancelled_job() -> None:
    ticket = Ticket(lambda *_: None)
    ticket.cancel()
    with pytest.raises(CancelledError):
        ticket.report(0.5)


def test_stop_cancels_joins_and_refuses(qtbot: QtBot) -> None:
    worker, answers, started = Worker("stopped"), Answers(), threading.Event()

    def job(ticket: Ticket) -> None:
        started.set()
        while True:
            ticket.raise_if_cancelled()

    answers.run(worker, job)
    queued = answers.run(worker, lambda _: "never")
    assert started.wait(5)
    assert worker.stop(5)
    late = answers.run(worker, lambda _: "never")
    qtbot.wait(10)
    assert queued.cancelled
    assert late.cancelled
    assert answers.done == []
    assert not any(thread.name == "codebrush-stopped" for thread in threading.enumerate())


@pytest.mark.usefixtures("qapp")
def test_stop_says_when_a_job_will_not_end() -> None:
    worker, answers, go = Worker("stubborn"), Answers(), threading.Event()
    answers.run(worker, lambda _: go.wait(5))
    assert not worker.stop(0.01)
    go.set()
    assert worker.stop(5)


def test_a_result_is_let_go_after_delivery(qtbot: QtBot, worker: Worker) -> None:
    import gc
    import weakref

    class Big:
        pass

    seen: list[weakref.ref[Big]] = []

    def job(_: Ticket) -> Big:
        big = Big()
        seen.append(weakref.ref(big))
        return big

    worker.run(job, on_done=lambda _: None, on_error=lambda _: None)
    qtbot.waitUntil(lambda: worker.pending == 0)
    gc.collect()
    assert seen[0]() is None
