"""Arrays of pixels as Qt's images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage


def to_image(pixels: NDArray[np.uint8]) -> QImage:
    """An image with its own copy of uint8 (H, W, 3), (H, W, 1) or (H, W) pixels."""
    solid = np.ascontiguousarray(pixels if pixels.ndim == 3 else pixels[..., None])
    height, width, channels = solid.shape
    kind = QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_Grayscale8
    return QImage(solid.data, width, height, channels * width, kind).copy()
