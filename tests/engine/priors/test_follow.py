"""Finer codes beneath a stroke: drawn near those of the picture that coarser levels make by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.decoding.torch_decoder import TorchDecoder, load_decoder
from engine.priors.cells import Cells
from engine.priors.compiled import CompiledCells
from engine.priors.drawing import Drawing
from engine.priors.follow import AMOUNT, Shown, follow
from engine.priors.leaning import unit_of
from engine.priors.requests import Codes, Drawn, ResampleRequest, Variation
from engine.priors.resample import FIRST_CANDIDATE, Resampler
from engine.priors.sampler import CellsMaker
from engine.priors.uniforms import uniforms_of
from tests.engine.priors.test_dream import by_hand
from tests.engine.priors.test_resample import LABEL, codes_of, exact_bits, hole_in, request_of
from tests.engine.priors.test_sampler import TWO, priors
from tests.small import write_small_priors, write_small_two_level_model

VECTORS = np.random.default_rng(2).normal(size=(TWO[1].codes, 3)).astype(np.float32)


def measured(level: int) -> tuple[np.ndarray, float]:
    assert level == 1
    return VECTORS, unit_of(VECTORS)


def showing(codes: Sequence[Codes]) -> Shown:
    """These, of which it finds the asked part by the coarse codes in it."""

    def shown(part: Sequence[Codes], level: int) -> Sequence[Codes]:
        assert level == 0
        windows = np.lib.stride_tricks.sliding_window_view(codes[0], part[0].shape)
        ((top, left),) = np.argwhere((windows == part[0]).all(axis=(2, 3)))
        slices = [
            (slice(scale * top, scale * top + len(grid)), slice(scale * left, scale * left + grid.shape[1]))
            for scale, grid in zip((1, 2), part, strict=True)
        ]
        return [level[place] for level, place in zip(codes, slices, strict=True)]

    return shown


def chosen_of(events: Iterator[Drawn | Variation]) -> Variation:
    return next(event for event in events if isinstance(event, Variation))


@pytest.mark.parametrize("cells", [Cells, CompiledCells])
@pytest.mark.parametrize(("label", "guidance"), [(None, 1.0), (LABEL, 1.0), (LABEL, 2.0)])
def test_each_cell_is_drawn_near_what_is_shown_there(
    cells: CellsMaker, label: np.ndarray | None, guidance: float
) -> None:
    prior, rng = priors(TWO).float(), np.random.default_rng(6)
    codes = codes_of(3, 4), rng.integers(0, TWO[1].codes, (6, 8))
    shown = codes[0], rng.integers(0, TWO[1].codes, (6, 8))
    masks = np.zeros((3, 4), np.bool_), hole_in((6, 8), slice(2, 4), slice(2, 6))
    drawing = Drawing(guidance=guidance)
    resampler = Resampler(prior, 8, cells)
    for number in range(6):
        request = request_of(codes, masks, condition=label, candidates=1, first=number, drawing=drawing)
        variation = chosen_of(follow(resampler, measured, showing(shown), 0, request))
        grids = [torch.from_numpy(level)[None] for level in variation.codes]
        assert np.array_equal(variation.codes[1][~masks[1]], codes[1][~masks[1]])
        with torch.no_grad():
            null = prior(grids, None)[1][0].double().numpy()
            asked = null if label is None else prior(grids, torch.from_numpy(label)[None])[1][0].numpy()
        logits = null + guidance * (asked - null)
        uniforms = uniforms_of(5, [FIRST_CANDIDATE + number], 1, 6, 8)[0]
        for row, column in np.argwhere(masks[1]):
            weights = by_hand(logits[:, row, column], shown[1][row, column], AMOUNT, VECTORS)
            drawn = np.searchsorted(weights.cumsum(), uniforms[row, column], side="right")
            assert variation.codes[1][row, column] == drawn


def test_the_bits_are_those_of_the_prior_alone() -> None:
    prior = priors(TWO).float()
    codes = [codes_of(4, 4), codes_of(8, 8)]
    masks = np.zeros((4, 4), np.bool_), hole_in((8, 8), slice(0, 3), slice(0, 8))
    request = request_of(codes, masks, candidates=3)
    variation = chosen_of(follow(Resampler(prior, 8), measured, showing(codes), 0, request))
    assert variation.bits == pytest.approx(exact_bits(prior, variation.codes, None)[1].sum(), rel=1e-5)


def test_on_a_large_grid_every_window_leans_towards_its_own_part_of_what_is_shown() -> None:
    """With vectors so far apart that nothing else counts, what is drawn is what is shown."""
    far = np.float32(1000) * np.arange(TWO[1].codes, dtype=np.float32)[:, None]
    prior, shown = priors(TWO).float(), (codes_of(10, 12), codes_of(20, 24, most=TWO[1].codes))
    codes = codes_of(10, 12), np.zeros((20, 24), np.int64)
    mask = hole_in((20, 24), slice(2, 18), slice(4, 22))
    request = request_of(codes, [np.zeros((10, 12), np.bool_), mask], candidates=2)
    variation = chosen_of(follow(Resampler(prior, 4), lambda _: (far, 1.0), showing(shown), 0, request))
    assert np.array_equal(variation.codes[1][mask], shown[1][mask])


@pytest.fixture
def model(tmp_path: Path, request: pytest.FixtureRequest) -> TorchDecoder:
    """One with priors, whose levels were dropped in training as often as asked."""
    bare = write_small_two_level_model(tmp_path / "bare.safetensors", level_dropout=request.param)
    return load_decoder(write_small_priors(tmp_path / "model.safetensors", bare), "cpu")


def painted(decoder: TorchDecoder, drawing: Drawing) -> tuple[ResampleRequest, Codes]:
    coarse, fine = (level.codes for level in decoder.levels)
    codes = codes_of(4, 4, most=coarse), codes_of(8, 8, most=fine)
    masks = np.zeros((4, 4), np.bool_), hole_in((8, 8), slice(2, 6), slice(2, 6))
    alone = decoder.without({1}).decode([level[None] for level in codes])
    return request_of(codes, masks, drawing=drawing), decoder.encode(alone)[1][0]


@pytest.mark.parametrize("model", [0.1], indirect=True)
def test_a_model_that_shows_coarse_codes_alone_says_what_to_lean_towards(model: TorchDecoder) -> None:
    request, shown = painted(model, Drawing(temperature=1e-6))  # where only the likeliest is drawn
    assert model.prior is not None
    vectors = model.codebook(1)
    followed = chosen_of(model.prior.follow(request, 0)).codes[1]
    alone = chosen_of(model.prior.resample(request)).codes[1]
    mask = request.masks[1]

    def distance(codes: Codes) -> float:
        return float(np.linalg.norm(vectors[codes[mask]] - vectors[shown[mask]], axis=1).mean())

    assert distance(followed) < 0.5 * distance(alone)


@pytest.mark.parametrize("model", [0.0], indirect=True)
def test_beneath_other_models_the_prior_draws_alone(model: TorchDecoder) -> None:
    request, _ = painted(model, Drawing())
    assert model.prior is not None
    followed, alone = model.prior.follow(request, 0), model.prior.resample(request)
    assert np.array_equal(chosen_of(followed).codes[1], chosen_of(alone).codes[1])
