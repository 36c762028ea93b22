"""One program trains a run at a time.

The lock is the system's own, so it ends with its holder however that ends: a kill leaves no stale lock
behind, as a file with a process number in it would.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import CannotWrite, RunFault
from engine.files import reason_of

LOCK = ".lock"

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


def _take_or_say_why(handle: int, folder: Path) -> None:
    try:
        _take(handle)
    except OSError as error:
        # Some network folders know no locks: there the user has to take care.
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            raise RunFault(
                folder, "is being trained by another program: stop that one first or choose another folder"
            ) from error
