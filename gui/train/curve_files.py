"""Saving curves: their values as a table, both plots as a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, Signal
from PySide6.QtGui import QPixmap

from gui.dialogs.choose_file import FileChooser
from gui.plots.curves import Curve
from gui.plots.export import csv_text
from gui.workers.job import Worker
from gui.workers.save_plot import save_plot


class CurveFiles(QObject):
    """Asks where to, and writes off the GUI thread."""

    failed = Signal(object)  # CodebrushError

    def __init__(self, desk: Worker, chooser: FileChooser, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._chooser = desk, chooser

    def save_values(self, run: str, curves: tuple[Curve, ...]) -> None:
        """Of a run, which may be nameless."""
        self._save("Save values", run, "csv", "Tables (*.csv)", lambda: csv_text(curves).encode())

    def save_picture(self, run: str, picture: QPixmap) -> None:
        content = QByteArray()
        buffer = QBuffer(content)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        picture.save(buffer, "PNG")
        self._save("Save picture", run, "png", "Pictures (*.png)", lambda: bytes(content.data()))

    def _save(self, title: str, run: str, suffix: str, filters: str, content: Callable[[], bytes]) -> None:
        name = f"{run}-curves.{suffix}" if run else f"curves.{suffix}"

        def save(path: Path) -> None:
            self._desk.run(
                lambda ticket: save_plot(path, content, ticket),
                on_done=lambda _: None,
                on_error=self.failed.emit,
            )

        self._chooser.to_save(title, name, suffix, filters, save)
