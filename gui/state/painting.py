"""The painting on the canvas: the one way to change its codes, its selection and its history.

Everything that changes codes goes through an open stroke (`begin`, `paint`, `commit` or `cancel`),
so each becomes one undo step. Pasted and lifted cells float in a stroke that stays open until it is
settled: by deselecting, by the next stroke, by undo, by saving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.codes.box import Box, Mask
from engine.codes.document import Levels, Painting, PaintingModel
from engine.codes.grid import CodeGrid
from engine.codes.history import Step
from engine.codes.patch import Patch
from engine.codes.selection import Selection
from gui.state.finished_strokes import FinishedStrokes
from gui.state.level_words import level_name
from gui.state.open_stroke import Beneath, Floating, OpenStroke, net

Codes = int | NDArray[np.int64]
Stamp = tuple[Box, Mask, Codes]
"""Cells to paint, (box, mask, codes): `mask` (h, w) of `box`, `codes` one for all or (h, w)."""
Change = Callable[[CodeGrid], Iterable[Patch]]
"""Paints on the grid and returns the patches of what it changed."""


class PaintingState(QObject):
    """One painting at a time; widgets show it, tools change it."""

    document_changed = Signal()  # another painting: nothing shown of the last one is valid
    codes_changed = Signal(object)  # tuple[Patch, ...] just applied, also by undo and cancel
    selection_changed = Signal()
    stroke_grew = Signal(object, object)  # OpenStroke that is finished, tuple[Patch, ...] it has now as well
    history_changed = Signal()
    modified_changed = Signal(bool)
    level_changed = Signal(int)
    read_only_changed = Signal(bool)
    locks_changed = Signal()

    def __init__(self, painting: Painting, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._painting = painting
        self._preview: NDArray[np.uint8] | None = None
        self._level = 0
        self._read_only = False
        self._selection = self._nothing()
        self._open: OpenStroke | None = None
        self._finished = FinishedStrokes()
        self._announced_modified = painting.is_modified

    # The document

    @property
    def painting(self) -> Painting:
        return self._painting

    @property
    def preview(self) -> NDArray[np.uint8] | None:
        """A picture of the painting as it was opened, uint8 (H, W, C): shown until it is decoded."""
        return self._preview

    def set_painting(self, painting: Painting, preview: NDArray[np.uint8] | None = None) -> None:
        """Show another painting, with nothing selected, on the same level if there are as many."""
        self._open = None
        self._finished = FinishedStrokes()
        if len(painting.grid.levels) != len(self._painting.grid.levels):
            self._level = 0
        self._painting = painting
        self._preview = preview
        self._selection = self._nothing()
        self.document_changed.emit()
        self.selection_changed.emit()
        self._announce_history()

    @property
    def level(self) -> int:
        """The level that is being painted, 0 = coarsest."""
        return self._level

    def set_level(self, level: int) -> None:
        """Paint on another level; cells that float are set down, a stroke being made is left alone."""
        if not 0 <= level < len(self._painting.grid.levels):
            raise ValueError(f"level {level}: this painting has {len(self._painting.grid.levels)}")
        if level == self._level or self.is_stroking:
            return
        self.settle()
        self._level = level
        self.level_changed.emit(level)

    @property
    def ratio(self) -> int:
        """Cells of the level being painted along one side of a coarsest cell."""
        return self._painting.grid.ratios[self._level]

    @property
    def codes(self) -> NDArray[np.int64]:
        """The codes of the level being painted, (h, w), read-only."""
        return self._painting.grid.levels[self._level]

    @property
    def start(self) -> NDArray[np.int64]:
        """What erasing returns the level being painted to, (h, w)."""
        return self._painting.start[self._level]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the level being painted."""
        rows, columns = self.codes.shape
        return rows, columns

    @property
    def stride_px(self) -> int:
        """Pixels across one cell of the level being painted."""
        return self._painting.strides[self._level]

    @property
    def size_px(self) -> tuple[int, int]:
        """Height and width of the decoded picture."""
        return self._painting.size_px

    @property
    def read_only(self) -> bool:
        """True while the model that the painting was made with is missing: it can be looked at."""
        return self._read_only

    def set_read_only(self, read_only: bool) -> None:
        if read_only == self._read_only:
            return
        self.cancel()
        self._read_only = read_only
        self.read_only_changed.emit(read_only)

    @property
    def locked(self) -> frozenset[int]:
        """Levels whose codes nothing changes but undo and redo; none in another painting."""
        return self._painting.grid.locked

    def set_locked(self, level: int, locked: bool) -> None:
        """Lock a level or unlock it; cells that float are set down, a stroke being made is left alone."""
        if locked == (level in self.locked) or self.is_stroking:
            return
        self.settle()
        self._painting.grid.locked = self.locked | {level} if locked else self.locked - {level}
        self.locks_changed.emit()

    @property
    def may_paint(self) -> bool:
        """Whether the codes of the level being painted can be changed."""
        return not self._read_only and self._level not in self.locked

    @property
    def is_modified(self) -> bool:
        return self._painting.is_modified or bool(self._open and self._open.patches)

    def note_saved(self) -> None:
        """Announce what saving changed; call it after `painting.save`."""
        self._announce_history()

    def adopt(self, model: PaintingModel, codes: Levels | None = None) -> None:
        """Go on with another model of as large cells: with the same codes, or as if begun with `codes`.

        What has no file and was not touched stays so: there is nothing in it to save. Raises `CodesFault`
        where the model or the codes do not fit, or `codes` come after something was painted.
        """
        painting = self._painting
        is_untouched = painting.path is None and not self.is_modified
        if codes is None:
            painting.adopt(model)
        else:
            self._finished = FinishedStrokes()
            self._announce_codes(painting.begin_again(codes, model))
        if is_untouched:
            painting.history.mark_saved()
        self._announce_history()

    # Strokes

    @property
    def is_stroking(self) -> bool:
        """True while a stroke is being made (cells that float are not)."""
        return self._open is not None and self._open.floating is None

    @property
    def open_stroke(self) -> OpenStroke | None:
        """The stroke being made, by which `paint_into` knows it later."""
        return None if self._open is None or self._open.floating is not None else self._open

    @contextmanager
    def stroke(self, label: str, beneath: Beneath = "stays") -> Iterator[None]:
        """One undo step around a block; whatever interrupts the block takes the stroke back."""
        self.begin(label, beneath)
        try:
            yield
        except BaseException:
            self.cancel()
            raise
        self.commit()

    def begin(self, label: str, beneath: Beneath = "stays") -> bool:
        """Open a stroke, settling what was open; False where the painting cannot be changed.

        `beneath` says what is to become of finer levels, for `gui.state.beneath`.
        """
        self.settle()
        if self._read_only:
            return False
        self._open = OpenStroke(label, self._selection, beneath)
        return True

    def paint(self, box: Box, mask: Mask, codes: Codes) -> None:
        """Paint the selected cells of `mask` in the open stroke; nothing without one."""
        if self._open is None:
            return
        patches = self._painted([(box, mask, codes)])
        self._open.patches.extend(patches)
        self._announce_codes(tuple(patches))

    def takes(self, stroke: OpenStroke) -> bool:
        """Whether `paint_into` may add to the stroke: it is being made, or finished and not undone."""
        return stroke is self._open or stroke in self._finished

    def paint_into(self, stroke: OpenStroke, level: int, stamps: Iterable[Stamp]) -> bool:
        """Paint cells of `level` that belong to `stroke`, which may be finished: it stays one undo step.

        Nothing may have been painted on those cells since. False, and nothing painted, where the stroke was
        taken back or undone.
        """
        if not self.takes(stroke):
            return False
        painted = (self._painting.grid.paint(level, box, mask, codes) for box, mask, codes in stamps)
        patches = tuple(patch for patch in painted if patch is not None)
        if not patches:
            return True
        if stroke is self._open:
            stroke.patches.extend(patches)
        else:
            self._finished.amend(stroke, self._painting.history, patches, self._named)
            self._announce_history()
        self._announce_codes(patches)
        if stroke is not self._open:
            self.stroke_grew.emit(stroke, patches)
        return True

    def repaint(self, *stamps: Stamp) -> None:
        """Paint `stamps` instead of what the open stroke painted so far (a shape being dragged)."""
        self._replace(lambda _grid: self._painted(stamps))

    def edit(self, label: str, change: Change, beneath: Beneath = "stays") -> None:
        """One undo step of the patches that `change` applies to the grid and returns."""
        if self.begin(label, beneath) and self._open is not None:
            patches = tuple(change(self._painting.grid))
            self._open.patches.extend(patches)
            self._announce_codes(patches)
            self.commit()

    def commit(self) -> None:
        """Close the open stroke and make it one undo step, if it changed anything."""
        stroke, self._open = self._open, None
        if stroke is None:
            return
        patches, step = net(stroke.patches), self._named(stroke.step(self._selection))
        self._finished.add(stroke, self._painting.history, step)
        self._announce_history()
        if patches:
            self.stroke_grew.emit(stroke, patches)

    def settle(self) -> None:
        """Set down what floats (and end a stroke left open): call before anything that reads history."""
        self.commit()

    def cancel(self) -> None:
        """Take back the open stroke: the codes and the selection are as before it."""
        stroke, self._open = self._open, None
        if stroke is None:
            return
        self._announce_codes(stroke.take_back(self._painting.grid))
        self._select(stroke.selection_before)
        self._announce_history()

    def _named(self, step: Step) -> Step:
        """Where there are several levels, a step on one of them says so."""
        levels = {patch.level for patch in step.patches}
        name = level_name(levels.pop(), len(self._painting.grid.levels)) if len(levels) == 1 else ""
        return replace(step, label=f"{step.label} ({name.lower()})") if name else step

    # History

    def undo(self) -> None:
        """Take back the last step; a stroke being made is left alone."""
        if not self.is_stroking:
            self.settle()
            self.go_to(self._painting.history.position - 1)

    def redo(self) -> None:
        if not self.is_stroking:
            self.settle()
            self.go_to(self._painting.history.position + 1)

    def go_to(self, position: int) -> None:
        """Undo or redo until `position` steps of the history are done."""
        if self.is_stroking or self._read_only:
            return
        self.settle()
        history, patches = self._painting.history, list[Patch]()
        self._finished.keep_before(min(position, history.position))
        for step in history.go_to(position):
            patches.extend(step.patches)
            self._select(step.selection_after or self._selection)
        for patch in patches:
            self._painting.grid.apply(patch)
        self._announce_codes(net(patches))
        self._announce_history()

    # Selection

    @property
    def selection(self) -> Selection:
        """The coarsest cells that tools are limited to; all of them while nothing is selected."""
        return self._selection

    def set_selection(self, selection: Selection) -> None:
        """Select other cells; what floats is set down first."""
        if self.floating is not None:
            self.settle()
        self._select(selection)

    def select_all(self) -> None:
        self.set_selection(Selection.everything(*self._painting.grid.shape))

    def select_none(self) -> None:
        self.set_selection(self._nothing())

    def invert_selection(self) -> None:
        self.set_selection(self._selection.inverted())

    def _nothing(self) -> Selection:
        return Selection.nothing(*self._painting.grid.shape)

    def _select(self, selection: Selection) -> None:
        if selection == self._selection:
            return
        self._selection = selection
        self.selection_changed.emit()

    # Floating cells (gui.state.selected_cells lifts, pastes and moves them)

    @property
    def floating(self) -> Floating | None:
        return self._open.floating if self._open is not None else None

    def float_cells(self, floating: Floating, show: Change, selection: Selection) -> None:
        """Keep the open stroke as one that floats: `show` paints it anew, `selection` outlines it."""
        if self._open is None:
            return
        self._open.floating = floating
        self._replace(show)
        self._select(selection)
        self._announce_history()

    # Inside

    def _painted(self, stamps: Iterable[Stamp]) -> list[Patch]:
        grid = self._painting.grid
        patches = []
        for box, mask, codes in stamps:
            allowed = self._selection.limits(box, mask, self.ratio)
            patches.append(grid.paint(self._level, box, allowed, codes))
        return [patch for patch in patches if patch is not None]

    def _replace(self, change: Change) -> None:
        if self._open is None:
            return
        grid = self._painting.grid
        undone = self._open.take_back(grid)
        self._open.patches.extend(change(grid))
        # A rectangle dragged one cell further takes back and repaints all of it; only its new edge is news.
        self._announce_codes(net([*undone, *self._open.patches]))

    def _announce_codes(self, patches: tuple[Patch, ...]) -> None:
        if patches:
            self.codes_changed.emit(patches)
        self._announce_modified()

    def _announce_history(self) -> None:
        self.history_changed.emit()
        self._announce_modified()

    def _announce_modified(self) -> None:
        if self.is_modified != self._announced_modified:
            self._announced_modified = self.is_modified
            self.modified_changed.emit(self._announced_modified)
