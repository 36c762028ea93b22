"""Pictures that a model makes up, drawn off the GUI thread; a step at a time, so that painting gets turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.priors.drawing import AS_TRAINED, Drawing
from engine.sampling.sources import Source
from gui.workers.job import Ticket
from gui.workers.preload import preload_torch

if TYPE_CHECKING:
    from engine.sampling.samples import Drawer, Opened, SampleRequest


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be drawn: `label` empty for any."""

    model: Path
    source: Source
    count: int
    label: str = ""
    seed: int = 0
    drawing: Drawing = AS_TRAINED


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Pictures from number `first` on, uint8 (n, H, W, C), of which `seen_px` rows are drawn; their codes."""

    first: int
    pictures: NDArray[np.uint8]
    codes: tuple[NDArray[np.int64], ...]
    seen_px: int


class PictureMaker:
    """Lives on the worker that torch is on; keeps the model that it used last."""

    def __init__(self) -> None:
        self._kept: tuple[object, Opened] | None = None
        self._steps: Iterator[Seen] = iter(())

    def begin(self, wish: Wish, ticket: Ticket) -> None:
        """Get ready to draw; what was being drawn is given up. Raises as `engine.sampling` does."""
        self._steps = iter(())
        ticket.raise_if_cancelled()
        preload_torch()
        from engine.sampling.samples import SampleRequest, open_sampling

        request = SampleRequest(
            wish.model, wish.count, wish.label or None, wish.seed, wish.drawing, wish.source
        )
        opened = self._opened(wish.model)
        ticket.raise_if_cancelled()
        _, drawer = open_sampling(request, opened)
        self._steps = _steps(request, drawer)

    def go_on(self, ticket: Ticket) -> Seen | None:
        """The next that there is to see; None at the end."""
        ticket.raise_if_cancelled()
        return next(self._steps, None)

    def _opened(self, path: Path) -> Opened:
        from engine.models.registry import find_model
        from engine.sampling.samples import open_model

        path = find_model(path)  # which says so where it has gone meanwhile
        state = path, path.stat().st_mtime_ns  # a run's file is written anew while it is trained
        if self._kept is None or self._kept[0] != state:
            self._kept = None
            self._kept = state, open_model(path)
        return self._kept[1]


def _steps(request: SampleRequest, drawer: Drawer) -> Iterator[Seen]:
    from engine.sampling.samples import AT_ONCE, Part

    for first in range(0, request.count, AT_ONCE):
        images = range(first, min(first + AT_ONCE, request.count))
        for step in drawer(images, watched=True):
            if isinstance(step, Part):
                yield Seen(first, step.pictures, step.codes, step.seen_px)
