"""Pictures of any size and mode as a model takes them: square, grey or RGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.images import fitted_crop

Images = NDArray[np.uint8]

PADDED_PART = 6
"""Up to a sixth of the side is added in the border's colour (MNIST: 28 -> 32); beyond, it is resized."""


def shaped(images: Images, size: int, channels: int) -> Images:
    """(N, H, W, 1 or 3) -> (N, size, size, channels); what is not square is cropped to its middle."""
    images = _with_channels(images, channels)
    height, width = images.shape[1:3]
    if height == width == size:
        return images
    if height == width and 0 < size - height <= height // PADDED_PART:
        return _padded(images, size)
    out = np.empty((len(images), size, size, channels), np.uint8)
    for index, image in enumerate(images):
        out[index] = fitted_crop(image, size)
    return out


def _padded(images: Images, size: int) -> Images:
    """In the middle of `size` x `size`, around it the median colour of its border."""
    count, side, _, channels = images.shape
    ring = np.ones((side, side), bool)
    ring[1:-1, 1:-1] = False
    colour = np.sort(images[:, ring], axis=1)[:, ring.sum() // 2]
    out = np.empty((count, size, size, channels), np.uint8)
    out[:] = colour[:, None, None]
    first = (size - side) // 2
    out[:, first : first + side, first : first + side] = images
    return out


def _with_channels(images: Images, channels: int) -> Images:
    if images.shape[3] == channels:
        return images
    if channels == 3:
        return np.repeat(images, 3, axis=3)
    return np.stack([np.asarray(Image.fromarray(image).convert("L")) for image in images])[..., None]
