"""Pictures that have been drawn, in the groups that stand side by side, and what is drawn into these."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.checkpoint import ModelCard
from engine.sampling.requests import MoreLikeRequest, Part, SampleRequest, Source


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One picture uint8 (H, W, C), drawn down to row `seen_px`, its codes (h, w) per level or latent (D,).

    `number` is its own within its group, `like` are those of the pictures it was made from, the first first.
    """

    number: int
    picture: NDArray[np.uint8]
    codes: tuple[NDArray[np.int64], ...]
    latent: NDArray[np.float32] | None
    seen_px: int
    request: SampleRequest | MoreLikeRequest
    like: tuple[int, ...] = ()
    is_favourite: bool = False

    @property
    def is_whole(self) -> bool:
        return self.seen_px == len(self.picture)

    @property
    def line(self) -> tuple[int, ...]:
        """By which pictures are in order: each is followed by those that are like it."""
        return *self.like, self.number


@dataclass(slots=True, eq=False)
class Group:
    """The pictures of one request and those like them, by number; those rejected stand aside."""

    request: SampleRequest
    source: Source
    card: ModelCard
    samples: dict[int, Sample] = field(default_factory=dict)
    rejected: dict[int, Sample] = field(default_factory=dict)
    more: dict[int, int] = field(default_factory=dict)
    """How many more like a picture have been asked for, by its number."""

    @property
    def in_order(self) -> list[Sample]:
        return sorted(self.samples.values(), key=lambda sample: sample.line)

    @property
    def numbers(self) -> int:
        """How many have been given to pictures."""
        return self.request.count + sum(self.more.values())

    def put(self, sample: Sample) -> None:
        """In the place of what was seen of it before, with what was done with it."""
        place = self.rejected if sample.number in self.rejected else self.samples
        before = place.get(sample.number)
        place[sample.number] = replace(sample, is_favourite=before is not None and before.is_favourite)


@dataclass(slots=True, eq=False)
class Task:
    """What one request draws, numbered from `first` on in its group; how far it is, 0 to 1."""

    group: Group
    request: SampleRequest | MoreLikeRequest
    first: int = 0
    like: tuple[int, ...] = ()
    share: float = 0.0

    def put(self, part: Part) -> None:
        """Some of its pictures, as far as they are drawn."""
        for place, picture in enumerate(part.pictures):
            codes = tuple(level[place] for level in part.codes)
            latent = None if part.latents is None else part.latents[place]
            number = self.first + part.first + place
            self.group.put(Sample(number, picture, codes, latent, part.seen_px, self.request, self.like))

    def forget(self) -> bool:
        """That more like a picture was asked for; returns whether there were any."""
        self.group.more[self.like[-1]] -= self.request.count
        numbers = range(self.first, self.first + self.request.count)
        places = self.group.samples, self.group.rejected
        gone = [place.pop(number) for place in places for number in numbers if number in place]
        return bool(gone)
