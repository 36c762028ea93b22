"""The protocol through which the window paints: NumPy in, NumPy out, no torch in sight.

`engine.decoding.torch_decoder` and `exporters.onnx_decoder` implement it.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from engine.decoding.prior import CodePrior

Codes = NDArray[np.int64]
"""One level of codes, `(B, h, w)`."""


@dataclass(frozen=True, slots=True)
class CodeLevel:
    """One level of a discrete model: how large its cells are and how many codes they choose from."""

    stride_px: int
    codes: int  # K
    dim: int  # D


@runtime_checkable
class Decoder(Protocol):
    """A loaded discrete model. Levels are ordered coarsest first; margins count coarsest cells."""

    @property
    def name(self) -> str: ...
    @property
    def model_id(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def levels(self) -> tuple[CodeLevel, ...]: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def channels(self) -> int:
        """3 for RGB, 1 for grey."""
        ...

    @property
    def image_size(self) -> int:
        """Side in pixels of the square pictures it was trained on."""
        ...

    @property
    def receptive_margin(self) -> int:
        """Coarsest cells around a window that its decoded pixels may depend on."""
        ...

    @property
    def encode_margin(self) -> int:
        """Coarsest cells of image around a window that its codes may depend on."""
        ...

    @property
    def prior(self) -> CodePrior | None:
        """What knows which codes go together; None for a model that has no prior."""
        ...

    def codebook(self, level: int) -> NDArray[np.float32]:
        """The code vectors, `(K, D)`."""
        ...

    def without(self, levels: Set[int]) -> Decoder | None:
        """The same decoder, to which the codes of these levels say nothing; None where it needs them all."""
        ...

    def encode(self, images: NDArray[np.float32]) -> list[Codes]:
        """Codes of float32 `(B, C, H, W)` images in [0, 1], padded by their edge to the coarsest stride."""
        ...

    def decode(self, codes: Sequence[Codes]) -> NDArray[np.float32]:
        """Pictures, float32 `(B, C, H, W)` in [0, 1]. Raises `CodesFault` for codes that do not fit."""
        ...


def to_pixels(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    """`(B, C, H, W)` in [0, 1] to uint8 `(B, H, W, C)`, rounded to the nearest of 256 values."""
    scaled = np.clip(images, 0.0, 1.0) * np.float32(255.0)
    return np.ascontiguousarray(np.rint(scaled).astype(np.uint8).transpose(0, 2, 3, 1))


def from_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 `(B, H, W, C)` to float32 `(B, C, H, W)` in [0, 1]."""
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), dtype=np.float32) / np.float32(255.0)
