"""The decoded picture of the painting as far as it is known: what the canvas draws.

Decoded windows are written into it. Cells that changed show their code's swatch at once, in the same
event, until their decoded pixels arrive.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.analysis.statistics import LevelStatistics
from engine.codes.box import Box
from engine.codes.patch import Patch
from gui.canvas.mipmap import Mipmap, Pixels, Words, words_of
from gui.state.painting import PaintingState

UNKNOWN = 0xFF24272E
"""Colour of cells whose look nobody knows yet (no picture, no swatches)."""


class PictureStore(QObject):
    """Follows one `PaintingState`; `changed(box)` names the picture pixels that differ now."""

    changed = Signal(object)
    replaced = Signal()  # another picture, perhaps of another size

    def __init__(self, painting: PaintingState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._painting = painting
        self._swatches: tuple[Words, ...] = ()  # per level (K, s, s)
        self._model_id = ""
        self._known = False  # whether anything was shown that is better than a guess
        painting.document_changed.connect(self._start)
        painting.codes_changed.connect(self._guess)
        self._start()

    @property
    def mipmap(self) -> Mipmap:
        return self._mipmap

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self._mipmap.height, self._mipmap.width

    def pixels(self) -> NDArray[np.uint8]:
        """A copy of the picture as it is shown, uint8 (H, W, 3)."""
        return self._mipmap.pixels()

    def set_statistics(self, model_id: str, statistics: tuple[LevelStatistics, ...]) -> None:
        """Learn what the codes of a model look like; used for its own paintings only."""
        self._model_id = model_id
        self._swatches = tuple(words_of(level.swatches) for level in statistics)
        if not self._known:
            self._guess_all()

    def show_decoded(self, box: Box, pixels: Pixels) -> None:
        """Show the decoded `pixels` of `box` (coarsest cells)."""
        self._known = True
        stride = self._painting.painting.strides[0]
        self.changed.emit(self._mipmap.write(box.top * stride, box.left * stride, pixels))

    def _start(self) -> None:
        preview = self._painting.preview
        self._known = preview is not None
        self._mipmap = Mipmap(*self._painting.size_px, UNKNOWN)
        if preview is None:
            self._guess_all()
        else:
            self._mipmap.write(0, 0, _enlarged(preview, *self.size))
        self.replaced.emit()

    def _guess_all(self) -> None:
        levels = self._painting.painting.grid.levels
        for level, codes in enumerate(levels):
            everything = Box(0, 0, *codes.shape)
            self._write_swatches(level, everything, np.ones(codes.shape, np.bool_), codes.ravel())

    def _guess(self, patches: tuple[Patch, ...]) -> None:
        for patch in patches:
            self._write_swatches(patch.level, patch.box, patch.mask, patch.new)

    def _write_swatches(
        self, level: int, box: Box, mask: NDArray[np.bool_], codes: NDArray[np.int64]
    ) -> None:
        """Show the swatches of `codes`, one per true cell of `mask`, in the cells of `box`."""
        stride = self._painting.painting.strides[level]
        swatches = self._swatches_of(level)
        if swatches is None:
            return
        rows, columns = self._painting.painting.grid.levels[level].shape
        cells = self._mipmap.words.reshape(rows, stride, columns, stride).swapaxes(1, 2)
        if codes.size and (codes == codes[0]).all():
            np.copyto(cells[box.slices], swatches[codes[0]], where=mask[..., None, None])
        else:
            cells[box.slices][mask] = swatches[codes]
        area = box.scaled(stride)
        self._mipmap.touch(area)
        self.changed.emit(area)

    def _swatches_of(self, level: int) -> Words | None:
        """The swatches of a level, (K, s, s), if they are those of this painting's model."""
        painting = self._painting.painting
        if painting.model_id != self._model_id or level >= len(self._swatches):
            return None
        swatches = self._swatches[level]
        count, side = swatches.shape[:2]
        fits = side == painting.strides[level] and count >= painting.grid.code_counts[level]
        return swatches if fits else None


def _enlarged(pixels: Pixels, height: int, width: int) -> Pixels:
    """The nearest pixels, which nobody waits for: smoothing 4096 px takes half a second."""
    rows = np.arange(height) * pixels.shape[0] // height
    columns = np.arange(width) * pixels.shape[1] // width
    return np.asarray(pixels[:, columns][rows])
