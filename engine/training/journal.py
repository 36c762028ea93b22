"""What a run writes as it goes: a line per step and events, none of which may hold training up.

Figures stay on the device until somebody wants to read them: reading one makes the processor wait for the
device, and a small model would spend most of its time so.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.errors import CannotWrite
from engine.training.events import Event
from engine.training.run import Run


@dataclass(frozen=True, slots=True)
class _Row:
    """The figures of a step, those of the device in one tensor."""

    step: int
    known: dict[str, float]
    names: tuple[str, ...]
    values: Tensor  # (len(names),)


class Journal:
    """Collects figures and writes them; a disk that refuses is told of, not raised."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._rows: list[_Row] = []
        self._refused: set[str] = set()
        self._news: str | None = None
        self.newest: dict[str, float] = {}

    @property
    def has_rows(self) -> bool:
        """Whether steps were noted since the last flush."""
        return bool(self._rows)

    def add(self, step: int, figures: Mapping[str, Tensor | float]) -> None:
        """Note the figures of a step."""
        afar = {n: v for n, v in figures.items() if isinstance(v, Tensor) and v.device.type != "cpu"}
        known = {name: float(value) for name, value in figures.items() if name not in afar}
        values = torch.stack([t.detach().float() for t in afar.values()]) if afar else torch.empty(0)
        self._rows.append(_Row(step, known, tuple(afar), values))

    def flush(self) -> int | None:
        """Read and write what was noted; the first step whose loss is not finite, if there is one."""
        rows, self._rows = self._rows, []
        if not rows:
            return None
        values = iter(torch.cat([row.values for row in rows]).tolist())
        lines: list[tuple[int, dict[str, float]]] = []
        for row in rows:
            figures = {**{name: next(values) for name in row.names}, **row.known}
            if not math.isfinite(figures["loss"]):
                self._write("metrics", lambda: self._run.add_metrics(lines))
                return row.step
            lines.append((row.step, figures))
        self.newest = lines[-1][1]
        self._write("metrics", lambda: self._run.add_metrics(lines))
        return None

    def add_measured(self, step: int, figures: Mapping[str, float]) -> None:
        """A validation's figures, with what the step said: readers keep the last record of a step."""
        self._write("metrics", lambda: self._run.add_metrics([(step, {**self.newest, **figures})]))

    def add_event(self, event: Event) -> None:
        """Append to `events.jsonl`."""
        self._write("events", lambda: self._run.add_event(event))

    def news(self) -> str | None:
        """Why the disk refuses, once: until it has taken something again, nothing more is said of it."""
        news, self._news = self._news, None
        return news

    def _write(self, what: str, write: Callable[[], None]) -> None:
        try:
            write()
            self._refused.discard(what)
        except CannotWrite as error:
            if what not in self._refused:
                self._news = str(error)
            self._refused.add(what)


class Every:
    """Whether some seconds have passed since the last time they had."""

    def __init__(self, seconds: float, first_s: float | None = None) -> None:
        self._seconds = seconds
        self._next = time.monotonic() + (seconds if first_s is None else first_s)

    def due(self) -> bool:
        """True once per period; the next one counts from now."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True
