"""Writing files so that a reader never sees half of one: temporary name, fsync, `os.replace`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from engine.errors import CannotWrite


def write_atomic(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place; keep the old one on failure.

    Raises `CannotWrite` naming `path` where the system refuses (disk full, no permission, no folder).
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise CannotWrite(path, f"cannot be written ({reason_of(error)})") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_default_mode())
        temporary.replace(path)
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


def _default_mode() -> int:
    # mkstemp makes 0600 files; a saved file gets what the user's umask gives any new file.
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
