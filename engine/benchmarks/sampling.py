"""`benchmark sampling`: codes drawn from priors, beside full passes of the same networks.

Naive sampling makes a full pass per position and uses the logits of one cell of it. Its seconds are an
estimate, positions times the median of `TURNS` full passes: a real loop over 32 x 32 cells takes a minute,
over 64 x 64 a quarter of an hour. A real loop over 8 x 8 cells stands beside its own estimate, and draws the
codes that the sampler draws. Weights are random: time does not depend on them.

Passes and samplers take turns, so that whatever else the machine does slows all, on one thread. What a finer
level is told of the coarser one is computed in every pass, and once by the sampler: 4 % of a pass.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from torch import Tensor

from engine.benchmarks.resampling import measure_resampling
from engine.decoding.decoder import CodeLevel
from engine.device import describe_device
from engine.priors.cells import Cells
from engine.priors.compiling import compile_kernel, is_compiled, quickest_cells
from engine.priors.drawing import draw
from engine.priors.hierarchical import HierarchicalPrior
from engine.priors.pixelcnn import PriorConfig
from engine.priors.requests import Codes
from engine.priors.sampler import CellsMaker, FillRequest, Sampler
from engine.priors.uniforms import uniforms_of
from engine.progress import Progress, tell_nobody

NETWORK = PriorConfig(channels=64, layers=12)
CODES = 512
TURNS = 20
SMALL_SIDE = 8
"""Cells a side of the grid that the naive loop is really run on."""
MODEL = "emoji-vqvae"
_STRIDE_PX = 4
"""Of the level that is drawn: it makes no difference here."""
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Case:
    """A grid of (rows, columns) to be drawn whole for `batch` images, told of the coarser grid `given`."""

    name: str
    grid: tuple[int, int]
    batch: int
    given: tuple[int, int] | None = None

    @property
    def grids(self) -> list[tuple[int, int]]:
        """Of all levels, coarsest first: the last is drawn."""
        return [self.grid] if self.given is None else [self.given, self.grid]

    @property
    def positions(self) -> int:
        return self.grid[0] * self.grid[1]

    def shrunk(self, side: int) -> Case:
        """The same on a grid of side x side cells."""
        given = None if self.given is None else (side * self.given[0] // self.grid[0],) * 2
        return replace(self, grid=(side, side), given=given)


CASES = (
    Case("one image", (32, 32), 1),
    Case("16 images", (32, 32), 16),
    Case("finer level", (64, 64), 1, given=(32, 32)),
)


def measure_sampling(
    progress: Progress = tell_nobody,
    network: PriorConfig = NETWORK,
    cases: Sequence[Case] = CASES,
    model: str | Path = MODEL,
) -> dict[str, Any]:
    """Per case and path (torch, compiled) medians in seconds; then what resampling does with a trained prior.

    `times_naive` is how many times as long the naive loop takes, `times_forward` how many full passes the
    sampler takes. Raises `CannotWrite` where the compiled sampler cannot be kept.
    """
    progress("Compiling the sampler", 0.0)
    paths: dict[str, CellsMaker] = {"torch": Cells, "compiled": _compiled_cells()}
    rows: list[dict[str, Any]] = []
    with _one_thread():
        device = describe_device(torch.device("cpu"))
        for index, case in enumerate(cases):
            tell = partial(_tell_share, progress, index, len(cases))
            rows += _rows(case, network, paths, tell)
    return {
        "network": {**msgspec.to_builtins(network), "codes": CODES},
        "device": device,
        "turns": TURNS,
        "rows": rows,
        "resampling": measure_resampling(model, paths["compiled"], progress),
    }


def _compiled_cells() -> CellsMaker:
    """Read from the cache folder, as from the second start of the program on. Raises `CannotWrite`."""
    if not is_compiled():
        # In a process of its own: a compiler leaves a hundred megabytes behind. If it fails, we say why.
        command = [sys.executable, "-m", "engine.priors.compiling"]
        environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
        subprocess.run(command, env=environment, capture_output=True, check=False)
        compile_kernel()
    return quickest_cells()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _tell_share(progress: Progress, index: int, count: int, part: float) -> None:
    progress("Measuring sampling", (index + part) / count)


def _rows(
    case: Case, network: PriorConfig, paths: Mapping[str, CellsMaker], tell: Callable[[float], None]
) -> list[dict[str, Any]]:
    """One per path."""
    prior = _random_prior(network, case)
    samplers = {path: Sampler(prior, cells=cells) for path, cells in paths.items()}
    small = _naive_beside_estimate(prior, case.shrunk(SMALL_SIDE), samplers)
    request = _request(case)
    sides: dict[str, Callable[[], object]] = {"forward": partial(full_pass, prior, request.codes)}
    sides |= {path: partial(sampled, sampler, request) for path, sampler in samplers.items()}
    seconds = _taking_turns(sides, tell)
    return [_row(case, path, seconds["forward"], seconds[path]) | {"small": small[path]} for path in paths]


def _row(case: Case, path: str, forward_s: float, sampler_s: float) -> dict[str, Any]:
    naive_s = case.positions * forward_s
    return {
        "name": case.name,
        "path": path,
        "grid": list(case.grid),
        "given": None if case.given is None else list(case.given),
        "batch": case.batch,
        "forward_s": forward_s,
        "naive_s": naive_s,
        "sampler_s": sampler_s,
        "times_naive": naive_s / sampler_s,
        "times_forward": sampler_s / forward_s,
    }


def _naive_beside_estimate(
    prior: HierarchicalPrior, case: Case, samplers: Mapping[str, Sampler]
) -> dict[str, dict[str, Any]]:
    """The real loop in seconds, its estimate, and whether each path draws the same codes."""
    request = _request(case)
    forward = partial(full_pass, prior, request.codes)
    forward()
    passes: list[float] = []
    rows: list[float] = []
    loop = naive_loop(prior, request)
    for _ in range(SMALL_SIDE):  # in turns, here too
        began = time.perf_counter()
        expected = next(loop)
        rows.append(time.perf_counter() - began)
        passes += [_seconds(forward) for _ in range(-(-TURNS // SMALL_SIDE))]
    figures = {
        "grid": list(case.grid),
        "naive_s": case.positions * statistics.median(passes),
        "naive_loop_s": sum(rows),
    }
    return {
        path: {**figures, "equal_codes": bool(np.array_equal(sampled(sampler, request), expected))}
        for path, sampler in samplers.items()
    }


def naive_loop(prior: HierarchicalPrior, request: FillRequest) -> Iterator[Codes]:
    """What one writes first: a full pass per cell. Yields the finest level's codes (B, h, w) at every row."""
    codes = [level.copy() for level in request.codes]
    grid = codes[-1]
    height, width = grid.shape[1:]
    uniforms = uniforms_of(request.seed, request.images, len(codes) - 1, height, width)
    for row in range(height):
        for column in range(width):
            logits = full_pass(prior, codes)[:, :, row, column].numpy()
            grid[:, row, column] = draw(logits, uniforms[:, row, column], request.drawing)
        yield grid


