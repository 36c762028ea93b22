"""One program trains a run at a time.

The lock is the system's own, so it ends with its holder however that ends: a kill leaves no stale lock
behind, as a file with a process number in it would.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import CannotWrite, RunFault
from engine.files import reason_of

LOCK = ".lock"
_PATIENCE_S = 0.3
"""How long a lock that is taken is asked for again: `is_held` takes it for a moment."""

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other programs from training in `folder`; raises `RunFault` where one does, or `CannotWrite`."""
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
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
        return not _is_free(handle)
    finally:
        os.close(handle)


def _take_or_say_why(handle: int, folder: Path) -> None:
    latest = time.monotonic() + _PATIENCE_S
    while not _is_free(handle):
        if time.monotonic() > latest:
            raise RunFault(
                folder, "is being trained by another program: stop that one first or choose another folder"
            )
        time.sleep(_PATIENCE_S / 20)


def _is_free(handle: int) -> bool:
    """Take the lock if it is free; True too where no locks are known, as on some network folders."""
    try:
        _take(handle)
    except OSError as error:
        # There the user has to take care.
        return error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
    return True
