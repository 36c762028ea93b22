"""One program trains a run at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import CannotWrite, RunFault
from engine.files import reason_of
from engine.locks import open_lock, taken

LOCK = ".lock"
_PATIENCE_S = 0.3
"""How long a lock that is taken is asked for again: `is_held` takes it for a moment."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other programs from training in `folder`; raises `RunFault` where one does, or `CannotWrite`."""
    try:
        handle = open_lock(folder / LOCK)
    except OSError as error:
        raise CannotWrite(folder, f"cannot be written ({reason_of(error)})") from error
    try:
        _take_or_say_why(handle, folder)
        yield
    finally:
        os.close(handle)  # lets go of the lock too


def is_held(folder: Path) -> bool:
    """Whether somebody trains in `folder`. Changes nothing there; False where nothing can be known."""
    try:
        handle = os.open(folder / LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        return not taken(handle)
    finally:
        os.close(handle)


def _take_or_say_why(handle: int, folder: Path) -> None:
    latest = time.monotonic() + _PATIENCE_S
    while not taken(handle):
        if time.monotonic() > latest:
            raise RunFault(
                folder, "is being trained by another program: stop that one first or choose another folder"
            )
        time.sleep(_PATIENCE_S / 20)
