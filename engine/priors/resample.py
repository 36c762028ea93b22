"""New codes for some cells of a painting, everything else untouched.

A prior in raster order sees what lies above and to the left. Cells drawn one after another know nothing of
the fixed cells that follow, so a seam would show below and to the right. Here several candidates x^1..x^M are
drawn from that proposal q and one is chosen with probability in proportion to

    w_m = p(x^m) / q(x^m) = prod_j p(fixed_j | all before j, x^m among them)      (j: fixed cells that follow)

which draws from p(x | fixed) as M grows: sampling-importance-resampling (Rubin 1987; Smith and Gelfand,
"Bayesian Statistics without Tears", 1992). Finer levels that stay as they are follow too.

A prior that was trained on 16 x 16 codes has never seen more. On a larger grid the selection is filled in
blocks of half that size, each in the middle of a window that is no larger; what is drawn of a window beyond
its block is only there so that the block has neighbours, and is drawn again in its turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.codes.box import Box
from engine.errors import CodesFault, OptionFault
from engine.priors.blocks import blocks_of
from engine.priors.cells import Cells
from engine.priors.checking import check_codes, check_condition
from engine.priors.drawing import AS_TRAINED, draw
from engine.priors.hierarchical import BIT, HierarchicalPrior
from engine.priors.leaning import Leaning
from engine.priors.requests import Codes, Drawn, Mask, ResampleRequest, Variation
from engine.priors.sampler import CellsMaker, FillRequest, Sampler
from engine.priors.uniforms import CHOICE, uniforms_of

FIRST_CANDIDATE = 2**62
"""Candidates are numbered from here: by a picture's own number its seed would draw what is there already."""

Leanings: TypeAlias = "tuple[Leaning | None, ...] | None"
"""Per level, of the whole grid."""


class Resampler:
    """Resamples with the priors of a model that was trained on grids of `trained` coarsest cells a side."""

    def __init__(self, priors: HierarchicalPrior, trained: int, cells: CellsMaker = Cells) -> None:
        self._priors, self._trained = priors, trained
        self._sampler = Sampler(priors, cells=cells)

    def resample(self, request: ResampleRequest, leanings: Leanings = None) -> Iterator[Drawn | Variation]:
        """The first candidate of each variation cell by cell as it is drawn, then the one that is chosen.

        The fixed cells that follow come as well, gone past to weigh the candidates. `leanings` per level are
        part of what candidates are drawn by; the bits of a variation know nothing of them. The consumer stops
        by not asking for more. Raises `CodesFault` where codes or masks do not fit or no cell is masked,
        `PriorFault` for a condition that does not, `OptionFault` for numbers without sense.
        """
        if request.variations < 1 or request.candidates < 1:
            raise OptionFault("give one variation and one candidate at least")
        self._check(request)
        return self._resampled(request, leanings)

    def draw(self, request: ResampleRequest, leanings: Leanings = None) -> Iterator[Drawn]:
        """The first candidate of the first variation cell by cell, unweighed: what follows has no say in it.

        On a grid larger than the trained one a cell may come twice: the last time counts. Raises as
        `resample`.
        """
        self._check(request)
        return self._drawn(replace(request, variations=1, candidates=1), leanings)

    def _check(self, request: ResampleRequest) -> None:
        check_codes(self._priors, request.codes)
        if request.condition is not None:
            check_condition(self._priors, request.condition)
        if [mask.shape for mask in request.masks] != [codes.shape for codes in request.codes]:
            raise CodesFault("the selection has another size than the codes")
        if not any(mask.any() for mask in request.masks):
            raise CodesFault("nothing is selected: select the cells that are to get new codes")

    def _drawn(self, request: ResampleRequest, leanings: Leanings) -> Iterator[Drawn]:
        blocks, margin = blocks_of(request.masks, self._trained)
        codes, waiting = [level.copy() for level in request.codes], [mask.copy() for mask in request.masks]
        for index, block in enumerate(blocks):
            part = _Part(request, request.first, block, margin, codes, waiting, leanings)
            for drawn in self._fill(part, weighs=False):
                part.take(drawn)
                yield part.placed(drawn, (index + drawn.share) / len(blocks))
            part.keep(0)

    def _resampled(self, request: ResampleRequest, leanings: Leanings) -> Iterator[Drawn | Variation]:
        blocks, margin = blocks_of(request.masks, self._trained)
        numbers = range(request.first, request.first + request.variations)
        steps = len(blocks) * len(numbers)
        for place, number in enumerate(numbers):
            bits, codes = 0.0, [level.copy() for level in request.codes]
            waiting = [mask.copy() for mask in request.masks]
            for index, block in enumerate(blocks):
                part = _Part(request, number, block, margin, codes, waiting, leanings)
                for drawn in self._fill(part, weighs=True):
                    part.take(drawn)
                    yield part.placed(drawn, (place * len(blocks) + index + drawn.share) / steps)
                bits += _choose(part, index)
            yield Variation(number, tuple(codes), bits)

    def _fill(self, part: _Part, weighs: bool) -> Iterator[Drawn]:
        """What is all new, and leans towards nothing, gets a layout first, as samples do."""
        request = part.fill_request(weighs)
        if part.is_all_new and request.leaning is None:
            request, nats = yield from self._sampler.lay_out(request)
            part.nats_drawn += nats
        yield from self._sampler.fill(request)


