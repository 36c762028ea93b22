"""How long trainings are expected to take here: asked for once, measured off the window's threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal

from engine.errors import CodebrushError
from gui.workers.job import Ticket, Worker
from gui.workers.train_form import Subject

Measure = Callable[[Subject, Ticket], Mapping[str, float]]


class ExpectedTimes(QObject):
    """Seconds by preset, of everything that was ever asked for; one thing is measured at a time."""

    changed = Signal()

    def __init__(self, measure: Measure, worker: Worker, parent: QObject | None = None) -> None:
        """`worker` is nobody else's: measuring takes long."""
        super().__init__(parent)
        self._measure, self._worker = measure, worker
        self._known: dict[Subject, Mapping[str, float]] = {}
        self._asked: Subject | None = None
        self._ticket: Ticket | None = None

    def of(self, subject: Subject | None) -> Mapping[str, float]:
        """Empty until they are known, and where they cannot be."""
        return self._known.get(subject, {}) if subject is not None else {}

    def is_waiting_for(self, subject: Subject | None) -> bool:
        """Whether they are being measured."""
        return self._ticket is not None and subject == self._asked

    def ask(self, subject: Subject) -> None:
        """Measure these, and no longer what was asked for before."""
        if self.is_waiting_for(subject):
            return
        self.give_up()
        if subject in self._known:
            return
        self._asked = subject
        self._ticket = self._worker.run(
            lambda ticket: self._measure(subject, ticket),
            on_done=lambda times: self._learn(subject, times),
            on_error=self._stumble,
        )

    def give_up(self) -> None:
        """Measure nothing."""
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None

    def _learn(self, subject: Subject, times: Mapping[str, float]) -> None:
        self._known[subject] = times
        self._ticket = None
        self.changed.emit()

    def _stumble(self, _error: CodebrushError) -> None:
        """A training can be started without: no time is said then."""
        self._ticket = None
        self.changed.emit()
