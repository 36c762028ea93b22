"""Copy and paste with other programs: cells go out as a picture, pictures come in as new paintings."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData
from PySide6.QtGui import QClipboard

from engine.errors import CodebrushError
from gui.canvas.picture import PictureStore
from gui.images import to_image
from gui.main_window import brought
from gui.state.painting import PaintingState
from gui.state.selected_cells import SelectedCells

_CELLS = "application/x-codebrush-cells"


class SystemClipboard:
    """Puts copied cells beside their picture on the system's clipboard, and tells which were copied last."""

    def __init__(
        self,
        clipboard: QClipboard,
        painting: PaintingState,
        cells: SelectedCells,
        picture: PictureStore,
        paste_cells: Callable[[], object],
        bring: Callable[[Path | bytes], object],
        complain: Callable[[CodebrushError], object],
    ) -> None:
        self._clipboard, self._painting, self._cells, self._picture = clipboard, painting, cells, picture
        self._paste_cells, self._bring, self._complain = paste_cells, bring, complain
        self._mark = b""

    def copy(self) -> None:
        """Copy the selected cells; other programs see the picture of their box."""
        self._publish()
        self._cells.copy()

    def cut(self) -> None:
        self._publish()
        self._cells.cut()

    def paste(self) -> None:
        """What was copied last: cells from here, or a picture or file from elsewhere."""
        mime = self._clipboard.mimeData() or QMimeData()  # Qt has none while nothing was ever copied
        is_ours = bool(self._mark) and bytes(mime.data(_CELLS).data()) == self._mark
        source = None if is_ours else brought(mime)
        if source is not None:
            self._bring(source)
            return
        try:
            self._paste_cells()
        except CodebrushError as error:  # cells of a model with other codes
            self._painting.cancel()
            self._complain(error)

    def close(self) -> None:
        """Leave only the picture on the clipboard; call it while Qt still runs.

        Qt frees what is on the clipboard when the process ends, after Python: a `QMimeData` made here would
        then call into an interpreter that is gone.
        """
        mime = self._clipboard.mimeData()
        if self._mark and mime is not None and bytes(mime.data(_CELLS).data()) == self._mark:
            self._clipboard.setImage(self._clipboard.image())

    def _publish(self) -> None:
        pixels, box = self._picture.pixels(), self._painting.selection.box
        if box is not None:
            pixels = pixels[box.scaled(self._painting.painting.strides[0]).slices]
        self._mark = secrets.token_bytes(8)
        mime = QMimeData()
        mime.setData(_CELLS, QByteArray(self._mark))
        mime.setImageData(to_image(pixels))
        self._clipboard.setMimeData(mime)
