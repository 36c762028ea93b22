"""The application of the tour and the benchmarks: on a screen where there is one, else without."""

from __future__ import annotations

import os
import sys

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from gui.app import display_fault
from gui.theme import apply_theme

_NO_WINDOW_MANAGER = "propagateSizeHints"
"""What the offscreen platform says whenever a window has a smallest size: that nobody can be told of it."""


def themed_application() -> QApplication:
    """The one `QApplication` there is, or a new one, with the program's theme."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        if display_fault() is not None:
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
        if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
            qInstallMessageHandler(_tell)
        app = QApplication([])
    apply_theme(app)
    return app


def _tell(_kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    if _NO_WINDOW_MANAGER not in message:
        print(message, file=sys.stderr)
