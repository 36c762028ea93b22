"""Training batches, each a pure function of (seed, step): a resumed run sees what it would have seen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
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


class CodeAugmentation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What codes allow, too: the mirror image, encoded, and which pictures are drawn how often."""

    flips: Annotated[Fraction, Meta(description="share of pictures that are mirrored")] = 0.5
    label_balance: Annotated[
        Fraction, Meta(description="rare labels more often: 0 as they come, 1 all equally often")
    ] = 0.0


class Augmentation(CodeAugmentation, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is mixed into the pictures, each as a fraction of them.

    Enlarged crops (zooms) make a codebook that serves canvases larger than one picture; flat colours and
    gradients give it even fills. A random crop (crops) shifts a picture by up to `crop_shift` of its side.
    """

    crops: Annotated[Fraction, Meta(description="share that is shifted either way")] = 0.0
    crop_shift: Annotated[
        float, Meta(ge=0.0, le=0.5, description="how far crops shift at most, as a part of the side")
    ] = 1 / 8
    zooms: Annotated[Fraction, Meta(description="share that is an enlarged part of a picture")] = 0.2
    flats: Annotated[Fraction, Meta(description="share of plain colours in their place")] = 0.02
    gradients: Annotated[Fraction, Meta(description="share of colour gradients in their place")] = 0.02


ZOOM_MAX = 3.0
_BLOCKS, _WORDS = 3, 12
"""Blocks of Philox and the words in them that each place of a batch has for its draws."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a step trains on, b of each: pictures or codes, and labels int64 (b,).

    Pictures are float32 (b, C, H, W) in [0, 1], channels last in memory; codes int64 (b, h, w) per level.
    """

    inputs: Tensor | tuple[Tensor, ...]
    labels: Tensor

    @property
    def images(self) -> Tensor:
        """The inputs of a model of pictures."""
        assert isinstance(self.inputs, Tensor)
        return self.inputs

    def mapped(self, change: Callable[[Tensor], Tensor]) -> Batch:
        """With every tensor changed, e.g. moved to another device."""
        inputs = self.inputs
        changed = change(inputs) if isinstance(inputs, Tensor) else tuple(change(grid) for grid in inputs)
        return Batch(changed, change(self.labels))


class Batches(ABC):
    """Draws without replacement, epoch by epoch; each epoch's order is a function of (seed, epoch).

    With `balance` b, a label of n pictures gets a share of an epoch like n^(1 - b): a picture then comes
    more than once in an epoch, or not in every one ("Decoupling Representation and Classifier for Long-Tailed
    Recognition", Kang et al., arXiv 1910.09217, equation 1, where q is 1 - b).

    What is drawn for a picture is a function of (seed, its place among all that are ever drawn), so each of
    `ranks` processes builds its own rows of a batch, and they are the rows one process would have built.
    """

    def __init__(
        self,
        labels: NDArray[np.int64],
        batch_size: int,
        seed: int,
        balance: float = 0.0,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        """Of pictures with `labels` (n,).

        `batch_size` is that of all `ranks` processes; this one is `rank`.
        """
        self.labels = labels
        self.count = len(labels)
        self._shares = shares_of(labels, balance) if balance else None
        self.batch_size = batch_size
        self.seed = seed
        self.own = range(rank * batch_size // ranks, (rank + 1) * batch_size // ranks)
        self._orders: dict[int, NDArray[np.intp]] = {}

    @property
    def steps_per_epoch(self) -> int:
        return -(-self.count // self.batch_size)

    @abstractmethod
    def at(self, step: int) -> Batch:
        """This process's rows of the batch of a step."""

    def drawn(self, step: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Which pictures a step takes, (b,), and uniform numbers in [0, 1) for each, (b, 12)."""
        first = step * self.batch_size
        places = np.arange(first + self.own.start, first + self.own.stop)
        return self._indices(places), _draws(self.seed, places)

    def _indices(self, places: NDArray[np.int64]) -> NDArray[np.intp]:
        epochs, within = np.divmod(places, self.count)
        # Kept while they are in use: the order of a large set takes longer than a batch.
        self._orders = {
            int(epoch): self._orders[epoch] if epoch in self._orders else self._order(epoch)
            for epoch in np.unique(epochs)
        }
        return np.array([self._orders[epoch][p] for epoch, p in zip(epochs, within, strict=True)], np.intp)

    def _order(self, epoch: int) -> NDArray[np.intp]:
        order = self._shuffled(epoch)
        if self._shares is None:
            return order
        # Systematic resampling: a picture of share s comes floor(s n) or ceil(s n) times.
        start = float(_words(self.seed, "balance", [0, epoch], 1)[0] >> np.uint64(11)) * 2.0**-53
        ends = np.cumsum(self._shares[order])
        taken = np.searchsorted(ends, (start + np.arange(self.count)) / self.count * ends[-1], side="right")
        repeated: NDArray[np.intp] = order[np.minimum(taken, self.count - 1)]
        return repeated[self._shuffled(epoch, "again")]

    def _shuffled(self, epoch: int, purpose: str = "epoch") -> NDArray[np.intp]:
        # Not `permutation`, which another version of NumPy may do otherwise.
        return np.argsort(_words(self.seed, purpose, [0, epoch], self.count), kind="stable")


class PictureBatches(Batches):
    """Pictures, varied."""

    def __init__(
        self,
        pictures: Pictures,
        batch_size: int,
        seed: int,
        augmentation: Augmentation,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        super().__init__(pictures.labels, batch_size, seed, augmentation.label_balance, rank, ranks)
        self.images = pictures.images
        self.augmentation = augmentation

    def at(self, step: int) -> Batch:
        indices, draws = self.drawn(step)
        images = _varied(self.images[indices], self.augmentation, draws)
        # By NumPy: batches are built in a thread beside training, where torch would start threads of its own.
        values = np.divide(images, np.float32(255), dtype=np.float32)
        # Permuted, the memory of the pictures is that of channels last already.
        batch = torch.from_numpy(values).permute(0, 3, 1, 2)
        return Batch(
            batch.contiguous(memory_format=torch.channels_last), torch.from_numpy(self.labels[indices])
        )


def shares_of(labels: NDArray[np.int64], balance: float) -> NDArray[np.float64]:
    """Of an epoch, of each picture (n,): those of a label make up n^(1 - balance), all together 1."""
    _, label, counts = np.unique(labels, return_inverse=True, return_counts=True)
    shares = counts[label] ** -float(balance)
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def _words(seed: int, purpose: str, counter: list[int], count: int) -> NDArray[np.uint64]:
    key = np.array([seed, int.from_bytes(purpose.encode(), "little") % 2**64], dtype=np.uint64)
    blocks = np.array([*counter, 0, 0, 0][:4], dtype=np.uint64)
    return np.asarray(np.random.Philox(key=key, counter=blocks).random_raw(count), dtype=np.uint64)


def _draws(seed: int, places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Uniform in [0, 1), one row for each of `places`, which follow one another: (b, 12)."""
    words = _words(seed, "batch", [int(places[0]) * _BLOCKS], len(places) * _WORDS)
    return np.asarray((words >> np.uint64(11)).reshape(-1, _WORDS) * 2.0**-53, dtype=np.float64)


def _varied(
    images: NDArray[np.uint8], chances: Augmentation, draws: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Changes `images` (b, H, W, C), its own, as the draws (b, 12) have it. What is not asked for is free."""
    kind, flip, crop = draws[:, 0], draws[:, 1], draws[:, 2]
    flats = kind < chances.flats
    gradients = ~flats & (kind < chances.flats + chances.gradients)
    zooms = ~flats & ~gradients & (kind < chances.flats + chances.gradients + chances.zooms)
    if flats.any():
        images[flats] = np.rint(_some_colours(images[flats], draws[flats, 3:5]))[:, None, None]
    if gradients.any():
        images[gradients] = _gradients(images[gradients], draws[gradients, 3:8])
    for index in np.flatnonzero(zooms):
        images[index] = _zoomed(images[index], draws[index, 3:6])
    crops, flips = crop < chances.crops, flip < chances.flips
    if crops.any():
        images[crops] = _shifted(images[crops], chances.crop_shift, draws[crops, 8:10])
    if flips.any():
        images[flips] = images[flips, :, ::-1]
    return images


def _some_colours(images: NDArray[np.uint8], draws: NDArray[np.float64]) -> NDArray[np.float64]:
    """A pixel of each of (n, H, W, C), by draws (n, 2): (n, C)."""
    rows, columns = (draws * images.shape[1:3]).astype(np.intp).T
    return np.asarray(images[np.arange(len(images)), rows, columns], dtype=np.float64)


def _gradients(images: NDArray[np.uint8], draws: NDArray[np.float64]) -> NDArray[np.float64]:
    """From one colour of each picture to another, in any direction: draws (n, 5) -> (n, H, W, C)."""
    start, end = _some_colours(images, draws[:, 0:2]), _some_colours(images, draws[:, 2:4])
    angle = 2 * np.pi * draws[:, 4, None, None]
    height, width = images.shape[1:3]
    rows, columns = np.mgrid[:height, :width] / max(height, width)
    along = np.clip(np.cos(angle) * (columns - 0.5) + np.sin(angle) * (rows - 0.5) + 0.5, 0, 1)[..., None]
    return np.asarray(np.rint(start[:, None, None] + along * (end - start)[:, None, None]), dtype=np.float64)


def _shifted(images: NDArray[np.uint8], part: float, draws: NDArray[np.float64]) -> NDArray[np.uint8]:
    """By up to `part` of the side either way, the border repeated: draws (n, 2) -> (n, H, W, C).

    Of small pictures by a pixel at least, unless `part` is 0.
    """
    height, width = images.shape[1:3]
    down, right = (max(1, int(side * part)) if part else 0 for side in (height, width))
    wider = np.pad(images, ((0, 0), (down, down), (right, right), (0, 0)), mode="edge")
    corners = (draws * (2 * down + 1, 2 * right + 1)).astype(np.intp)
    for index, (top, left) in enumerate(corners):
        images[index] = wider[index, top : top + height, left : left + width]
    return images


def _zoomed(image: NDArray[np.uint8], draws: NDArray[np.float64]) -> NDArray[np.uint8]:
    """An enlarged part of a picture (H, W, C), by three draws."""
    height, width = image.shape[:2]
    factor = 1 + draws[0] * (ZOOM_MAX - 1)
    top, left = draws[1:] * (height - height / factor, width - width / factor)
    box = (left, top, left + width / factor, top + height / factor)
    picture = Image.fromarray(image if image.shape[2] == 3 else image[..., 0])
    zoomed = np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC, box=box))
    return zoomed.reshape(image.shape)
