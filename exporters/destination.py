"""Where a command writes to: what cannot be written is said before the work, not after it."""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import CannotWrite, OptionFault
from engine.files import reason_of

_WRITTEN_AS = {
    ".gif": "animations are written as GIF",
    ".npz": "codes are written as NumPy arrays",
    ".png": "pictures are written as PNG",
}


def require_suffix(path: Path, suffix: str) -> None:
    """Raise `OptionFault` for a name that promises another kind of file."""
    if path.suffix.lower() != suffix:
        raise OptionFault(f"{path}: {_WRITTEN_AS[suffix]}: let its name end in {suffix}")


def refuse_unwritable(path: Path) -> None:
    """Raise `CannotWrite` for what is known before the work; a disk may still fill up by its end."""
    try:
        is_folder = path.is_dir()
        # Behind links, as writing goes. The folders between are made when the file is written.
        nearest = next(parent for parent in path.resolve().parents if parent.exists())
    except OSError as error:
        raise CannotWrite(path, f"cannot be written ({reason_of(error)})") from error
    except RuntimeError as error:  # what `resolve` raises
        raise CannotWrite(path, "is a link that leads to itself: choose another name") from error
    if is_folder:
        raise CannotWrite(path, "cannot be written (it is a folder): choose the name of a file")
    if not nearest.is_dir():
        raise CannotWrite(path, f"cannot be written ({nearest.name} is no folder): choose another place")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise CannotWrite(path, "cannot be written (permission denied): choose another place")
