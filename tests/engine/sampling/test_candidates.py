"""Candidates: each picture is the one that is most surely of its label; nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import engine
from engine.errors import OptionFault
from engine.models.base import DiscreteAutoencoder
from engine.priors.drawing import Drawing
from engine.priors.hierarchical import HierarchicalPrior
from engine.priors.sampler import Sampler
from engine.sampling import candidates as choosing
from engine.sampling.requests import MOST_CANDIDATES, SampleRequest
from engine.sampling.samples import draw_samples
from tests.small import write_small_model, write_small_priors, write_small_two_level_model

Writer = Callable[[Path], Path]
MADE = [
    pytest.param(write_small_model, {}, id="one level"),
    pytest.param(write_small_two_level_model, {}, id="two levels"),
    pytest.param(write_small_two_level_model, {"layout": 3}, id="two levels with a layout"),
]
DRAWING = Drawing(temperature=0.9, guidance=1.5)


def made(folder: Path, write: Writer, changes: dict[str, object]) -> tuple[Path, HierarchicalPrior]:
    path = write_small_priors(folder / "model.safetensors", write(folder / "bare.safetensors"), **changes)
    model = engine.load(path)
    assert isinstance(model, DiscreteAutoencoder)
    assert model.priors is not None
    return path, model.priors


def alone(priors: HierarchicalPrior, number: int, condition: np.ndarray) -> list[np.ndarray]:
    """All codes of one number, as they are drawn without candidates."""
    grids = [(4, 4)] if len(priors.levels) == 1 else [(2, 2), (4, 4)]
    codes = [np.zeros((1, *grid), np.int64) for grid in grids]
    for drawn in Sampler(priors).sample(grids, [number], 7, condition, DRAWING):
        end = drawn.column + drawn.codes.shape[1]
        codes[drawn.level][:, drawn.row, drawn.column : end] = drawn.codes
    return codes


@pytest.mark.parametrize(("write", "changes"), MADE)
def test_the_one_that_is_most_surely_of_the_label_is_kept(
    tmp_path: Path, write: Writer, changes: dict[str, object]
) -> None:
    path, priors = made(tmp_path, write, changes)
    samples = draw_samples(SampleRequest(path, 3, "odd", 7, DRAWING, candidates=4))
    condition = np.array([[0, 1]], np.float32)
    places = []
    for image in range(3):
        drawn = [alone(priors, image + place * choosing._APART, condition) for place in range(4)]
        matches = [
            place
            for place, codes in enumerate(drawn)
            if all(
                np.array_equal(own[image], level[0]) for own, level in zip(samples.codes, codes, strict=True)
            )
        ]
        (chosen,) = matches
        places.append(chosen)
        if not changes:  # of a layout the sampler alone knows which was drawn
            coarse = torch.from_numpy(np.concatenate([codes[0] for codes in drawn]))
            label = torch.from_numpy(np.repeat(condition, 4, axis=0))
            nats, without = (priors.coarsest_nats(coarse, known, None) for known in (label, None))
            assert chosen == (without - nats).argmax()
    assert len(set(places)) > 1 or places[0] != 0


def test_a_picture_is_the_same_whatever_the_count_and_the_first_candidate_its_own(tmp_path: Path) -> None:
    path, _ = made(tmp_path, write_small_two_level_model, {"layout": 3})
    few, many, one, plain = (
        draw_samples(SampleRequest(path, count, "odd", 7, DRAWING, candidates=candidates)).codes
        for count, candidates in [(2, 3), (20, 3), (2, 1), (2, 1)]
    )
    for level in range(2):
        assert np.array_equal(few[level], many[level][:2])
        assert np.array_equal(one[level], plain[level])


def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    path, _ = made(tmp_path, write_small_two_level_model, {"layout": 3})
    shares: list[float] = []
    draw_samples(SampleRequest(path, 20, "odd", candidates=5), lambda _, share: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_what_cannot_be_chosen_is_refused(tmp_path: Path) -> None:
    path, _ = made(tmp_path, write_small_model, {})
    for request in (
        SampleRequest(path, 1, candidates=2),
        SampleRequest(path, 1, "odd", source="unigram", candidates=2),
        SampleRequest("mnist-cvae", 1, "3", candidates=2),
    ):
        with pytest.raises(OptionFault, match="that takes a prior and a label"):
            draw_samples(request)
    for count in (0, MOST_CANDIDATES + 1):
        with pytest.raises(OptionFault, match=f"give 1 to {MOST_CANDIDATES} candidates"):
            draw_samples(SampleRequest(path, 1, "odd", candidates=count))
