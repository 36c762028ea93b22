"""The part of `benchmark sampling` that needs a trained prior: what resampling takes, and what it is worth.

How long a selection of half the grid a side takes in a painting of the size the prior was trained on: until
the first codes, until it is done, and at most until a consumer who wants to stop is asked (the longest wait
for an event, the first one among them).

And how likely held-out codes are, all of a grid, once a random hole in them is filled: by a single pass,
which knows nothing of what follows, and by one chosen among `CANDIDATES` candidates.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.analysis.evaluate import labels_for_prior
from engine.analysis.reconstruction import condition_of
from engine.analysis.usage import encode_all
from engine.checkpoint import read_card
from engine.data.open import open_data
from engine.device import describe_device
from engine.models.base import DiscreteAutoencoder
from engine.models.registry import find_model, load
from engine.priors.hierarchical import BIT, HierarchicalPrior
from engine.priors.likelihood import tensors_at
from engine.priors.requests import CANDIDATES, Codes, Mask, ResampleRequest, Variation
from engine.priors.resample import Resampler
from engine.priors.sampler import CellsMaker
from engine.progress import Progress, tell_nobody

DATA = "emoji"
PICTURES = 128
"""Of the test split, evenly picked: enough for the bits saved to be three times their standard error."""
REPEATS = 20
_SMALLEST_HOLE = 2


def measure_resampling(
    name: str | Path, cells: CellsMaker, progress: Progress = tell_nobody
) -> dict[str, Any] | None:
    """Figures of a model on the CPU; None where it has no prior yet.

    Raises `ModelNotFound`, `ModelFault` and `DataFault`.
    """
    model = load(name, "cpu")
    if not isinstance(model, DiscreteAutoencoder) or model.priors is None:
        return None
    held_out = _HeldOut(name, model, cells)
    return {
        "model": str(name),
        "device": describe_device(torch.device("cpu")),
        "selection": _selection(held_out, progress),
        "candidates": _candidates(held_out, progress),
    }


class _HeldOut:
    """Codes of test pictures (n, h, w) per level with their labels, and what resamples them."""

    def __init__(self, name: str | Path, model: DiscreteAutoencoder, cells: CellsMaker) -> None:
        assert model.priors is not None
        pictures = open_data(DATA, model.config.image_size, model.config.channels).split("test")
        picked = np.linspace(0, len(pictures) - 1, min(PICTURES, len(pictures))).astype(int)
        labels = labels_for_prior(read_card(find_model(name)), pictures)
        self.labels = None if labels is None else labels[picked]
        self.codes = [level.numpy()[picked] for level in encode_all(model, pictures)]
        self.priors: HierarchicalPrior = model.priors
        self.resampler = Resampler(model.priors, trained=len(self.codes[0][0]), cells=cells)

    def __len__(self) -> int:
        return len(self.codes[0])

    def request(self, picture: int, hole: Mask, candidates: int) -> ResampleRequest:
        """One variation of a picture, in a hole (h, w) of coarsest cells; seeded by the picture."""
        codes, masks = tuple(level[picture] for level in self.codes), self.masks(hole)
        return ResampleRequest(codes, masks, picture, self._condition(picture), candidates=candidates)

    def masks(self, hole: Mask) -> tuple[Mask, ...]:
        """The hole at every level."""
        ratios = [level.shape[1] // len(hole) for level in self.codes]
        return tuple(np.kron(hole, np.ones((ratio, ratio), np.bool_)) for ratio in ratios)

    def bits(self, codes: Sequence[Codes]) -> NDArray[np.float64]:
        """-log2 p of all codes of each picture, (n,)."""
        grids, condition = tensors_at(
            self.priors, codes, self.labels, np.arange(len(self)), torch.device("cpu")
        )
        with torch.inference_mode():
            nats = self.priors.nats(grids, condition)
        sums = torch.stack([level.double().sum(dim=(1, 2)) for level in nats]).sum(dim=0)
        return np.asarray(sums.numpy() / BIT)

    def _condition(self, picture: int) -> NDArray[np.float32] | None:
        if self.labels is None:
            return None
        weights = condition_of(self.priors, torch.from_numpy(self.labels[picture : picture + 1]))
        return None if weights is None else weights[0].numpy()


def _selection(held_out: _HeldOut, progress: Progress) -> dict[str, Any]:
    """Milliseconds, medians and 95th percentiles over pictures."""
    side = len(held_out.codes[0][0])
    hole = np.zeros((side, side), np.bool_)
    hole[side // 4 : side // 4 + side // 2, side // 4 : side // 4 + side // 2] = True
    waits = []
    for repeat in range(REPEATS + 1):
        progress("Measuring resampling", repeat / (REPEATS + 1))
        waits.append(_waits_ms(held_out, held_out.request(repeat % len(held_out), hole, CANDIDATES)))
    figures = {
        "first_codes": [wait[0] for wait in waits[1:]],  # the first one takes memory
        "done": [sum(wait) for wait in waits[1:]],
        "cancel": [max(wait) for wait in waits[1:]],
    }
    return {"grid": [side, side], "selected": [side // 2] * 2, "repeats": REPEATS} | {
        f"{name}_{suffix}": float(np.percentile(taken, percentile))
        for name, taken in figures.items()
        for suffix, percentile in (("ms", 50), ("p95_ms", 95))
    }


def _waits_ms(held_out: _HeldOut, request: ResampleRequest) -> list[float]:
    """From one event to the next; the last is the finished variation."""
    times = [time.perf_counter()]
    for _ in held_out.resampler.resample(request):
        times.append(time.perf_counter())
    return [1000 * (end - start) for start, end in itertools.pairwise(times)]


def _candidates(held_out: _HeldOut, progress: Progress) -> dict[str, Any]:
    """Bits of held-out grids, their holes filled by one candidate and by one chosen among several.

    Both start from the same seeds, so that the single pass is the first of the candidates.
    """
    random = np.random.default_rng(0)
    holes = [_random_hole(random, held_out.codes[0].shape[1:]) for _ in range(len(held_out))]
    cells = sum(int(mask.sum()) for hole in holes for mask in held_out.masks(hole))
    bits = {
        count: _bits_filled(held_out, holes, count, lambda part: progress("Filling holes", part))
        for count in (1, CANDIDATES)
    }
    saved = bits[1] - bits[CANDIDATES]
    return {
        "pictures": len(held_out),
        "hole_cells": cells,
        "untouched_bits": float(held_out.bits(held_out.codes).mean()),
        "rows": [{"candidates": count, "bits": float(each.mean())} for count, each in bits.items()],
        "saved_bits": float(saved.mean()),
        "saved_bits_per_hole_cell": float(saved.sum() / cells),
        "saved_bits_standard_error": float(saved.std() / np.sqrt(len(saved))),
    }


def _bits_filled(
    held_out: _HeldOut, holes: Sequence[Mask], candidates: int, tell: Callable[[float], None]
) -> NDArray[np.float64]:
    """Of every picture with its hole filled, (n,)."""
    filled = []
    for picture, hole in enumerate(holes):
        tell(picture / len(holes))
        filled.append(_filled(held_out.request(picture, hole, candidates), held_out.resampler))
    return held_out.bits([np.stack(level) for level in zip(*filled, strict=True)])


def _random_hole(random: np.random.Generator, grid: tuple[int, ...]) -> Mask:
    """A rectangle somewhere in a grid, at most half as long and as wide."""
    hole = np.zeros(grid, np.bool_)
    sides = [int(random.integers(min(_SMALLEST_HOLE, cells // 2), cells // 2 + 1)) for cells in grid]
    top, left = (int(random.integers(0, cells - side + 1)) for cells, side in zip(grid, sides, strict=True))
    hole[top : top + sides[0], left : left + sides[1]] = True
    return hole


def _filled(request: ResampleRequest, resampler: Resampler) -> tuple[Codes, ...]:
    *_, finished = resampler.resample(request)
    assert isinstance(finished, Variation)
    return finished.codes
