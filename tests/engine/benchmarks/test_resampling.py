"""What `benchmark sampling` says of a model with a prior, here of a tiny one with random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.benchmarks import resampling
from engine.benchmarks.resampling import measure_resampling
from engine.priors.cells import Cells
from engine.priors.likelihood import bits_per_code
from tests.small import (
    small_pictures,
    write_small_model,
    write_small_priors,
    write_small_two_level_model,
    write_small_vector_model,
)

WRITERS = {"vqvae": write_small_model, "vqvae2": write_small_two_level_model}


@pytest.fixture(autouse=True)
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resampling, "REPEATS", 3)
    monkeypatch.setattr(resampling, "open_data", lambda *_: small_pictures())


@pytest.fixture(params=WRITERS)
def with_priors(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return write_small_priors(tmp_path / "p.safetensors", WRITERS[request.param](tmp_path / "m.safetensors"))


def measured(path: Path) -> dict[str, Any]:
    figures = measure_resampling(path, Cells)
    assert figures is not None
    return json.loads(json.dumps(figures))  # type: ignore[no-any-return]


def test_times_are_medians_and_percentiles_of_waits(with_priors: Path) -> None:
    figures = measured(with_priors)["selection"]
    assert figures["grid"] == [2 * side for side in figures["selected"]]
    assert figures["repeats"] == 3
    for name in ("first_codes", "cancel", "done"):
        assert 0 < figures[f"{name}_ms"] <= figures[f"{name}_p95_ms"]
    assert figures["first_codes_ms"] <= figures["cancel_ms"] <= figures["done_ms"]


def test_candidates_are_compared_by_the_bits_of_whole_grids(with_priors: Path) -> None:
    figures = measured(with_priors)["candidates"]
    one, several = figures["rows"]
    assert (one["candidates"], several["candidates"]) == (1, 8)
    assert figures["saved_bits"] == pytest.approx(one["bits"] - several["bits"])
    assert figures["saved_bits_standard_error"] > 0
    assert figures["pictures"] == 4
    saved_in_all = figures["saved_bits_per_hole_cell"] * figures["hole_cells"]
    assert saved_in_all == pytest.approx(4 * figures["saved_bits"])


def test_bits_are_those_that_evaluating_gives(with_priors: Path) -> None:
    held_out = _held_out(with_priors)
    per_level = bits_per_code(held_out.priors, held_out.codes, held_out.labels)
    expected = sum(bits * grid.size for bits, grid in zip(per_level, held_out.codes, strict=True))
    assert held_out.bits(held_out.codes).sum() == pytest.approx(expected)


def test_figures_but_the_times_are_the_same_again(with_priors: Path) -> None:
    assert measured(with_priors)["candidates"] == measured(with_priors)["candidates"]


def test_only_holes_are_filled_and_they_lie_in_the_grid(with_priors: Path) -> None:
    held_out, random = _held_out(with_priors), np.random.default_rng(0)
    for picture in range(len(held_out)):
        hole = resampling._random_hole(random, held_out.codes[0].shape[1:])
        assert 1 <= hole.sum() <= hole.size // 4
        request = held_out.request(picture, hole, 2)
        for filled, codes, mask in zip(
            resampling._filled(request, held_out.resampler), request.codes, request.masks, strict=True
        ):
            assert mask.mean() == hole.mean()
            assert np.array_equal(filled[~mask], codes[~mask])


def test_progress_is_told(with_priors: Path) -> None:
    told: list[tuple[str, float]] = []
    measure_resampling(with_priors, Cells, lambda *what: told.append(what))
    assert [what for what, _ in told] == ["Measuring resampling"] * 4 + ["Filling holes"] * 8
    assert all(0 <= part < 1 for _, part in told)


def test_where_there_is_no_prior_there_is_nothing_to_measure(tmp_path: Path) -> None:
    assert measure_resampling(write_small_model(tmp_path / "plain.safetensors"), Cells) is None
    assert measure_resampling(write_small_vector_model(tmp_path / "vae.safetensors"), Cells) is None


def _held_out(path: Path) -> resampling._HeldOut:
    model = resampling.load(path, "cpu")
    return resampling._HeldOut(path, model, Cells)  # type: ignore[arg-type]
