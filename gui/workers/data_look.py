"""A look at a data set before training on it, off the GUI thread: some pictures, labels, splits, problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.names import DATA_TITLES
from gui.workers.job import Ticket

SHEET = 24
"""Pictures on the contact sheet."""


@dataclass(frozen=True, slots=True, eq=False)
class DataLook:
    """What there is: `sheet` (n, H, W, C) with a caption each; labels with their counts, in their order."""

    name: str
    size: int  # px, of the square pictures as they are read
    channels: int
    splits: Mapping[str, int]
    labels: tuple[tuple[str, int], ...]
    sheet: NDArray[np.uint8]
    captions: tuple[str, ...]
    skipped: tuple[str, ...]

    @property
    def count(self) -> int:
        return sum(self.splits.values())

    @property
    def is_labelled(self) -> bool:
        """Whether labels say anything."""
        return len(self.labels) > 1


def look_at_data(name: str, ticket: Ticket) -> DataLook:
    """Open the data set and look at it; raises `DataFault` where it cannot be used."""
    from engine.data.open import open_data
    from engine.data.source import SPLITS

    ticket.report(0.0, "Opening")
    pictures = open_data(name, progress=lambda what, part: ticket.report(part, what))
    ticket.raise_if_cancelled()
    chosen = _one_of_each(pictures.labels, len(pictures.label_names))
    captions = (f"{pictures.names[i]}\n{pictures.label_names[pictures.labels[i]]}" for i in chosen)
    counts = np.bincount(pictures.labels, minlength=len(pictures.label_names))
    return DataLook(
        name=name,
        size=pictures.images.shape[1],
        channels=pictures.images.shape[3],
        splits={split: int((pictures.split_of == split).sum()) for split in SPLITS},
        labels=tuple(zip(pictures.label_names, counts.tolist(), strict=True)),
        sheet=np.stack([pictures.images[int(index)] for index in chosen]),
        captions=tuple(captions),
        skipped=pictures.skipped,
    )


def data_title(name: str) -> str:
    """A data set as lists name it: the built-in ones by name, others by their last part."""
    return DATA_TITLES.get(name) or Path(name).name or name


def _one_of_each(labels: NDArray[np.int64], label_count: int) -> NDArray[np.intp]:
    """Some pictures: the first of every label, then the second of every label, and so on."""
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(label_count))
    turns = np.empty(len(labels), dtype=np.int64)
    turns[order] = np.arange(len(labels)) - starts[labels[order]]
    return np.lexsort((labels, turns))[:SHEET]
