"""Starts the window. Qt is imported only when it is asked for: the command line looks in here first."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import CodebrushError

if TYPE_CHECKING:
    from gui.dialogs.choose_file import FileChooser
    from gui.settings import Folders
    from gui.studio import Studio
    from gui.workers.load import ModelLibrary

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


class NoWindowFault(CodebrushError):
    """The window cannot be shown on this machine."""


def display_fault() -> str | None:
    """Why no window can be shown here, or None. Qt would abort the process instead of saying so."""
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in _DISPLAYS):
        return "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)"
    return None


def run(path: str | None = None) -> int:
    """Show the window until it is closed, on a model, painting, image or exported folder if given.

    Returns the exit status; raises `NoWindowFault` where Qt's libraries cannot be loaded.
    """
    # Two OpenMP threads that spin while waiting slow one another 10 to 20 times on a shared machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        from gui.application import run_application
    except ImportError as error:
        raise NoWindowFault(f"Qt cannot be loaded ({error}): see Troubleshooting in README.md") from error
    return run_application(None if path is None else Path(path))


def build(
    folders: Folders,
    library: ModelLibrary | None = None,
    first: Path | None = None,
    chooser: FileChooser | None = None,
) -> Studio:
    """The whole window, wired, not shown yet: for tests, the tour and benchmarks. Call its `close()`.

    `folders` is where settings and autosaves go; `library` says which models there are (the
    program's own by default); `first` is opened instead of the first painting; `chooser` answers
    instead of the system's file dialogs. Needs a `QApplication` that has the theme.
    """
    from gui.studio import Studio

    return Studio(folders, library, first, chooser)
