"""The history in the file has a limit; what it keeps is the newest, and it always opens again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.codes import history_file
from engine.codes.document import Painting
from engine.codes.grid import Box
from engine.codes.history import Step
from engine.codes.selection import Selection
from tests.engine.codes.paintings import written
from tests.fakes import TinyDecoder


def stroked(steps: int, cells: int = 4) -> Painting:
    painting = Painting.blank(4, 4, (0,), TinyDecoder())
    for number in range(steps):
        mask = np.ones((1, cells), bool)
        patch = painting.grid.paint(0, Box(number % 4, 0, number % 4 + 1, cells), mask, number % 15 + 1)
        assert patch is not None
        painting.history.commit(Step(f"stroke {number}", (patch,)))
    return painting


def reopened(painting: Painting, folder: Path) -> Painting:
    return Painting.open(written(folder, painting.to_bytes()))


def test_the_oldest_steps_are_left_out_of_a_file_that_would_grow_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_file, "LIMITS", (100, 100, 20))
    painting = stroked(9)
    opened = reopened(painting, tmp_path)
    assert opened.history.steps == tuple(f"stroke {number}" for number in range(4, 9))
    assert opened.history.position == 5
    for step in opened.history.go_to(0):
        for patch in step.patches:
            opened.grid.apply(patch)
    assert (opened.grid.levels[0] == stroked(4).grid.levels[0]).all()


@pytest.mark.parametrize("limits", [(5, 100, 100), (100, 5, 100), (100, 100, 20)])
def test_what_can_be_undone_counts_before_what_can_be_redone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int, int]
) -> None:
    monkeypatch.setattr(history_file, "LIMITS", limits)
    painting = stroked(9)
    for step in painting.history.go_to(3):
        for patch in step.patches:
            painting.grid.apply(patch)
    opened = reopened(painting, tmp_path)
    assert opened.history.steps == tuple(f"stroke {number}" for number in range(5))
    assert opened.history.position == 3
    assert not opened.is_modified


def test_steps_that_only_selected_are_left_out(tmp_path: Path) -> None:
    painting = stroked(1)
    nothing, everything = Selection.nothing(4, 4), Selection.everything(4, 4)
    painting.history.commit(Step("select", (), nothing, everything))
    painting.history.commit(Step("unselect", (), everything, nothing))
    painting.history.undo()
    opened = reopened(painting, tmp_path)
    assert opened.history.steps == ("stroke 0",)
    assert opened.history.position == 1


def test_long_labels_are_cut(tmp_path: Path) -> None:
    painting = stroked(1)
    patch = painting.grid.paint(0, Box(3, 3, 4, 4), np.ones((1, 1), bool), 9)
    assert patch is not None
    painting.history.commit(Step("👋" * 99, (patch,)))
    assert reopened(painting, tmp_path).history.steps[1] == "👋" * 60


def test_an_empty_history_is_kept_too(tmp_path: Path) -> None:
    assert len(reopened(stroked(0), tmp_path).history) == 0
