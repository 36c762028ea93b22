"""The undo history inside a painting's file: labels as JSON, all patches as four arrays.

    history.json          {"position": 3, "labels": ["Brush", ...]}
    history_patches.npy   (P, 8)  step, level, top, left, bottom, right, runs, cells
    history_runs.npy      (R,)    the patches' masks one after another: skip, take, skip, take, ...
    history_old.npy, history_new.npy   (N,)  the patches' codes one after another

Selections are not kept, so a step that only selected is not either.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from engine.codes.archive import Archive, UnreadableError
from engine.codes.box import Box
from engine.codes.description import parse_json, whole
from engine.codes.history import History, PackedStep
from engine.codes.npy import HEADER_LIMIT, pack_array, parse_array
from engine.codes.packing import PackedArray, PackedPatch

MAX_STEPS = 1 << 16
MAX_PATCHES = 1 << 18
MAX_LABEL = 60
MAX_HISTORY_CELLS = 1 << 23
"""Changed cells a file keeps, eight times a canvas of 1024 x 1024: older steps are left out of the file."""
_MAX_RUNS = 2 * MAX_HISTORY_CELLS
LIMITS = (MAX_STEPS, MAX_PATCHES, MAX_HISTORY_CELLS)

Numbers = NDArray[np.int64]


def history_members(history: History) -> dict[str, bytes]:
    """The members of the file that hold `history`: its newest steps, as far as the limits go."""
    steps, position = _kept(history.packed_steps, history.position)
    patches = [(number, patch) for number, step in enumerate(steps) for patch in step.patches]
    table = [
        (number, patch.level, *_edges(patch.box), patch.runs.size, patch.old.size)
        for number, patch in patches
    ]
    description = {"position": position, "labels": [step.label[:MAX_LABEL] for step in steps]}
    return {
        "history.json": json.dumps(description).encode(),
        "history_patches.npy": pack_array(np.array(table, dtype=np.uint32).reshape(-1, 8)),
        "history_runs.npy": _joined(patch.runs for _, patch in patches),
        "history_old.npy": _joined(patch.old for _, patch in patches),
        "history_new.npy": _joined(patch.new for _, patch in patches),
    }


def read_history(archive: Archive, shapes: Sequence[tuple[int, int]], counts: Sequence[int]) -> History:
    """The history in `archive` for levels of these shapes and code counts; empty where there is none.

    Raises `UnreadableError` unless every patch lies in its level and holds codes that it has.
    """
    if "history.json" not in archive:
        return History()
    labels, position = _read_labels(archive)
    table = _read(archive, "history_patches.npy", MAX_PATCHES * 8, columns=8)
    runs = _read(archive, "history_runs.npy", _MAX_RUNS)
    old = _read(archive, "history_old.npy", MAX_HISTORY_CELLS)
    new = _read(archive, "history_new.npy", MAX_HISTORY_CELLS)
    _check_table(table, len(labels), np.array(shapes), len(runs), len(old))
    if len(table):
        _check_runs(table, runs)
        _check_codes(table, np.array(counts), old, new)
    patches: list[list[PackedPatch]] = [[] for _ in labels]
    for step, patch in _patches(table, runs, old, new):
        patches[step].append(patch)
    return History(
        (PackedStep(label, tuple(of)) for label, of in zip(labels, patches, strict=True)), position
    )


def _kept(steps: Sequence[PackedStep], position: int) -> tuple[list[PackedStep], int]:
    """The steps around `position` that fit the limits (undo before redo), and the position among them."""
    done = _fitting(reversed(steps[:position]), *LIMITS)
    room = (limit - used for limit, used in zip(LIMITS, _totals(done), strict=True))
    undone = _fitting(steps[position:], *room)
    return [*reversed(done), *undone], len(done)


def _fitting(
    steps: Iterable[PackedStep], most_steps: int, most_patches: int, most_cells: int
) -> list[PackedStep]:
    """As many of the first `steps` that changed codes as stay within the limits."""
    fitting: list[PackedStep] = []
    patches = cells = 0
    for step in steps:
        patches += len(step.patches)
        cells += sum(patch.old.size for patch in step.patches)
        if len(fitting) >= most_steps or patches > most_patches or cells > most_cells:
            break
        if step.patches:
            fitting.append(step)
    return fitting


def _totals(steps: Sequence[PackedStep]) -> tuple[int, int, int]:
    patches = [patch for step in steps for patch in step.patches]
    return len(steps), len(patches), sum(patch.old.size for patch in patches)


def _edges(box: Box) -> tuple[int, int, int, int]:
    return box.top, box.left, box.bottom, box.right


def _joined(arrays: Iterable[PackedArray]) -> bytes:
    parts = [array.unpacked() for array in arrays]
    return pack_array(np.concatenate([np.zeros(0, dtype=np.int64), *parts]).astype(np.uint32))


def _read_labels(archive: Archive) -> tuple[list[str], int]:
    # A character may take twelve bytes in JSON, and each label some more for its quotes.
    content = archive.read("history.json", MAX_STEPS * (12 * MAX_LABEL + 8))
    description = parse_json(content, "history.json")
    labels = description.get("labels") if isinstance(description, dict) else None
    if not isinstance(labels, list) or len(labels) > MAX_STEPS:
        raise UnreadableError("its history lists no steps, or too many")
    if not all(isinstance(label, str) and len(label) <= MAX_LABEL for label in labels):
        raise UnreadableError("its history has steps without a name")
    return labels, whole(description.get("position"), 0, len(labels), "position in the history")


def _read(archive: Archive, name: str, most: int, columns: int | None = None) -> Numbers:
    array = parse_array(archive.read(name, HEADER_LIMIT + 4 * most), name)
    shape = (array.size,) if columns is None else (array.size // columns, columns)
    if array.shape != shape or array.dtype != np.uint32:
        raise UnreadableError(f"its {name} has {array.dtype} numbers of shape {array.shape}")
    return array.astype(np.int64)


def _check_table(table: Numbers, steps: int, shapes: Numbers, runs: int, cells: int) -> None:
    step, level, top, left, bottom, right, run_counts, cell_counts = table.T
    fits = (
        (step < steps) & (level < len(shapes)) & (run_counts % 2 == 0) & (run_counts > 0) & (cell_counts > 0)
    )
    height, width = shapes[np.minimum(level, len(shapes) - 1)].T
    fits &= (top < bottom) & (left < right) & (bottom <= height) & (right <= width)
    in_order = bool((np.diff(step) >= 0).all())
    if not (fits.all() and in_order and run_counts.sum() == runs and cell_counts.sum() == cells):
        raise UnreadableError("its history has changes outside the grid")


def _check_runs(table: Numbers, runs: Numbers) -> None:
    """Every patch's runs must stay in its box and name as many cells as it has codes."""
    starts = np.cumsum(table[:, 6]) - table[:, 6]
    areas = (table[:, 4] - table[:, 2]) * (table[:, 5] - table[:, 3])
    covered = np.add.reduceat(runs, starts)
    taken = np.add.reduceat(runs[1::2], starts // 2)
    if not ((covered <= areas).all() and (taken == table[:, 7]).all()):
        raise UnreadableError("its history has changes that do not fit their cells")


def _check_codes(table: Numbers, counts: Numbers, old: Numbers, new: Numbers) -> None:
    most = np.repeat(counts[table[:, 1]], table[:, 7])
    if len(old) != len(new) or not ((old < most).all() and (new < most).all()):
        raise UnreadableError("its history has codes that the model does not have")


def _patches(table: Numbers, runs: Numbers, old: Numbers, new: Numbers) -> Iterable[tuple[int, PackedPatch]]:
    """Each patch with the number of its step."""
    run_ends, cell_ends = accumulate(table[:, 6].tolist()), accumulate(table[:, 7].tolist())
    for row, run_end, cell_end in zip(table.tolist(), run_ends, cell_ends, strict=True):
        step, level, top, left, bottom, right, run_count, cell_count = row
        cells = slice(cell_end - cell_count, cell_end)
        yield (
            step,
            PackedPatch(
                level,
                Box(top, left, bottom, right),
                PackedArray.of(runs[run_end - run_count : run_end]),
                PackedArray.of(old[cells]),
                PackedArray.of(new[cells]),
            ),
        )
