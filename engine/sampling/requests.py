"""What is asked of sampling and what comes of it. No torch here: command line and window know it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from engine.priors.drawing import AS_TRAINED, Drawing
from engine.priors.requests import Codes

Source = Literal["prior", "unigram", "uniform", "gaussian"]
SOURCES: tuple[Source, ...] = get_args(Source)
MOST_CANDIDATES = 64
GUIDANCE, FALLOFF, BEST_OF = 2.0, 0.65, 4
"""What samples of a prior look best with, by eye: see `usual`."""


def sources_of(has_codes: bool) -> tuple[Source, ...]:
    """What pictures of a model may be drawn from, what is asked for by itself first."""
    return tuple(source for source in SOURCES if (source != "gaussian") == has_codes)


def usual(source: Source, has_label: bool) -> tuple[Drawing, int]:
    """What pictures are drawn by, and of how many candidates, where window or command line is told nothing.

    A prior as it was trained has the odd code that spoils a picture, and pictures that could be of any label.
    """
    if source != "prior":
        return AS_TRAINED, 1
    if not has_label:
        return Drawing(falloff=FALLOFF), 1
    return Drawing(guidance=GUIDANCE, falloff=FALLOFF), BEST_OF


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """All that decides what comes out. `source` None is the prior, or the Gaussian of vector latents.

    Each picture is the one of so many `candidates` that is most surely of its label: 1 is for all sources,
    more are for a prior with a label.
    """

    model: str | Path
    count: int
    label: str | None = None
    seed: int = 0
    drawing: Drawing = AS_TRAINED
    source: Source | None = None
    device: str | None = None
    candidates: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class MoreLikeRequest:
    """Pictures that share most of one, and all that decides what comes out.

    The one is given by its `codes` (h, w) per level, coarsest first, or by its `latent` (D,), and was made by
    the model of `model_id`, if that is given. They are numbered from `first` on: number 3 of a seed is the
    same whatever the count.
    """

    model: str | Path
    count: int
    codes: tuple[Codes, ...] = ()
    latent: NDArray[np.float32] | None = None
    label: str | None = None
    seed: int = 0
    drawing: Drawing = AS_TRAINED
    first: int = 0
    model_id: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Pictures from number `first` on, uint8 (n, H, W, C), as far as they are drawn, with codes (n, h, w).

    The codes behind the first `seen_px` rows of pixels are drawn; those below are not. The last of these rows
    still change a little with the codes below them. Codes are per level, coarsest first; pictures of vectors
    have none, but latents (n, D).
    """

    first: int
    pictures: NDArray[np.uint8]
    codes: tuple[Codes, ...]
    seen_px: int
    latents: NDArray[np.float32] | None = None

    @property
    def is_whole(self) -> bool:
        return self.seen_px == len(self.pictures[0])


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """How far a request is, 0 to 1, and what there is to see since the last step, if anything."""

    share: float
    part: Part | None = None
