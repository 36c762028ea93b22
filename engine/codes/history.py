"""Undo and redo without limit. The history keeps steps; it never touches a grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.codes.packing import PackedPatch, PackedSelection, pack, unpack
from engine.codes.patch import Patch, merge
from engine.codes.selection import Selection


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One thing the user did: patches in the order they were applied, and the selection around them."""

    label: str
    patches: tuple[Patch, ...] = ()
    selection_before: Selection | None = None
    selection_after: Selection | None = None

    def reversed(self) -> Step:
        """The step that takes this one back: apply its patches in their order."""
        patches = tuple(patch.reversed() for patch in reversed(self.patches))
        return Step(self.label, patches, self.selection_after, self.selection_before)


@dataclass(frozen=True, slots=True)
class PackedStep:
    """A `Step` as it is kept."""

    label: str
    patches: tuple[PackedPatch, ...]
    selection_before: PackedSelection | None = None
    selection_after: PackedSelection | None = None

    @classmethod
    def of(cls, step: Step) -> PackedStep:
        before, after = step.selection_before, step.selection_after
        return cls(
            step.label,
            tuple(pack(patch) for patch in step.patches),
            None if before is None else PackedSelection.of(before),
            None if after is None else PackedSelection.of(after),
        )

    def unpacked(self) -> Step:
        before, after = self.selection_before, self.selection_after
        return Step(
            self.label,
            tuple(unpack(patch) for patch in self.patches),
            None if before is None else before.unpacked(),
            None if after is None else after.unpacked(),
        )


class History:
    """A line of steps and a position on it; `position` steps are done, the rest can be redone."""

    def __init__(self, steps: Iterable[PackedStep] = (), position: int = 0) -> None:
        """A history as it was saved; `position` counts as the saved one."""
        self._steps = list(steps)
        if not 0 <= position <= len(self._steps):
            raise ValueError(f"position {position} in a history of {len(self._steps)} steps")
        self._position = position
        self._saved: int | None = position

    @property
    def position(self) -> int:
        """How many steps are done."""
        return self._position

    @property
    def steps(self) -> tuple[str, ...]:
        """The labels of all steps, done and undone, oldest first."""
        return tuple(step.label for step in self._steps)

    @property
    def packed_steps(self) -> tuple[PackedStep, ...]:
        """All steps as they are kept, for saving."""
        return tuple(self._steps)

    @property
    def can_undo(self) -> bool:
        return self._position > 0

    @property
    def can_redo(self) -> bool:
        return self._position < len(self._steps)

    @property
    def undo_label(self) -> str | None:
        """What undo would take back."""
        return self._steps[self._position - 1].label if self.can_undo else None

    @property
    def redo_label(self) -> str | None:
        """What redo would do again."""
        return self._steps[self._position].label if self.can_redo else None

    def __len__(self) -> int:
        return len(self._steps)

    def commit(self, step: Step) -> bool:
        """Add a step just done; what could be redone is gone. One that does nothing is left out: False."""
        if not step.patches and step.selection_before == step.selection_after:
            return False
        if self._saved is not None and self._saved > self._position:
            self._saved = None  # the saved state lay among the steps that now go
        self._steps[self._position :] = [PackedStep.of(step)]
        self._position += 1
        return True

    def amend(self, number: int, patches: Iterable[Patch]) -> bool:
        """Let step `number`, which is done, have changed `patches` too; False where nothing is left of it.

        No later step may have touched their cells. A step that then changes nothing is taken out.
        """
        if not 0 <= number < self._position:
            raise ValueError(f"step {number} is not among the {self._position} that are done")
        step = self._steps[number].unpacked()
        step = replace(step, patches=merge([*step.patches, *patches]))
        if self._saved is not None and self._saved > number:
            self._saved = None  # what was saved was that step as it was before
        if step.patches or step.selection_before != step.selection_after:
            self._steps[number] = PackedStep.of(step)
            return True
        del self._steps[number]
        self._position -= 1
        return False

    def undo(self) -> Step | None:
        """Go back by one: the step to take back (apply its `reversed()`), None at the beginning."""
        if not self.can_undo:
            return None
        self._position -= 1
        return self._steps[self._position].unpacked()

    def redo(self) -> Step | None:
        """Go forward by one: the step to apply, None at the end."""
        if not self.can_redo:
            return None
        self._position += 1
        return self._steps[self._position - 1].unpacked()

    def go_to(self, position: int) -> tuple[Step, ...]:
        """Move to `position`, held within the history: the steps to apply, reversed where it goes back."""
        target = min(max(position, 0), len(self._steps))
        back = [step.reversed() for _ in range(self._position - target) if (step := self.undo())]
        forward = [step for _ in range(target - self._position) if (step := self.redo())]
        return tuple(back + forward)

    @property
    def is_saved(self) -> bool:
        """Whether this position is the one that was saved."""
        return self._saved == self._position

    def mark_saved(self) -> None:
        self._saved = self._position

    def mark_unsaved(self) -> None:
        """No position counts as saved: the painting differs from its file in something that is no step."""
        self._saved = None
