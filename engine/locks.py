"""A lock that is the system's own, so it ends with its holder however that ends.

A kill leaves no stale lock behind, as a file with a process number in it would.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def open_lock(path: Path) -> int:
    """A handle of the lock file, made if it is not there; closing it ends the lock. Raises `OSError`."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)


def taken(handle: int) -> bool:
    """Take the lock if it is free; True too where no locks are known, as on some network folders."""
    try:
        _take(handle)
    except OSError as error:
        # There the user has to take care.
        return error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
    return True
