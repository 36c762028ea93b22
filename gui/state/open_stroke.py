"""A change that is being made: the patches painted so far; and where it went when it was finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from engine.codes.grid import CodeGrid
from engine.codes.history import Step
from engine.codes.patch import Patch, merge
from engine.codes.selection import Fragment, Selection

Beneath = Literal["stays", "follows", "starts"]
"""What becomes of finer levels beneath a stroke on a coarser one: nothing, drawn anew, as at the start."""


@dataclass(frozen=True, slots=True)
class Floating:
    """Cells that are in the air: shown on the canvas, set down when the stroke is committed."""

    fragment: Fragment
    hole: Selection | None  # the cells they were lifted from; None for pasted ones
    top: int
    left: int


@dataclass(slots=True, eq=False)
class OpenStroke:
    """Becomes one undo step when committed; cancelling applies its patches reversed.

    `number` is then that of its step, None where it changed nothing.
    """

    label: str
    selection_before: Selection
    beneath: Beneath = "stays"
    patches: list[Patch] = field(default_factory=list)
    floating: Floating | None = None
    number: int | None = None

    def step(self, selection_after: Selection) -> Step:
        """The undo step; it carries the selections only where the stroke moved the selection."""
        if selection_after == self.selection_before:
            return Step(self.label, net(self.patches))
        return Step(self.label, net(self.patches), self.selection_before, selection_after)

    def take_back(self, grid: CodeGrid) -> tuple[Patch, ...]:
        """Put the grid back to how it was before the stroke; returns the patches that did it."""
        undone = tuple(patch.reversed() for patch in reversed(self.patches))
        for patch in undone:
            grid.apply(patch)
        self.patches.clear()
        return undone


def net(patches: Sequence[Patch]) -> tuple[Patch, ...]:
    """What `patches`, applied one after another, change in the end: one patch per level at most."""
    return merge(patches) if len(patches) > 1 else tuple(patches)
