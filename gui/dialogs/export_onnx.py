"""Export the model as ONNX: which graphs, where to; progress; then how near they are to the model."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.checkpoint import ModelCard
from engine.errors import CodebrushError
from gui import theme
from gui.dialogs.choose_file import FileChooser
from gui.dialogs.dialog import Dialog, note
from gui.workers.export import OnnxOrder, export_onnx
from gui.workers.job import Ticket, Worker

_GRAPHS = (("encoder", "Encoder", "image to codes"), ("decoder", "Decoder", "codes to image"))
_WIDTH = 560


class ExportOnnxDialog(Dialog):
    """Exports `card`'s model on `worker`; closing it, or Cancel, drops what is under way."""

    def __init__(
        self,
        parent: QWidget,
        card: ModelCard,
        worker: Worker,
        chooser: FileChooser,
        folder: Path,
        export: Callable[[OnnxOrder, Ticket], Mapping[str, Any]] = export_onnx,
    ) -> None:
        super().__init__(parent, f"Export {card.name} as ONNX", "Export")
        self._card, self._worker, self._chooser, self._export = card, worker, chooser, export
        self._ticket: Ticket | None = None
        self._started = 0.0
        self.graphs = {name: QCheckBox(f"{text}: {what}", self) for name, text, what in _GRAPHS}
        self.folder = QLineEdit(str(folder / f"{card.name}-onnx"), self)
        self.replace = QCheckBox("Replace an earlier export in this folder", self)
        self.progress = QProgressBar(self)
        self.doing = note("", self)
        self._pages = QStackedWidget(self)
        self._result = QWidget(self)
        self._pages.addWidget(self._choices())
        self._pages.addWidget(self._waiting())
        self._pages.addWidget(self._result)
        self.body.addWidget(self._pages)
        self.setMinimumWidth(_WIDTH)
        self.primary.clicked.connect(self._start)
        self._allow()

    @property
    def result_rows(self) -> list[tuple[str, ...]]:
        """The parity table as it is shown."""
        return getattr(self, "_rows", [])

    def done(self, result: int) -> None:
        """Leave at once; an export under way is dropped and leaves nothing behind."""
        if self._ticket is not None:
            self._ticket.cancel()
        super().done(result)

    # Pages

    def _choices(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE_2)
        column.addWidget(note("Graphs that run without this program, checked against the model", page))
        for box in self.graphs.values():
            box.setChecked(True)
            box.toggled.connect(self._allow)
            column.addWidget(box)
        column.addSpacing(theme.SPACE_2)
        label = QLabel("Folder", page)
        label.setBuddy(self.folder)
        self.folder.setAccessibleName("Folder to export to")
        self.folder.textChanged.connect(self._allow)
        browse = QPushButton("Browse...", page)
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(browse)
        column.addWidget(label)
        column.addLayout(row)
        column.addWidget(self.replace)
        column.addStretch()
        return page

    def _waiting(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addStretch()
        column.addWidget(self.progress)
        column.addWidget(self.doing)
        column.addStretch()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        return page

    def _show_result(self, folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
        self._rows = [_in_words(row) for row in rows]
        column = QVBoxLayout(self._result)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE_3)
        where = note(f"Exported to {folder}", self._result, "")
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(where)
        column.addLayout(self._table())
        column.addStretch()
        self._pages.setCurrentWidget(self._result)
        self.cancel.setText("Close")
        self.primary.setText("Open the folder")
        self.primary.setEnabled(True)
        self.primary.clicked.disconnect()
        self.primary.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.SPACE_4)
        grid.setVerticalSpacing(theme.SPACE_1)
        for column, title in enumerate(("Graph", "Input", "Worst difference", "Allowed", "")):
            grid.addWidget(note(title, self._result, "caption"), 0, column)
        for place, row in enumerate(self._rows, 1):
            for column, text in enumerate(row):
                cell = QLabel(text, self._result)
                cell.setFont(theme.font(tabular=True))
                grid.addWidget(cell, place, column)
            tick = QLabel(self._result)
            tick.setPixmap(theme.pixmap("circle-check", theme.GOOD, 14))
            tick.setToolTip("Within tolerance")
            grid.addWidget(tick, place, len(row))
        grid.setColumnStretch(1, 1)
        return grid

    # Work

    def _allow(self) -> None:
        chosen = any(box.isChecked() for box in self.graphs.values())
        self.primary.setEnabled(chosen and bool(self.folder.text().strip()))

    def _browse(self) -> None:
        name = f"{self._card.name}-onnx"
        self._chooser.folder("Export into", lambda path: self.folder.setText(str(path / name)))

    def _start(self) -> None:
        graphs = tuple(name for name, box in self.graphs.items() if box.isChecked())
        folder = Path(self.folder.text().strip()).expanduser()
        order = OnnxOrder(self._card.path, folder, graphs, self.replace.isChecked())
        self.show_fault("")
        self.primary.setEnabled(False)
        self.progress.setValue(0)
        self.doing.setText("Starting")
        self._pages.setCurrentIndex(1)
        self._started = time.monotonic()
        self._ticket = self._worker.run(
            lambda ticket: self._export(order, ticket),
            on_done=lambda manifest: self._show_result(folder, manifest["parity"]),
            on_error=self._fail,
            on_progress=self._show_progress,
        )

    def _fail(self, error: CodebrushError) -> None:
        self._pages.setCurrentIndex(0)
        self.show_fault(str(error))
        self._allow()

    def _show_progress(self, done: float, text: str) -> None:
        self.progress.setValue(round(1000 * done))
        self.doing.setText(f"{text}{remaining(time.monotonic() - self._started, done)}")


def remaining(elapsed_s: float, done: float) -> str:
    """How long it will still take, for the end of a line; nothing while that is a guess."""
    if elapsed_s < 1 or not 0.05 <= done < 1:
        return ""
    left = elapsed_s * (1 - done) / done
    return f", about {left:.0f} s left" if left < 90 else f", about {left / 60:.0f} min left"


def _in_words(row: Mapping[str, Any]) -> tuple[str, ...]:
    shape = " x ".join(str(side) for side in row["shape"])
    return (str(row["graph"]), shape, f"{row['measured']:.2g}", f"{row['tolerance']:.2g}")
