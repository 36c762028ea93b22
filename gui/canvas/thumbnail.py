"""Decoded pixels as a small picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap

from gui.canvas.mipmap import words_of


def thumbnail(pixels: NDArray[np.uint8], side: int) -> QPixmap:
    """`pixels` (H, W, C), as large as fits a square of `side`."""
    words = words_of(pixels)
    height, width = words.shape
    picture = QPixmap.fromImage(QImage(words.data, width, height, 4 * width, QImage.Format.Format_RGB32))
    # Not smoothed where it grows: the canvas does not smooth what it enlarges either.
    shrinks = max(height, width) > side
    mode = Qt.TransformationMode.SmoothTransformation if shrinks else Qt.TransformationMode.FastTransformation
    return picture.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, mode)
