"""One background thread with a queue: jobs in, answers on the GUI thread out, errors as values.

    worker = Worker("decode")
    ticket = worker.run(lambda ticket: slow(ticket), on_done=show, on_error=complain, key="preview")
    ticket.cancel()     # instantly: neither on_done nor on_error of it is called any more
    worker.stop()       # cancels everything and joins the thread

A job is a function of its `Ticket`, through which it reports progress and learns that it is no
longer wanted. Jobs queued with the same `key` supersede one another: only the newest is run.
"""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from engine.errors import CodebrushError

Progress = Callable[[float, str], None]
"""Takes the fraction done in [0, 1] and what is happening."""
Part = Callable[[Any], None]
"""Takes something that is ready before the whole is."""


class CancelledError(Exception):
    """Raised inside a job by `Ticket.raise_if_cancelled`; never reaches the window."""


class UnexpectedError(CodebrushError):
    """An error nobody foresaw, in plain words; `details` keeps the traceback for a report."""

    def __init__(self, error: Exception) -> None:
        super().__init__(_plain(error))
        self.details = "".join(traceback.format_exception(error))


class Ticket:
    """One job's way to be cancelled, to report progress and to hand over parts. For any thread."""

    def __init__(self, progress: Progress, part: Part = lambda _: None) -> None:
        self._cancelled = threading.Event()
        self._progress = progress
        self._part = part

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        self._cancelled.set()

    def raise_if_cancelled(self) -> None:
        """Leave the job here if it is no longer wanted."""
        if self.cancelled:
            raise CancelledError

    def report(self, fraction: float, text: str = "") -> None:
        """Say how far the job is, and leave it here if it is no longer wanted."""
        self.raise_if_cancelled()
        self._progress(fraction, text)

    def hand_over(self, part: Any) -> None:
        """Let the window have what is ready, and leave the job here if it is no longer wanted."""
        self.raise_if_cancelled()
        self._part(part)


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    function: Callable[[Ticket], Any]
    ticket: Ticket
    key: object
    on_done: Callable[[Any], None]
    on_error: Callable[[CodebrushError], None]


class _Post(QObject):
    """Carries calls to the thread it was made on; owned by no widget, so it outlives the thread."""

    _call = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._call.connect(self._receive, Qt.ConnectionType.QueuedConnection)

    def send(self, call: Callable[[], None]) -> None:
        self._call.emit(call)

    def _receive(self, call: Callable[[], None]) -> None:
        call()


class Worker:
    """Runs jobs one after another on one thread, which starts with the first job.

    Make it, `run` it and `stop` it on the GUI thread; callbacks are called there too.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._post = _Post()
        self._queue: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._running: _Job | None = None
        self._undelivered = 0
        self._stopped = False
        self._thread: threading.Thread | None = None

    @property
    def pending(self) -> int:
        """Jobs that are queued, running or whose answer has not been delivered yet."""
        return self._undelivered

    def run(
        self,
        function: Callable[[Ticket], Any],
        *,
        on_done: Callable[[Any], None],
        on_error: Callable[[CodebrushError], None],
        on_progress: Progress | None = None,
        on_part: Part | None = None,
        key: object = None,
    ) -> Ticket:
        """Queue `function`; a `key` drops the queued jobs with an equal key (the running one goes on)."""
        ticket = Ticket(
            lambda fraction, text: self._send(ticket, on_progress, fraction, text),
            lambda part: self._send(ticket, on_part, part),
        )
        if self._stopped:
            ticket.cancel()
            return ticket
        job = _Job(function, ticket, key, on_done, on_error)
        with self._changed:
            if key is not None:
                self._drop(lambda queued: queued.key == key)
            self._queue.append(job)
            self._undelivered += 1
            self._changed.notify()
        self._start()
        return ticket

    def cancel(self, key: object) -> None:
        """Cancel what is queued or running with this key."""
        with self._changed:
            self._drop(lambda queued: queued.key == key)
            if self._running is not None and self._running.key == key:
                self._running.ticket.cancel()

    def stop(self, timeout_s: float | None = None) -> bool:
        """Cancel everything and wait for the thread; False if a job would not end within the time."""
        self._stopped = True
        with self._changed:
            self._drop(lambda _: True)
            if self._running is not None:
                self._running.ticket.cancel()
            self._changed.notify()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _start(self) -> None:
        if self._thread is None:
            # A daemon: should the window die of an error, a long job must not keep the process.
            self._thread = threading.Thread(target=self._work, name=f"codebrush-{self._name}", daemon=True)
            self._thread.start()

    def _drop(self, unwanted: Callable[[_Job], bool]) -> None:
        kept: deque[_Job] = deque()
        for job in self._queue:
            if unwanted(job):
                job.ticket.cancel()
                self._undelivered -= 1
            else:
                kept.append(job)
        self._queue = kept

    def _work(self) -> None:
        while (job := self._next()) is not None:
            answer = _answer(job)
            with self._changed:
                self._running = None
            self._post.send(lambda answer=answer, job=job: self._deliver(job, answer))  # type: ignore[misc]
            del job, answer  # or the thread would keep the last job's arrays alive while it waits

    def _next(self) -> _Job | None:
        with self._changed:
            while not self._queue and not self._stopped:
                self._changed.wait()
            if self._stopped:
                return None
            self._running = self._queue.popleft()
            return self._running

    def _deliver(self, job: _Job, answer: Callable[[], None] | None) -> None:
        with self._changed:
            self._undelivered -= 1
        if answer is not None and not job.ticket.cancelled and not self._stopped:
            answer()

    def _send(self, ticket: Ticket, receive: Callable[..., None] | None, *told: Any) -> None:
        """What a job tells on its way."""
        if receive is None:
            return

        def deliver() -> None:
            if not ticket.cancelled and not self._stopped:
                receive(*told)

        self._post.send(deliver)


def _answer(job: _Job) -> Callable[[], None] | None:
    """Run the job; what to call on the GUI thread with its result or its error, None if cancelled."""
    if job.ticket.cancelled:
        return None
    try:
        result = job.function(job.ticket)
    except CancelledError:
        return None
    except CodebrushError as error:
        fault = error
    except Exception as error:
        fault = UnexpectedError(error)
    else:
        return lambda: job.on_done(result)
    return lambda: job.on_error(fault)


def _plain(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "There is not enough memory for this: close other programs or choose a smaller size"
    return f"Something went wrong that Codebrush did not expect ({type(error).__name__}: {error})"
