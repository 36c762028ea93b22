"""The protocol through which the window asks a model's prior: NumPy in, NumPy out, no torch in sight.

`engine.priors.torch_prior` implements it. Grids are `(h, w)` int64 per level, coarsest first; a condition is
`(L,)` weights over the prior's labels, None for the null label. What draws codes belongs here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from engine.codes.box import Box
from engine.priors.requests import Drawn, DreamRequest, ResampleRequest, Variation

Grids = Sequence[NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class Surprise:
    """How unexpected each code of one level is, given those before it and the coarser levels."""

    bits: NDArray[np.float32]
    """-log2 p(code), `(h, w)`."""
    ranks: NDArray[np.int64]
    """How many of the K codes are likelier: 0 = the likeliest."""
    entropy: NDArray[np.float32]
    """In bits: what a code drawn from the distribution there would cost on average."""

    def within(self, box: Box) -> Surprise:
        """The part of the cells in `box`."""
        return Surprise(self.bits[box.slices], self.ranks[box.slices], self.entropy[box.slices])


@dataclass(frozen=True, slots=True, eq=False)
class Likeliest:
    """The codes that a prior expects at one cell, likeliest first."""

    codes: NDArray[np.int64]
    probabilities: NDArray[np.float64]


@runtime_checkable
class CodePrior(Protocol):
    """What knows which codes go together. Margins count coarsest cells."""

    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def margin(self) -> int:
        """Coarsest cells around a window that what is said of it may depend on."""
        ...

    def surprise(self, codes: Grids, condition: NDArray[np.float32] | None = None) -> list[Surprise]:
        """Per level, coarsest first. Raises `CodesFault` and, for the condition, `PriorFault`."""
        ...

    def likeliest(
        self,
        codes: Grids,
        level: int,
        cell: tuple[int, int],
        count: int,
        condition: NDArray[np.float32] | None = None,
    ) -> Likeliest:
        """At most `count` codes for `cell` (row, column) of `level`, whatever code is there now."""
        ...

    def resample(self, request: ResampleRequest) -> Iterator[Drawn | Variation]:
        """The first candidate of each variation as it is drawn, then the one that is chosen.

        The fixed cells that follow come as well, as they are gone past to choose it: a chance to stop.
        Stops when no more is asked for. Raises `CodesFault`, `PriorFault` and `OptionFault`.
        """
        ...

    def follow(self, request: ResampleRequest, level: int) -> Iterator[Drawn | Variation]:
        """As `resample`: codes of levels finer than `level` near what it and coarser ones show by themselves.

        Where the model was not trained to show them by themselves, no other than `resample`.
        """
        ...

    def dream(self, request: DreamRequest) -> Iterator[Drawn]:
        """What a brush leaves that leans towards the prior, as it is drawn; a cell may come twice.

        Raises as `resample`.
        """
        ...
