"""`benchmark sampling` on networks that are ready in milliseconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.benchmarks import sampling
from engine.benchmarks.sampling import CASES, NETWORK, Case, measure_sampling
from engine.errors import CannotWrite
from engine.priors.cells import Cells
from engine.priors.compiled import CompiledCells
from engine.priors.sampler import CellsMaker, Sampler
from tests.small import small_prior_config, write_small_model

TINY = (Case("one", (6, 6), 1), Case("two", (4, 4), 2), Case("finer", (8, 8), 1, given=(4, 4)))


@pytest.fixture
def compiled_cells() -> Callable[[], CellsMaker]:
    """What makes sure that the kernel is compiled, which takes too long for these tests."""
    return sampling._compiled_cells


@pytest.fixture(autouse=True)
def _brief(monkeypatch: pytest.MonkeyPatch, compiled_cells: Callable[[], CellsMaker]) -> None:
    monkeypatch.setattr(sampling, "TURNS", 2)
    monkeypatch.setattr(sampling, "SMALL_SIDE", 4)
    monkeypatch.setattr(sampling, "_compiled_cells", lambda: CompiledCells)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """One without a prior."""
    return write_small_model(tmp_path / "model.safetensors")


def test_there_is_a_row_for_every_case_and_path_and_ratios_are_those_of_its_seconds(model: Path) -> None:
    figures = json.loads(json.dumps(measure_sampling(network=small_prior_config(), cases=TINY, model=model)))
    rows = figures["rows"]
    assert [(row["name"], row["path"]) for row in rows] == [
        (case.name, path) for case in TINY for path in ("torch", "compiled")
    ]
    for row, case in zip(rows, np.repeat(np.array(TINY, object), 2), strict=True):
        assert (row["grid"], row["batch"]) == (list(case.grid), case.batch)
        assert row["naive_s"] == pytest.approx(case.positions * row["forward_s"])
        assert row["times_naive"] == pytest.approx(row["naive_s"] / row["sampler_s"])
        assert row["times_forward"] == pytest.approx(row["sampler_s"] / row["forward_s"])
    assert [row["given"] for row in rows[3:5]] == [None, [4, 4]]
    assert (figures["network"]["channels"], figures["network"]["codes"]) == (8, 512)
    assert figures["device"] == "CPU, 1 thread"


def test_a_real_naive_loop_draws_the_codes_of_both_paths(model: Path) -> None:
    for row in measure_sampling(network=small_prior_config(), cases=TINY, model=model)["rows"]:
        small = row["small"]
        assert small["grid"] == [4, 4]
        assert small["equal_codes"]
        assert min(small["naive_s"], small["naive_loop_s"]) > 0


def test_other_codes_than_those_of_the_naive_loop_are_said() -> None:
    case = TINY[0].shrunk(4)
    prior = sampling._random_prior(small_prior_config(), case)
    torch.manual_seed(9)
    other = sampling._random_prior(small_prior_config(first_kernel=5), case)
    found = sampling._naive_beside_estimate(
        prior, case, {"same": Sampler(prior, cells=Cells), "other": Sampler(other, cells=Cells)}
    )
    assert {name: told["equal_codes"] for name, told in found.items()} == {"same": True, "other": False}


def test_a_model_without_a_prior_has_no_figures_of_resampling(model: Path) -> None:
    figures = measure_sampling(network=small_prior_config(), cases=TINY[:1], model=model)
    assert figures["resampling"] is None


def test_threads_are_as_before_and_progress_goes_on(model: Path) -> None:
    threads, told = torch.get_num_threads(), list[tuple[str, float]]()
    measure_sampling(lambda *what: told.append(what), small_prior_config(), TINY[:2], model)
    assert torch.get_num_threads() == threads
    assert told == [("Compiling the sampler", 0.0)] + [
        ("Measuring sampling", part) for part in (0.0, 0.25, 0.5, 0.75)
    ]


def test_a_kernel_that_cannot_be_kept_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled_cells: Callable[[], CellsMaker]
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("CODEBRUSH_CACHE", str(tmp_path / "file"))
    with pytest.raises(CannotWrite, match=r"kernels.*: cannot be written"):
        compiled_cells()


def test_it_measures_what_is_aimed_at() -> None:
    assert (NETWORK.channels, NETWORK.layers, NETWORK.labels, sampling.CODES) == (64, 12, 0, 512)
    assert [(case.grids, case.batch) for case in CASES] == [
        ([(32, 32)], 1),
        ([(32, 32)], 16),
        ([(32, 32), (64, 64)], 1),
    ]
    assert CASES[2].shrunk(8).grids == [(4, 4), (8, 8)]
