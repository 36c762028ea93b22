"""The strokes finished last, which may still get cells: a brush that dreams is behind by a few of them."""

from __future__ import annotations

from collections.abc import Callable

from engine.codes.history import History, Step
from engine.codes.patch import Patch
from gui.state.open_stroke import OpenStroke, net

MOST = 32


class FinishedStrokes:
    """Those whose step in the history is done."""

    def __init__(self) -> None:
        self._strokes: list[OpenStroke] = []

    def __contains__(self, stroke: OpenStroke) -> bool:
        return stroke in self._strokes

    def add(self, stroke: OpenStroke, history: History, step: Step) -> None:
        """A stroke is finished: commit `step`, if it changed anything."""
        if history.commit(step):
            stroke.number = history.position - 1
        stroke.patches.clear()
        self._strokes = [*self._strokes, stroke][-MOST:]

    def amend(
        self,
        stroke: OpenStroke,
        history: History,
        patches: tuple[Patch, ...],
        named: Callable[[Step], Step],
    ) -> None:
        """Add to the step of a stroke; where it changed nothing so far it gets one."""
        if stroke.number is None:
            if history.commit(named(Step(stroke.label, net(patches)))):
                stroke.number = history.position - 1
        elif not history.amend(stroke.number, patches):
            for other in self._strokes:
                if other.number is not None and other.number > stroke.number:
                    other.number -= 1
            stroke.number = None

    def keep_before(self, number: int) -> None:
        """Forget those from step `number` on: they are undone, or were."""
        self._strokes = [one for one in self._strokes if one.number is not None and one.number < number]
