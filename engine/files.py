"""Writing files so that a reader never sees half of one: temporary name, fsync, `os.replace`."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from engine.errors import CannotWrite

# What the user's umask takes from new files (mkstemp makes 0600 ones). It can only be read by setting it,
# for the whole process: once, before there are threads.
_UMASK = os.umask(0o077)
os.umask(_UMASK)


def write_atomic(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place; keep the old one on failure.

    Raises `CannotWrite` naming `path` where the system refuses (disk full, no permission, no folder).
    """
    try:
        # Through a link to what it points at: replacing the link would leave that file as it was.
        target = path.resolve()
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_UMASK
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise CannotWrite(path, f"cannot be written ({reason_of(error)})") from error
    except RuntimeError as error:  # how Python before 3.13 says it
        raise CannotWrite(path, "cannot be written (a link that leads to itself)") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise CannotWrite(path, f"cannot be written ({reason_of(error)})") from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """`write_atomic` for content that is already there."""
    write_atomic(path, lambda file: file.write(content))


def make_folder(path: Path) -> None:
    """Create `path` and its parents; raises `CannotWrite` where that is refused."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(path, f"cannot be written ({reason_of(error)})") from error


def reason_of(error: OSError) -> str:
    """The system's reason in plain words, e.g. `no space left on device`."""
    return (error.strerror or str(error)).lower()