def _choose(part: _Part, index: int) -> float:
    """Keep one candidate by its weight; returns its bits."""
    uniform = uniforms_of(part.request.seed, [part.number], CHOICE, 1, 1, (index, 0))[0, 0]
    chosen = int(draw(-part.nats_following[None], uniform, AS_TRAINED)[0])
    part.keep(chosen)
    return float(part.nats_drawn[chosen] + part.nats_following[chosen]) / BIT


class _Part:
    """The candidates for a block of one variation, with the window around it; boxes are of coarsest cells."""

    def __init__(
        self,
        request: ResampleRequest,
        number: int,
        block: Box,
        margin: int,
        codes: Sequence[Codes],
        waiting: Sequence[Mask],
        leanings: Leanings,
    ) -> None:
        self.request, self.number, self._block = request, number, block
        self._codes, self._waiting = codes, waiting
        self._ratios = [len(level) // len(codes[0]) for level in codes]
        self._window = block.grown(margin).clipped(*codes[0].shape)
        cells = [self._window.scaled(ratio).slices for ratio in self._ratios]
        self._masks = tuple(mask[place] for mask, place in zip(waiting, cells, strict=True))
        self._leanings = leanings and tuple(
            leaning and leaning.at(place) for leaning, place in zip(leanings, cells, strict=True)
        )
        seen = [level[place] for level, place in zip(codes, cells, strict=True)]
        self._following = tuple(self._after(self._masks))
        # With nothing fixed that follows, all candidates are as good: one is enough.
        count = request.candidates if any(following.any() for following in self._following) else 1
        self.candidates = [np.repeat(level[None], count, axis=0) for level in seen]
        # -log p of each candidate: of what was drawn, and of the fixed cells that follow it.
        self.nats_drawn, self.nats_following = np.zeros(count), np.zeros(count)

    def fill_request(self, weighs: bool = True) -> FillRequest:
        """What is to be drawn; where nothing `weighs` the candidates, cells that follow are left out."""
        request, count = self.request, len(self.candidates[0])
        first = FIRST_CANDIDATE + self.number * request.candidates
        images = tuple(range(first, first + count))
        return FillRequest(
            codes=tuple(self.candidates),
            masks=self._masks,
            seed=request.seed,
            images=images,
            condition=self.condition(),
            drawing=request.drawing,
            origin=tuple(self._corner(ratio) for ratio in self._ratios),
            leaning=self._leanings,
            weighed=tuple(map(np.logical_or, self._masks, self._following)) if weighs else None,
        )

    @property
    def is_all_new(self) -> bool:
        """Whether no code of the coarsest level stays."""
        return self._masks[0].shape == self._codes[0].shape and bool(self._masks[0].all())

    def condition(self) -> NDArray[np.float32] | None:
        """The request's, for every candidate: (M, L)."""
        given = self.request.condition
        return None if given is None else np.repeat(given[None], len(self.candidates[0]), axis=0)

    @staticmethod
    def _after(masks: Sequence[Mask]) -> Iterator[Mask]:
        """Per level which fixed cells come after some that are drawn."""
        begun = False
        for mask in masks:
            after = np.logical_or.accumulate(mask.ravel()).reshape(mask.shape) | begun
            yield after & ~mask
            begun = begun or bool(mask.any())

    def take(self, drawn: Drawn) -> None:
        """Some cells of all candidates, and what they weigh."""
        cells = drawn.row, slice(drawn.column, drawn.column + drawn.codes.shape[1])
        self.candidates[drawn.level][:, *cells] = drawn.codes
        is_drawn = self._masks[drawn.level][cells]
        self.nats_drawn += drawn.nats[:, is_drawn].sum(axis=1)
        self.nats_following += drawn.nats[:, ~is_drawn].sum(axis=1)

    def placed(self, drawn: Drawn, share: float) -> Drawn:
        """Those of the first candidate, on the whole grid."""
        top, left = self._corner(self._ratios[drawn.level])
        place = top + drawn.row, left + drawn.column
        return Drawn(drawn.level, *place, drawn.codes[:1], share, drawn.nats[:1])

    def keep(self, chosen: int) -> None:
        """The block of one candidate takes the place of what was there, and no longer waits."""
        for level, ratio in enumerate(self._ratios):
            place = self._block.scaled(ratio)
            top, left = self._corner(ratio)
            inside = place.shifted(-top, -left).slices
            self._codes[level][place.slices] = self.candidates[level][chosen][inside]
            self._waiting[level][place.slices] = False

    def _corner(self, ratio: int) -> tuple[int, int]:
        return self._window.top * ratio, self._window.left * ratio
