"""Pictures that a model makes up, drawn off the GUI thread; a step at a time, so that painting gets turns."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.checkpoint import ModelCard
from engine.priors.requests import Codes
from engine.sampling.requests import MoreLikeRequest, SampleRequest, Step
from exporters.images import Pixels
from gui.workers.job import Ticket
from gui.workers.preload import preload_torch

if TYPE_CHECKING:
    from engine.sampling.samples import Opened

TURN_S = 0.03
"""So long at most one step takes where nothing comes to be seen: a stroke elsewhere waits for it."""


class PictureMaker:
    """Lives on the worker that torch is on; keeps the model that it used last."""

    def __init__(self) -> None:
        self._kept: tuple[object, Opened] | None = None
        self._steps: Iterator[Step] = iter(())

    def begin(self, request: SampleRequest | MoreLikeRequest, ticket: Ticket) -> ModelCard:
        """Get ready to draw, and say of which model; what was being drawn is given up.

        Raises as `engine.sampling` does.
        """
        self._steps = iter(())
        ticket.raise_if_cancelled()
        preload_torch()
        from engine.sampling.more_like import open_more_like
        from engine.sampling.samples import draw_steps, open_sampling

        opened = self._opened(Path(request.model))
        ticket.raise_if_cancelled()

        def tell(what: str, share: float) -> None:
            ticket.report(share, what)

        if isinstance(request, MoreLikeRequest):
            self._steps = open_more_like(request, opened, tell)
        else:
            self._steps = draw_steps(request, open_sampling(request, opened, tell)[1], watched=True)
        return opened.card

    def go_on(self, ticket: Ticket) -> Step | None:
        """To what there is to see next, or as far as one turn goes; None at the end."""
        until, last = time.monotonic() + TURN_S, None
        for step in self._steps:
            ticket.raise_if_cancelled()
            last = step
            if step.part is not None or time.monotonic() >= until:
                break
        return last

    def frames(self, card: ModelCard, codes: Sequence[Codes], ticket: Ticket) -> list[Pixels]:
        """A picture being drawn whose codes (h, w) per level the model of `card` has made.

        Raises as `begin` does, and `OptionFault` where the model's file holds another one by now.
        """
        ticket.raise_if_cancelled()
        preload_torch()
        from engine.sampling.samples import decode_of
        from exporters.animation import drawing

        decode = decode_of(self._opened(card.path), card.model_id)
        return drawing(codes, decode, lambda what, share: ticket.report(share, what))

    def _opened(self, path: Path) -> Opened:
        from engine.models.registry import find_model
        from engine.sampling.samples import open_model

        path = find_model(path)  # which says so where it has gone meanwhile
        state = path, path.stat().st_mtime_ns  # a run's file is written anew while it is trained
        if self._kept is None or self._kept[0] != state:
            self._kept = None
            self._kept = state, open_model(path)
        return self._kept[1]
