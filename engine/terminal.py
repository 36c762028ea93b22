"""A command as a person at a terminal meets it: a line of progress, values in words, Ctrl+C that waits."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

MOST_ITEMS = 12
"""Longer lists are cut short where a person reads them; JSON has all."""


@contextlib.contextmanager
def progress_line(quiet: bool = False) -> Iterator[Callable[[str, float], None]]:
    """Tell it what is being done and the share done: a line with ETA, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda _what, _part: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}", markup=False),  # file names may hold brackets
        BarColumn(),
        TextColumn("{task.percentage:>5.1f} %"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=1.0)

        def tell(what: str, part: float) -> None:
            if part < bar.tasks[0].completed:
                bar.reset(task)  # something else has begun: its time counts from now
            bar.update(task, description=what, completed=part)

        yield tell


@contextlib.contextmanager
def stop_asked() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl+C or a polite kill has asked to stop; asked twice, it is a `KeyboardInterrupt`."""
    asked: list[int] = []

    def ask(number: int, _frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def is_spoken_for() -> bool:
    """Whether this is one of several processes that `torchrun` started, and not the one that speaks."""
    return os.environ.get("RANK", "0") != "0" and "WORLD_SIZE" in os.environ


def lines(values: dict[str, Any], indent: str = "") -> Iterator[str]:
    """Named values, one a line, those within others indented; what is empty is left out."""
    for key, value in values.items():
        if value is None or value in ([], {}):
            continue
        if isinstance(value, dict):
            yield f"{indent}{key}:"
            yield from lines(value, indent + "  ")
            continue
        rows = value if isinstance(value, list) and isinstance(value[0], dict) else [value]
        for row in rows:
            yield f"{indent}{key}: {words(row)}"


def words(value: Any) -> str:
    """A value as a person reads it."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {words(item)}" for key, item in value.items() if item is not None)
    if isinstance(value, list | tuple):
        more = f" and {len(value) - MOST_ITEMS} more" if len(value) > MOST_ITEMS else ""
        return ", ".join(words(item) for item in value[:MOST_ITEMS]) + more
    return str(value)
