"""The program with a window: Qt's application around one studio; errors nobody foresaw are told in it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import TracebackType

from PySide6.QtWidgets import QApplication

from engine.errors import CodebrushError
from gui import theme
from gui.settings import Folders
from gui.studio import Studio
from gui.workers.job import UnexpectedError


def run_application(first: Path | None) -> int:
    """The program with a window, until it is closed."""
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Codebrush")
    app.setDesktopFileName("codebrush")
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal: Qt would never let Python see it
    theme.apply_theme(app)
    app.setWindowIcon(theme.icon("brush", theme.ACCENT, 64))
    studio = Studio(Folders.of_the_user(), first=first)
    sys.excepthook = lambda kind, error, trace: _tell(studio, kind, error, trace)
    studio.window.show()
    status = app.exec()
    if not studio.all_ended:
        os._exit(status)  # a job that cannot be interrupted must not keep the process
    return status


def _tell(
    studio: Studio, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """An error nobody foresaw: the window goes on, and says what happened."""
    sys.__excepthook__(kind, error, trace)
    if isinstance(error, CodebrushError):
        studio.window.messages.say_fault(error)
    elif isinstance(error, Exception):
        studio.window.messages.say_fault(UnexpectedError(error))