@torch.inference_mode()
def full_pass(prior: HierarchicalPrior, codes: Sequence[Codes]) -> Tensor:
    """Logits (B, K, h, w) of the finest level."""
    logits: Tensor = prior.levels[-1]([torch.from_numpy(level) for level in codes])
    return logits


def sampled(sampler: Sampler, request: FillRequest) -> Codes:
    """Codes (B, h, w) of the finest level, all of them drawn."""
    grid = request.codes[-1].copy()
    for drawn in sampler.fill(request):
        grid[:, drawn.row, drawn.column : drawn.column + drawn.codes.shape[1]] = drawn.codes
    return grid


def _random_prior(network: PriorConfig, case: Case) -> HierarchicalPrior:
    torch.manual_seed(0)
    levels = [
        CodeLevel(stride_px=_STRIDE_PX * case.grid[0] // rows, codes=CODES, dim=64) for rows, _ in case.grids
    ]
    return HierarchicalPrior(network, levels).eval().requires_grad_(False)


def _request(case: Case) -> FillRequest:
    """All of the finest level, told of random codes."""
    random = np.random.default_rng(0)
    codes = tuple(random.integers(0, CODES, (case.batch, *grid)) for grid in case.grids)
    masks = tuple(np.full(grid, grid == case.grid) for grid in case.grids)
    return FillRequest(codes, masks, seed=0, images=tuple(range(case.batch)))


def _taking_turns(
    sides: Mapping[str, Callable[[], object]], tell: Callable[[float], None]
) -> dict[str, float]:
    """Median seconds of each side over `TURNS` turns."""
    for side in sides.values():
        side()  # memory is taken and kernels are chosen
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(TURNS):
        tell(turn / TURNS)
        for name, side in sides.items():
            seconds[name].append(_seconds(side))
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def _seconds(side: Callable[[], object]) -> float:
    began = time.perf_counter()
    side()
    return time.perf_counter() - began
