"""Codes drawn from priors, no position computed twice: whole grids, or any cells of grids.

    for drawn in Sampler(model.priors).fill(request):    # stop whenever you like
        show(drawn)

A full pass of a PixelCNN gives the logits of every cell, of which naive sampling uses one and throws the
others away. Here the vertical stack goes on by a row at a time and the horizontal one by a cell, each from
what it has kept: together the arithmetic of one full pass, whatever the number of cells ("Fast Generation for
Convolutional Autoregressive Models", arXiv 1704.06001). Around a selection only what it can see is run.

Runs on the CPU, wherever the model is: the steps are too small for a GPU to be worth its launches.
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.errors import CodesFault
from engine.priors.cells import Cells, Exact
from engine.priors.checking import check_codes, check_condition, check_layout
from engine.priors.drawing import AS_TRAINED, Drawing
from engine.priors.hierarchical import HierarchicalPrior, LevelPrior
from engine.priors.leaning import Leaning
from engine.priors.matrices import Matrices, matrices_of
from engine.priors.requests import Codes, Drawn, Mask, nothing_yet
from engine.priors.rows import VerticalStack
from engine.priors.uniforms import LAYOUT, uniforms_of

if TYPE_CHECKING:
    from engine.priors.compiled import CompiledCells

CellsMaker: TypeAlias = "type[Cells] | type[CompiledCells]"
"""What runs the cells of a row."""


@dataclass(frozen=True, slots=True)
class FillRequest:
    """Which cells are to be drawn, and all that decides what comes out.

    `codes` (B, h, w) per level, coarsest first, any codes where they are to be drawn; `masks` (h, w) per
    level, true where they are. `condition` (B, L) weighs labels. `images` (B,) numbers the pictures: image 3
    of a seed gets the same codes whichever others are drawn beside it. Where the grids are a window of larger
    ones, `origin` is its first cell of theirs, per level. `weighed` (h, w) per level: where -log p is wanted.
    `leaning` per level is added to the logits that codes are drawn by, not to those that `weighed` ones are
    weighed by. `layout` (B, h, w) says what is where, to priors that know layouts.
    """

    codes: tuple[Codes, ...]
    masks: tuple[Mask, ...]
    seed: int
    images: tuple[int, ...]
    condition: NDArray[np.float32] | None = None
    drawing: Drawing = AS_TRAINED
    origin: tuple[tuple[int, int], ...] | None = None
    leaning: tuple[Leaning | None, ...] | None = None
    weighed: tuple[Mask, ...] | None = None
    layout: Codes | None = None


def whole_grids(
    grids: Sequence[tuple[int, int]],
    images: Sequence[int],
    seed: int,
    condition: NDArray[np.float32] | None = None,
    drawing: Drawing = AS_TRAINED,
) -> FillRequest:
    """All cells of grids, (rows, columns) per level, of which nothing is known yet."""
    codes = tuple(np.zeros((len(images), *grid), np.int64) for grid in grids)
    masks = tuple(np.ones(grid, np.bool_) for grid in grids)
    return FillRequest(codes, masks, seed, tuple(images), condition, drawing)


class Sampler:
    """Draws from priors; holds copies of their weights.

    Whether its cells are run by torch or by the compiled kernel is settled when it is made, not in between.
    """

    def __init__(
        self,
        priors: HierarchicalPrior,
        dtype: torch.dtype = torch.float32,
        cells: CellsMaker = Cells,
    ) -> None:
        """`cells` may be `quickest_cells()` in float32."""
        self._priors = priors
        self._levels = [_LevelSampler(prior, dtype, cells) for prior in priors.levels]
        first = priors.layout_prior
        self._layout = None if first is None else _LevelSampler(first, dtype, cells)

    def sample(
        self,
        grids: Sequence[tuple[int, int]],
        images: Sequence[int],
        seed: int,
        condition: NDArray[np.float32] | None = None,
        drawing: Drawing = AS_TRAINED,
    ) -> Iterator[Drawn]:
        """Whole grids, (rows, columns) per level, of priors that have one after a layout of their own."""
        return self.whole(whole_grids(grids, images, seed, condition, drawing))

    def whole(self, request: FillRequest) -> Iterator[Drawn]:
        """As `sample`. Raises as `fill`."""
        self._check(request)
        return self._sampled(request)

    def fill(self, request: FillRequest) -> Iterator[Drawn]:
        """Draw the cells of the masks in raster order, level after level, coarsest first.

        Yields a few cells at a time; the consumer stops by not asking for more. Raises `CodesFault` where
        codes or masks do not fit, `PriorFault` where the condition does not.
        """
        self._check(request)
        return self._filled(request)

    @torch.inference_mode()
    def _filled(self, request: FillRequest) -> Iterator[Drawn]:
        codes = [level.copy() for level in request.codes]
        weighed = request.weighed or tuple(np.zeros_like(mask) for mask in request.masks)
        wanted = [mask | also for mask, also in zip(request.masks, weighed, strict=True)]
        total, done = sum(int(cells.sum()) for cells in wanted), 0
        for level, sampler in enumerate(self._levels):
            if not wanted[level].any():
                continue
            mask, origin = request.masks[level], (0, 0) if request.origin is None else request.origin[level]
            height, width = mask.shape
            uniforms = uniforms_of(request.seed, request.images, level, height, width, origin)
            leaning = None if request.leaning is None else request.leaning[level]
            coarser = codes[:level] if level or request.layout is None else [request.layout]
            drawing = request.drawing.of_level(level + (self._layout is not None))
            about = weighed[level], uniforms, request.condition, drawing, leaning
            filling = sampler.fill([*coarser, codes[level]], mask, *about)
            for row, cells, nats in filling:
                done += int(wanted[level][row, cells].sum())
                drawn = codes[level][:, row, cells].copy()
                yield Drawn(level, row, cells.start, drawn, done / total, nats)

    @torch.inference_mode()
    def lay_out(
        self, request: FillRequest, share: float = 0.0
    ) -> Generator[Drawn, None, tuple[FillRequest, NDArray[np.float64]]]:
        """Returns the request with a layout drawn for whole grids, and -log p of that for each image, (B,).

        Yields no codes meanwhile, but chances to stop, with the `share` that is done. Priors that know no
        layouts leave it as it is.
        """
        nats = np.zeros(len(request.images))
        if self._layout is None:
            return request, nats
        assert self._priors.layout is not None
        side, (height, width) = self._priors.layout.side, request.masks[0].shape
        grid = -(-height // side), -(-width // side)
        layout, everywhere = np.zeros((len(request.images), *grid), np.int64), np.ones(grid, np.bool_)
        uniforms = uniforms_of(request.seed, request.images, LAYOUT, *grid)
        about = everywhere, uniforms, request.condition, request.drawing.of_level(0)
        for _, _, drawn in self._layout.fill([layout], everywhere, *about):
            nats += drawn.sum(axis=1)
            yield nothing_yet(share)
        return replace(request, layout=layout), nats

    def _sampled(self, request: FillRequest) -> Iterator[Drawn]:
        request, _ = yield from self.lay_out(request)
        yield from self._filled(request)

    def _check(self, request: FillRequest) -> None:
        batch = len(request.images)
        check_codes(self._priors, request.codes, batch)
        grids, masks = [codes.shape[1:] for codes in request.codes], [mask.shape for mask in request.masks]
        if grids != masks:
            raise CodesFault(f"masks of {masks} do not fit codes of {grids}")
        if request.condition is not None:
            check_condition(self._priors, request.condition, batch)
        if request.layout is not None:
            check_layout(self._priors, request.layout, request.codes[0].shape)


class _LevelSampler:
    """The sampler of one level."""

    def __init__(self, prior: LevelPrior, dtype: torch.dtype, cells: CellsMaker) -> None:
        self._cells = cells
        self.matrices: Matrices = matrices_of(prior.pixelcnn, dtype)
        # Without grads, in eval mode, on the CPU: the model's own may be elsewhere and in training.
        context = None if prior.context is None else copy.deepcopy(prior.context).to("cpu", dtype)
        self._context = context if context is None else context.eval().requires_grad_(False)

    def fill(
        self,
        codes: Sequence[Codes],
        mask: Mask,
        weighed: Mask,
        uniforms: Exact,
        condition: NDArray[np.float32] | None,
        drawing: Drawing,
        leaning: Leaning | None = None,
    ) -> Iterator[tuple[int, slice, Exact]]:
        """Draw into the last of `codes`; yields rows, the cells of them that are finished, and their nats."""
        grid, matrices = codes[-1], self.matrices
        told_of = _condition(condition, drawing)
        copies = 1 if told_of is None else len(told_of) // len(grid)
        batch, context = copies * len(grid), self._told(codes[:-1], mask.shape, copies)
        maker = self._cells.rows_for(batch * mask.shape[1])
        rows = maker(matrices, batch, mask.shape[1], told_of, context)
        cells = self._cells(matrices, batch)
        wanted = mask | weighed
        wanted_rows = np.flatnonzero(wanted.any(axis=1))
        self._look_above(rows, grid[:, : wanted_rows[0]], told_of, copies)
        for row in range(int(wanted_rows[0]), int(wanted_rows[-1]) + 1):
            columns = np.flatnonzero(wanted[row])
            told = rows.told(row, is_needed=len(columns) > 0)
            if len(columns):
                first, end = max(0, int(columns[0]) - matrices.reach_columns), int(columns[-1]) + 1
                cells.begin(told, first, _copied(grid[:, row, :first], copies))
                for part in _parts(first, end, cells.cells_at_once):
                    which = mask[row, part], weighed[row, part]
                    drawn, lean = grid[:, row, part], None if leaning is None else leaning.at((row, part))
                    yield row, part, cells.fill(drawn, *which, uniforms[:, row, part], drawing, lean)
            rows.put(_copied(grid[:, row], copies))

    def _look_above(self, rows: VerticalStack, above: Codes, condition: Tensor | None, copies: int) -> None:
        """Lead `rows` past the known codes (B, n, w) above what is drawn; once where all images are alike."""
        matrices, (images, end, width) = self.matrices, above.shape
        each = None if condition is None else condition.view(copies, images, -1)
        alike = (above == above[:1]).all() and (each is None or bool((each == each[:, :1]).all()))
        looking = rows
        if alike and images > 1 and end > 0:
            above = above[:1]
            looking = type(rows)(matrices, copies, width, None if each is None else each[:, 0], None)
        start = max(0, end - matrices.reach_rows)
        for row in range(max(0, start - matrices.kernels[0][0]), start):
            looking.put(_copied(above[:, row], copies))
        for row in range(start, end):
            looking.told(row, is_needed=False)
            looking.put(_copied(above[:, row], copies))
        if looking is not rows:
            rows.go_on_from(looking)

    def _told(self, coarser: Sequence[Codes], grid: tuple[int, ...], copies: int) -> Tensor | None:
        """What coarser levels say of the cells of a grid, for every copy of the images."""
        if self._context is None or not coarser:
            return None
        rows, columns = grid
        told: Tensor = self._context([torch.from_numpy(level) for level in coarser])
        return told[:, :, :rows, :columns].repeat(copies, 1, 1, 1)


def _condition(condition: NDArray[np.float32] | None, drawing: Drawing) -> Tensor | None:
    """That of the images, for guidance followed by as many of no label."""
    if condition is None:
        return None
    given = torch.from_numpy(condition)
    return given if drawing.guidance == 1 else torch.cat([given, torch.zeros_like(given)])


def _copied(codes: Codes, copies: int) -> Tensor:
    return torch.from_numpy(np.concatenate([codes] * copies))


def _parts(first: int, end: int, most: int) -> Iterator[slice]:
    for begin in range(first, end, most):
        yield slice(begin, min(begin + most, end))
