"""Which codes of the other levels go with a code. NumPy only.

A code of a model with several levels looks like nothing by itself: its picture depends on what stands
over it and under it. Its companions are the codes most often found there, and its uniform field is the
canvas of that code and its companions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.decoding.decoder import CodeLevel, Codes

Companions = tuple[NDArray[np.int64], ...]
"""Of one level: per level the companion of each code, `(K,)`; of the level itself the code."""


def find_companions(codes: Sequence[Codes], levels: Sequence[CodeLevel]) -> tuple[Companions, ...]:
    """Per level the companions of its codes in `codes`, `(N, h, w)` per level.

    Those of a code that does not occur are the codes that occur most.
    """
    return tuple(
        tuple(_companion(codes, levels, level, other) for other in range(len(levels)))
        for level in range(len(levels))
    )


def _companion(
    codes: Sequence[Codes], levels: Sequence[CodeLevel], level: int, other: int
) -> NDArray[np.int64]:
    own, k = levels[level].codes, levels[other].codes
    if level == other:
        return np.arange(own)
    finest = max(codes[level].shape[1], codes[other].shape[1])
    here, there = (_enlarged(codes[index], finest) for index in (level, other))
    together = np.bincount((here * k + there).ravel(), minlength=own * k).reshape(own, k)
    found = together.any(axis=1)
    return np.where(found, together.argmax(axis=1), np.bincount(codes[other].ravel()).argmax())


def _enlarged(grids: Codes, rows: int) -> Codes:
    """Each cell of `(N, h, w)` repeated, so that there are `rows`."""
    times = rows // grids.shape[1]
    return grids.repeat(times, axis=1).repeat(times, axis=2)


def uniform_grids(companions: Companions, levels: Sequence[CodeLevel]) -> list[Codes]:
    """For every code of a level one coarsest cell of it and its companions: `(K, r, r)` per level."""
    ratios = (levels[0].stride_px // level.stride_px for level in levels)
    return [
        np.tile(codes[:, None, None], (1, ratio, ratio))
        for codes, ratio in zip(companions, ratios, strict=True)
    ]
