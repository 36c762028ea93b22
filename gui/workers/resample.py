"""Drawing variations of a selection and decoding each in place; what is being drawn is shown as it comes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.codes.box import Box, Mask
from engine.codes.selection import Selection
from engine.decoding.decoder import Decoder
from engine.decoding.windowed import decode_full, read_window
from engine.priors.requests import Drawn, ResampleRequest, Variation
from gui.workers.job import Ticket

DRAFT_S = 0.05
"""Between two drafts, at least."""
DRAFTS_SHARE = 4
"""Between two drafts passes as many times what decoding one took: drawing must get on."""


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """All that drawing takes. The request's masks lie in the cells of `selection`."""

    decoder: Decoder
    request: ResampleRequest
    selection: Selection


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Pixels to show in the picture's place; `unfinished` says which cells are still being drawn."""

    box: Box  # coarsest cells
    pixels: NDArray[np.uint8]  # (H, W, C)
    unfinished: Mask | None = None  # (h, w) of `box`


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """How far it is, and while it is the first variation's turn what there is of it."""

    share: float
    picture: Picture | None


@dataclass(frozen=True, slots=True, eq=False)
class NewCodes:
    """The new codes (h, w) of `box`, cells of a level, where `mask` says so."""

    level: int
    box: Box
    mask: Mask
    codes: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PicturedVariation:
    """What was drawn of each level, and how it looks."""

    number: int
    bits: float
    parts: tuple[NewCodes, ...]
    picture: Picture

    def is_like(self, other: PicturedVariation) -> bool:
        """Whether it has the same codes."""
        return all(
            np.array_equal(one.codes, two.codes) for one, two in zip(self.parts, other.parts, strict=True)
        )


def draw_variations(order: Order, ticket: Ticket) -> None:
    """Hand over drafts and variations as they come; cancelled between one drawn cell and the next."""
    prior = order.decoder.prior
    assert prior is not None
    easel = _Easel(order, ticket)
    for event in prior.resample(order.request):
        ticket.raise_if_cancelled()
        if isinstance(event, Variation):
            ticket.hand_over(easel.finished(event))
        else:
            easel.take(event)
            if event.codes.size and easel.is_due:
                ticket.hand_over(easel.draft(event.share))


class _Easel:
    """What of the first variation has been drawn so far, and the part of the picture it shows in."""

    def __init__(self, order: Order, ticket: Ticket) -> None:
        self._order, self._ticket = order, ticket
        self._codes = [codes.copy() for codes in order.request.codes]
        self._has_first = False
        self._due = 0.0
        around = order.selection.box
        assert around is not None
        self._selected = around
        self._box = around.grown(order.decoder.receptive_margin).clipped(*order.selection.mask.shape)

    @property
    def is_due(self) -> bool:
        """Whether the window should hear of it again."""
        return time.monotonic() >= self._due

    def take(self, drawn: Drawn) -> None:
        end = drawn.column + drawn.codes.shape[1]
        self._codes[drawn.level][drawn.row, drawn.column : end] = drawn.codes[0]

    def draft(self, share: float) -> Draft:
        started, picture = time.monotonic(), None
        if not self._has_first:
            picture = Picture(
                self._box, self._decoded(self._codes), self._order.selection.mask[self._box.slices]
            )
        now = time.monotonic()
        self._due = now + max(DRAFT_S, DRAFTS_SHARE * (now - started))
        return Draft(share, picture)

    def finished(self, variation: Variation) -> PicturedVariation:
        self._has_first = True
        masks, parts = self._order.request.masks, []
        for level, mask in enumerate(masks):
            if mask.any():
                box = self._selected.scaled(len(mask) // len(masks[0]))
                codes = variation.codes[level][box.slices].copy()
                parts.append(NewCodes(level, box, mask[box.slices], codes))
        picture = Picture(self._box, self._decoded(variation.codes))
        return PicturedVariation(variation.number, variation.bits, tuple(parts), picture)

    def _decoded(self, codes: Sequence[NDArray[np.int64]]) -> NDArray[np.uint8]:
        """All that the selected cells show in, (H, W, C)."""
        decoder = self._order.decoder
        window = read_window(codes, self._box, decoder.receptive_margin)
        pixels = decode_full(decoder, window.codes, cancelled=lambda: self._ticket.cancelled)
        return pixels[window.inner.scaled(decoder.levels[0].stride_px).slices]
