"""Copy and paste with other programs: cells go out as a picture, pictures come in as new paintings."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData
from PySide6.QtGui import QClipboard

from gui.canvas.picture import PictureStore
from gui.dialogs.preview import to_image
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
    ) -> None:
        self._clipboard, self._painting, self._cells, self._picture = clipboard, painting, cells, picture
        self._paste_cells, self._bring = paste_cells, bring
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
        mime = self._clipboard.mimeData()
        source = brought(mime) if bytes(mime.data(_CELLS).data()) != self._mark or not self._mark else None
        if source is not None:
            self._bring(source)
        else:
            self._paste_cells()

    def _publish(self) -> None:
        pixels, box = self._picture.pixels(), self._painting.selection.box
        if box is not None:
            pixels = pixels[box.scaled(self._painting.painting.strides[0]).slices]
        self._mark = secrets.token_bytes(8)
        mime = QMimeData()
        mime.setData(_CELLS, QByteArray(self._mark))
        mime.setImageData(to_image(pixels))
        self._clipboard.setMimeData(mime)
