"""Following a run from outside: reads only what its trainer appended since the last look. No torch here."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.training.events import Event

Series = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Steps and values, each `(n,)`, steps rising."""
Curves = Mapping[str, Series]
"""By the name of the term; arrays are never changed, only replaced."""
Request = Literal["pause", "stop"]
T = TypeVar("T")

_AT_ONCE = 2**18
"""Bytes read before other threads get a turn: a long run's figures are read in several bites."""


@dataclass(frozen=True, slots=True)
class Update:
    """What is new since the last look; `curves` is everything so far, None where nothing was added."""

    events: tuple[Event, ...] = ()
    curves: Curves | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CodeLife:
    """How alive the codes of a level are: `use` `(K,)` shares of the tokens, `restarted_at` `(K,)` steps.

    -1 for codes that never restarted.
    """

    use: NDArray[np.float32]
    restarted_at: NDArray[np.int64]


class _Control(msgspec.Struct):
    """`control.json`."""

    command: Literal["pause", "stop", "resume"]


class Follower:
    """Looks at a run folder again and again; costs two calls of the system where nothing was appended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._events = _Tail(folder / "events.jsonl", msgspec.json.Decoder(Event))
        self._metrics = _Tail(folder / "metrics.jsonl", msgspec.json.Decoder(dict[str, float | None]))
        self._table = CurveTable()

    def poll(self) -> Update:
        """What was appended since the last call; everything with the first."""
        if self._metrics.was_replaced():
            self._table = CurveTable()
        added = [self._table.add(rows) for rows in self._metrics.read()]
        self._events.was_replaced()
        events = tuple(event for some in self._events.read() for event in some)
        return Update(events, self._table.curves() if any(added) else None)


class CurveTable:
    """Columns by name that grow at the end; of a repeated step the last record is kept."""

    def __init__(self) -> None:
        self._columns: dict[str, _Column] = {}

    def add(self, rows: Iterable[Mapping[str, float | None]]) -> bool:
        """Take rows that have a `step`; whether there were any."""
        gathered: dict[str, tuple[list[float], list[float]]] = {}
        for row in rows:
            step = row.get("step")
            if step is None:
                continue
            for name, value in row.items():
                if name != "step" and value is not None:
                    steps, values = gathered.setdefault(name, ([], []))
                    steps.append(step)
                    values.append(value)
        for name, (steps, values) in gathered.items():
            self._columns.setdefault(name, _Column()).extend(np.array(steps), np.array(values))
        return bool(gathered)

    def curves(self) -> Curves:
        return {name: column.series() for name, column in self._columns.items()}


class _Column:
    """One growing series. What was handed out stays as it was: only what lies beyond it is written."""

    def __init__(self) -> None:
        self._count = 0
        self._steps = self._values = np.empty(0)

    def extend(self, steps: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        rises = bool((np.diff(steps) > 0).all()) and (
            self._count == 0 or steps[0] > self._steps[self._count - 1]
        )
        if not rises:
            steps, values = _last_of_each(
                np.concatenate([self._steps[: self._count], steps]),
                np.concatenate([self._values[: self._count], values]),
            )
            self._count = 0
            self._steps = self._values = np.empty(0)
        self._append(steps, values)

    def series(self) -> Series:
        return self._steps[: self._count], self._values[: self._count]

    def _append(self, steps: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        end = self._count + len(steps)
        if end > len(self._steps):
            self._steps = _longer(self._steps, self._count, 2 * end)
            self._values = _longer(self._values, self._count, 2 * end)
        self._steps[self._count : end] = steps
        self._values[self._count : end] = values
        self._count = end


def _longer(array: NDArray[np.float64], count: int, room: int) -> NDArray[np.float64]:
    longer = np.empty(room)
    longer[:count] = array[:count]
    return longer


def _last_of_each(steps: NDArray[np.float64], values: NDArray[np.float64]) -> Series:
    """Rising steps, each with the value that came last."""
    kept, places = np.unique(steps[::-1], return_index=True)
    return kept, values[::-1][places]


class _Tail(Generic[T]):
    """The whole lines appended to a file since the last look; those that say nothing known are left out."""

    def __init__(self, path: Path, decoder: msgspec.json.Decoder[T]) -> None:
        self._path, self._decoder = path, decoder
        self._read_to = 0

    def was_replaced(self) -> bool:
        """Whether the file is shorter than what was read of it: it is then read from its start again."""
        replaced = self._size() < self._read_to
        if replaced:
            self._read_to = 0
        return replaced

    def read(self) -> Iterator[list[T]]:
        """The new lines, decoded, bite by bite; none where the file is not there."""
        if self._size() <= self._read_to:
            return
        with contextlib.suppress(OSError), self._path.open("rb") as file:
            file.seek(self._read_to)
            torn = b""
            while part := file.read(_AT_ONCE):
                whole, newline, torn = (torn + part).rpartition(b"\n")
                self._read_to += len(whole) + len(newline)
                yield list(self._decoded(whole))

    def _decoded(self, lines: bytes) -> Iterator[T]:
        for line in lines.splitlines():
            with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
                yield self._decoder.decode(line)

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0


class LifeReader:
    """Reads `codes.npz` where it has been replaced since the last look."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "codes.npz"
        self._seen: tuple[int, int] | None = None

    def poll(self) -> tuple[CodeLife, ...] | None:
        """Per level, coarsest first; None where nothing is new or nothing can be read."""
        try:
            stat = self._path.stat()
            if (stat.st_mtime_ns, stat.st_size) == self._seen:
                return None
            self._seen = stat.st_mtime_ns, stat.st_size
            with np.load(io.BytesIO(self._path.read_bytes()), allow_pickle=False) as arrays:
                levels = sorted(int(name[4:]) for name in arrays if name.startswith("use_"))
                return tuple(
                    CodeLife(arrays[f"use_{n}"].astype(np.float32), arrays[f"restarted_{n}"].astype(np.int64))
                    for n in levels
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None


def requested(folder: Path) -> Request | None:
    """What `control.json` of a run asks for."""
    try:
        asked = msgspec.json.decode((folder / "control.json").read_bytes(), type=_Control)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return asked.command if asked.command != "resume" else None
