"""Undo and redo: the same codes again, the saved mark, and next to no memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engine.codes.grid import Box, CodeGrid, Patch
from engine.codes.history import History, PackedStep, Step
from engine.codes.packing import PackedPatch, mask_of_runs, mask_runs, pack, unpack
from engine.codes.selection import Selection


def stroke(grid: CodeGrid, row: int, column: int, code: int) -> Step:
    patch = grid.paint(0, Box(row, column, row + 2, column + 2), np.ones((2, 2), bool), code)
    return Step(f"stroke {code}", () if patch is None else (patch,))


class Editing(RuleBasedStateMachine):
    """Any mix of strokes, undo, redo, jumps and saves against a list of whole grids."""

    def __init__(self) -> None:
        super().__init__()
        self.grid = CodeGrid.filled(5, 5, (0,), (8,))
        self.history = History()
        self.states = [self.grid.levels[0].tolist()]
        self.at = 0
        self.saved: list[list[int]] | None = self.states[0]
        self.saved_at: int | None = 0

    def apply(self, step: Step) -> None:
        for patch in step.patches:
            self.grid.apply(patch)

    @rule(row=st.integers(-1, 5), column=st.integers(-1, 5), code=st.integers(0, 7))
    def paint(self, row: int, column: int, code: int) -> None:
        step = stroke(self.grid, row, column, code)
        self.history.commit(step)
        if step.patches:
            if self.saved_at is not None and self.saved_at > self.at:
                self.saved_at = None
            self.states[self.at + 1 :] = [self.grid.levels[0].tolist()]
            self.at += 1

    @rule()
    def undo(self) -> None:
        step = self.history.undo()
        assert (step is None) == (self.at == 0)
        if step is not None:
            self.apply(step.reversed())
            self.at -= 1

    @rule()
    def redo(self) -> None:
        step = self.history.redo()
        assert (step is None) == (self.at == len(self.states) - 1)
        if step is not None:
            self.apply(step)
            self.at += 1

    @rule(position=st.integers(-1, 12))
    def jump(self, position: int) -> None:
        for step in self.history.go_to(position):
            self.apply(step)
        self.at = min(max(position, 0), len(self.states) - 1)

    @rule()
    def save(self) -> None:
        self.history.mark_saved()
        self.saved_at = self.at

    @invariant()
    def the_same(self) -> None:
        assert self.grid.levels[0].tolist() == self.states[self.at]
        assert self.history.position == self.at
        assert len(self.history.steps) == len(self.history) == len(self.states) - 1
        assert self.history.is_saved == (self.saved_at == self.at)
        assert self.history.can_undo == (self.at > 0) == (self.history.undo_label is not None)
        assert self.history.can_redo == (self.at < len(self.history)) == (self.history.redo_label is not None)


TestEditing = Editing.TestCase
TestEditing.settings = settings(deadline=None, max_examples=50)


def test_labels_say_what_undo_and_redo_would_do() -> None:
    grid, history = CodeGrid.filled(4, 4, (0,), (8,)), History()
    history.commit(stroke(grid, 0, 0, 1))
    history.commit(stroke(grid, 0, 0, 2))
    history.undo()
    assert history.steps == ("stroke 1", "stroke 2")
    assert (history.undo_label, history.redo_label) == ("stroke 1", "stroke 2")


def test_the_saved_mark_is_lost_when_its_steps_are() -> None:
    grid, history = CodeGrid.filled(4, 4, (0,), (8,)), History()
    history.commit(stroke(grid, 0, 0, 1))
    history.mark_saved()
    assert history.is_saved
    history.undo()
    assert not history.is_saved
    history.redo()
    assert history.is_saved
    history.undo()
    history.commit(stroke(grid, 2, 2, 3))
    assert not history.is_saved
    history.undo()
    history.redo()
    assert not history.is_saved
    history.mark_saved()
    history.mark_unsaved()
    assert not history.is_saved


def test_a_step_can_be_amended_while_later_ones_stand() -> None:
    grid, history = CodeGrid.filled(5, 5, (0,), (8,)), History()
    before = grid.levels[0].copy()
    history.commit(stroke(grid, 0, 0, 3))
    history.commit(stroke(grid, 3, 3, 4))
    patch = grid.paint(0, Box(0, 0, 1, 2), np.ones((1, 2), bool), 5)
    assert patch is not None
    history.mark_saved()
    assert history.amend(0, [patch])
    assert not history.is_saved  # what was saved had another first step
    after = grid.levels[0].copy()
    for step in history.go_to(0):
        for undone in step.patches:
            grid.apply(undone)
    assert np.array_equal(grid.levels[0], before)
    for step in history.go_to(2):
        for done in step.patches:
            grid.apply(done)
    assert np.array_equal(grid.levels[0], after)


def test_a_saved_mark_before_an_amended_step_stays() -> None:
    grid, history = CodeGrid.filled(5, 5, (0,), (8,)), History()
    history.commit(stroke(grid, 0, 0, 3))
    patch = grid.paint(0, Box(0, 0, 1, 1), np.ones((1, 1), bool), 5)
    assert patch is not None
    history.amend(0, [patch])
    history.go_to(0)
    assert history.is_saved


def test_an_amended_step_that_changes_nothing_is_taken_out() -> None:
    grid, history = CodeGrid.filled(5, 5, (0,), (8,)), History()
    first = stroke(grid, 0, 0, 3)
    history.commit(first)
    history.commit(stroke(grid, 3, 3, 4))
    patch = grid.paint(0, Box(0, 0, 2, 2), np.ones((2, 2), bool), 0)
    assert patch is not None
    assert not history.amend(0, [patch])
    assert (history.steps, history.position) == (("stroke 4",), 1)
    with pytest.raises(ValueError, match="step 1 is not among the 1 that are done"):
        history.amend(1, [patch])


def test_steps_carry_their_selection() -> None:
    history = History()
    nothing, everything = Selection.nothing(3, 3), Selection.everything(3, 3)
    history.commit(Step("select", (), nothing, nothing))
    assert len(history) == 0
    history.commit(Step("select", (), nothing, everything))
    step = history.undo()
    assert step is not None
    assert step.reversed().selection_after == nothing
    assert step.selection_after == everything


def test_a_restored_history_counts_as_saved() -> None:
    grid = CodeGrid.filled(4, 4, (0,), (8,))
    packed = [PackedStep.of(stroke(grid, 0, 0, 1)), PackedStep.of(stroke(grid, 0, 0, 2))]
    history = History(packed, 1)
    assert history.is_saved
    assert history.position == 1
    assert history.packed_steps == tuple(packed)
    with pytest.raises(ValueError, match="position 3"):
        History(packed, 3)


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 999), st.floats(0, 1))
def test_runs_are_the_mask(height: int, width: int, seed: int, share: float) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < share
    assert (mask_of_runs(mask_runs(mask), height, width) == mask).all()


@settings(deadline=None)
@given(st.integers(0, 999), st.sampled_from([4, 300, 70_000, 1 << 20]))
def test_packing_loses_nothing(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 40))
    grid = CodeGrid([rng.integers(0, count, (size, size))], [count])
    mask = rng.random((size, size)) < 0.7
    patch = grid.paint(0, Box(0, 0, size, size), mask, rng.integers(0, count, (size, size)))
    if patch is not None:
        again = unpack(pack(patch))
        assert (again.level, again.box) == (patch.level, patch.box)
        assert (again.mask == patch.mask).all()
        assert (again.old == patch.old).all()
        assert (again.new == patch.new).all()


def weight(packed: PackedPatch) -> int:
    return sum(len(array.content) for array in (packed.runs, packed.old, packed.new))


def test_a_million_cells_in_one_code_pack_to_kilobytes() -> None:
    grid = CodeGrid.filled(1024, 1024, (0,), (512,))
    patch = grid.paint(0, Box(0, 0, 1024, 1024), np.ones((1024, 1024), bool), 300)
    assert patch is not None
    assert weight(pack(patch)) < 30_000


def test_a_diagonal_across_the_largest_grid_packs_to_its_cells() -> None:
    mask = np.eye(1024, dtype=bool)
    codes = np.zeros(1024, np.int64)
    assert weight(pack(Patch(0, Box(0, 0, 1024, 1024), mask, codes, codes + 300))) < 3000
