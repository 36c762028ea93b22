"""Training batches, each a pure function of (seed, step): a resumed run sees what it would have seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np
import torch
from msgspec import Meta
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from engine.data.source import Pictures

Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]


class Augmentation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is mixed into the pictures, each as a fraction of them.

    Enlarged crops make a codebook that serves canvases larger than one picture; flat colours and
    gradients give it even fills.
    """

    flips: Fraction = 0.5
    zooms: Fraction = 0.2
    flats: Fraction = 0.02
    gradients: Fraction = 0.02


ZOOM_MAX = 3.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures of a step, float32 (b, C, H, W) in [0, 1], channels last in memory; labels int64 (b,)."""

    images: Tensor
    labels: Tensor


class Batches:
    """Draws without replacement, epoch by epoch; each epoch's order is a function of (seed, epoch)."""

    def __init__(self, pictures: Pictures, batch_size: int, seed: int, augmentation: Augmentation) -> None:
        self.images = pictures.images
        self.labels = pictures.labels
        self.batch_size = batch_size
        self.seed = seed
        self.augmentation = augmentation

    @property
    def steps_per_epoch(self) -> int:
        return -(-len(self.images) // self.batch_size)

    def at(self, step: int) -> Batch:
        """The batch of a step."""
        rng = _generator(self.seed, "batch", step)
        indices = self._indices(step)
        images = [self._varied(self.images[i], rng) for i in indices]
        batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255
        labels = torch.from_numpy(self.labels[indices])
        return Batch(batch.contiguous(memory_format=torch.channels_last), labels)

    def _indices(self, step: int) -> list[int]:
        first = step * self.batch_size
        positions = range(first, first + self.batch_size)
        epochs = {p // len(self.images) for p in positions}
        orders = {e: _generator(self.seed, "epoch", e).permutation(len(self.images)) for e in epochs}
        return [int(orders[p // len(self.images)][p % len(self.images)]) for p in positions]

    def _varied(self, image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        kind, flip = rng.random(2)
        chances = self.augmentation
        if kind < chances.flats:
            return _flat(image, rng)
        if kind < chances.flats + chances.gradients:
            return _gradient(image, rng)
        if kind < chances.flats + chances.gradients + chances.zooms:
            image = _zoomed(image, rng)
        return image[:, ::-1] if flip < chances.flips else image


def _generator(seed: int, purpose: str, number: int) -> np.random.Generator:
    key = np.array([seed, int.from_bytes(purpose.encode(), "little") % 2**64], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=[number, 0, 0, 0]))


def _some_colour(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float64]:
    row, column = rng.integers(image.shape[:2])
    colour: NDArray[np.float64] = image[row, column].astype(np.float64)
    return colour


def _flat(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    return np.broadcast_to(np.rint(_some_colour(image, rng)).astype(np.uint8), image.shape)


def _gradient(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    start, end = _some_colour(image, rng), _some_colour(image, rng)
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] / max(image.shape[:2])
    along = np.cos(angle) * (columns - 0.5) + np.sin(angle) * (rows - 0.5) + 0.5
    blended = start + np.clip(along, 0, 1)[..., None] * (end - start)
    return np.asarray(np.rint(blended), dtype=np.uint8)


def _zoomed(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    factor = rng.uniform(1.0, ZOOM_MAX)
    top, left = rng.uniform(0, height - height / factor), rng.uniform(0, width - width / factor)
    box = (left, top, left + width / factor, top + height / factor)
    picture = Image.fromarray(image if image.shape[2] == 3 else image[..., 0])
    zoomed = np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC, box=box))
    return zoomed.reshape(image.shape)
