"""A variation in its place on the canvas, as if it were painted; what is being drawn lies in shade."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QPainter

from gui.canvas import overlays
from gui.canvas.mipmap import Words, words_of
from gui.canvas.overlays import Cells
from gui.canvas.view import View
from gui.state.resampling import Resampling
from gui.workers.resample import Picture


class Audition:
    """What `resampling` shows, for a canvas to draw."""

    def __init__(self, resampling: Resampling) -> None:
        self._resampling = resampling
        self._picture: Picture | None = None
        self._words: Words = np.zeros((0, 0), np.uint32)

    def draw(self, painter: QPainter, view: View) -> None:
        picture = self._resampling.shown
        if picture is None:
            return
        if picture is not self._picture:
            self._picture, self._words = picture, words_of(picture.pixels)
        cells = Cells(view, self._words.shape[0] // picture.box.height)
        overlays.draw_pixels(painter, cells, picture.box, self._words)
        if picture.unfinished is not None:
            overlays.draw_shade(painter, cells, picture.box, picture.unfinished)
