"""What is where, roughly: each block of the coarsest codes as one of a few classes.

    p(codes | y) >= p(layout(codes) | y) p(codes | layout(codes), y)

A PixelCNN makes neighbours agree; to make sense of the whole it needs very many pictures. A layout has a
quarter of the cells or less, each of which stands for a larger part, and the codes are drawn where it says
what belongs. It is a function of the codes, so that nothing has to be kept of it: an auxiliary variable
("PixelCNN Models with Auxiliary Variables for Natural Image Modeling", Kolesnikov & Lampert, 1612.08185,
equations 1 and 2, where it is a smaller or greyer picture). Its classes are those of k-means over the code
vectors of a block.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.decoding.decoder import CodeLevel
from engine.progress import Progress, tell_nobody

_BLOCKS, _NUMBERS = 2**15, 2**25
"""So many blocks of training pictures are enough to find classes, or so many numbers in blocks."""
_ROUNDS = 15
_AT_ONCE = 2**12
_FINDING = "Finding a layout"


class Layout(nn.Module):
    """`classes` classes of blocks of `side` x `side` cells of a level."""

    vectors: Tensor
    centres: Tensor

    def __init__(self, level: CodeLevel, classes: int, side: int) -> None:
        super().__init__()
        self.side = side
        self.level = CodeLevel(level.stride_px * side, classes, level.dim * side**2)
        self.register_buffer("vectors", torch.zeros(level.codes, level.dim))
        self.register_buffer("centres", torch.zeros(classes, self.level.dim))

    @torch.no_grad()
    def of(self, codes: Tensor) -> Tensor:
        """The layout of codes (B, h, w) int64: (B, ceil(h / side), ceil(w / side)) int64.

        A grid that blocks do not fill goes on as at its border.
        """
        blocks = self._blocks(codes)
        return _nearest(blocks.flatten(0, 2), self.centres).view(blocks.shape[:3])

    @torch.no_grad()
    def fit(
        self,
        codes: NDArray[Any],
        vectors: Tensor,
        shares: NDArray[np.float64],
        seed: int,
        tell: Progress = tell_nobody,
    ) -> None:
        """Find classes for codes (m, h, w) with `vectors` (K, D).

        The first n are looked at, each as often as its share (n,) says.
        """
        self.vectors.copy_(vectors)
        generator = torch.Generator().manual_seed(seed)
        per_grid = -(-codes.shape[1] // self.side) * -(-codes.shape[2] // self.side)
        blocks = min(_BLOCKS, _NUMBERS // self.level.dim)
        weights = torch.from_numpy(np.asarray(shares))
        chosen = torch.multinomial(weights, -(-blocks // per_grid), replacement=True, generator=generator)
        grids = torch.from_numpy(np.asarray(codes[chosen.numpy()], np.int64)).to(self.vectors.device)
        self.centres.copy_(k_means(self._blocks(grids).flatten(0, 2), len(self.centres), generator, tell))

    def _blocks(self, codes: Tensor) -> Tensor:
        """The vectors of each block: (B, h / side, w / side, side * side * D)."""
        side, (height, width) = self.side, codes.shape[1:]
        rows = torch.arange(-(-height // side) * side, device=codes.device).clamp(max=height - 1)
        columns = torch.arange(-(-width // side) * side, device=codes.device).clamp(max=width - 1)
        whole = codes[:, rows][:, :, columns]
        parted = whole.view(len(codes), len(rows) // side, side, len(columns) // side, side)
        return F.embedding(parted.transpose(2, 3), self.vectors).flatten(3)


def k_means(points: Tensor, count: int, generator: torch.Generator, tell: Progress = tell_nobody) -> Tensor:
    """`count` centres (count, D) of points (n, D): Lloyd's rounds from seeds drawn by their squared distance.

    "k-means++: The Advantages of Careful Seeding", Arthur & Vassilvitskii, 2007.
    """
    centres = points.new_empty(count, points.shape[1])
    distances = torch.ones(len(points), device=points.device)
    for place in range(count):
        # Where every point is a centre already, any will do.
        drawn = torch.multinomial(distances.cpu() + 1e-12, 1, generator=generator)
        centres[place] = points[drawn[0]]
        away = _distances(points, centres[place : place + 1])[:, 0].square()
        distances = torch.minimum(distances, away) if place else away
        tell(_FINDING, 0.5 * place / count)
    for turn in range(_ROUNDS):
        tell(_FINDING, 0.5 + 0.5 * turn / _ROUNDS)
        nearest = _nearest(points, centres)
        sums = torch.zeros_like(centres).index_add_(0, nearest, points)
        counts = torch.bincount(nearest, minlength=count)[:, None]
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)
    return centres


def _distances(points: Tensor, centres: Tensor) -> Tensor:
    # Not by a matrix product, which some devices round: a layout is to be the same wherever it is asked for.
    return torch.cdist(points, centres, compute_mode="donot_use_mm_for_euclid_dist")


def _nearest(points: Tensor, centres: Tensor) -> Tensor:
    """The index (n,) of the centre (m, D) nearest to each point (n, D)."""
    starts = range(0, len(points), _AT_ONCE)
    return torch.cat([_distances(points[n : n + _AT_ONCE], centres).argmin(1) for n in starts])
