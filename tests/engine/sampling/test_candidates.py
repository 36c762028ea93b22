"""Candidates: each picture is the one that is most surely of its label; nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import engine
from engine.errors import OptionFault
from engine.models.base import DiscreteAutoencoder
from engine.priors.drawing import Drawing
from engine.priors.hierarchical import HierarchicalPrior, nats_of
from engine.priors.sampler import FillRequest, Sampler, whole_grids
from engine.sampling import candidates as choosing
from engine.sampling.requests import MOST_CANDIDATES, Part, SampleRequest
from engine.sampling.samples import draw_samples, open_model, open_sampling
from tests.small import write_small_model, write_small_priors, write_small_two_level_model

Writer = Callable[[Path], Path]
MADE = [
    pytest.param(write_small_model, {}, id="one level"),
    pytest.param(write_small_two_level_model, {}, id="two levels"),
    pytest.param(write_small_two_level_model, {"layout": 3}, id="two levels with a layout"),
]
DRAWING = Drawing(temperature=0.9, guidance=1.5, falloff=0.5)
LABEL = np.array([[0, 1]], np.float32)


def made(folder: Path, write: Writer, changes: dict[str, object]) -> tuple[Path, HierarchicalPrior]:
    path = write_small_priors(folder / "model.safetensors", write(folder / "bare.safetensors"), **changes)
    model = engine.load(path)
    assert isinstance(model, DiscreteAutoencoder)
    assert model.priors is not None
    return path, model.priors


def laid_out(sampler: Sampler, request: FillRequest) -> FillRequest:
    steps = sampler.lay_out(request)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            done: FillRequest = end.value[0]
            return done


def filled(sampler: Sampler, request: FillRequest) -> tuple[np.ndarray, ...]:
    codes = [level.copy() for level in request.codes]
    for drawn in sampler.fill(request):
        end = drawn.column + drawn.codes.shape[1]
        codes[drawn.level][:, drawn.row, drawn.column : end] = drawn.codes
    return tuple(codes)


def sureness(priors: HierarchicalPrior, codes: np.ndarray, layout: np.ndarray | None) -> float:
    """log p(label | codes), but for a constant, term by term."""
    grid, about = torch.from_numpy(codes), None if layout is None else torch.from_numpy(layout)
    given = [] if about is None else [about]
    label, total = torch.from_numpy(LABEL), 0.0
    for sign, told in ((1, None), (-1, label)):
        total += sign * float(nats_of(priors.levels[0]([*given, grid], told), grid).sum())
        if about is not None:
            assert priors.layout_prior is not None
            total += sign * float(nats_of(priors.layout_prior([about], told), about).sum())
    return total


@pytest.mark.parametrize(("write", "changes"), MADE)
def test_the_one_that_is_most_surely_of_the_label_is_kept(
    tmp_path: Path, write: Writer, changes: dict[str, object]
) -> None:
    path, priors = made(tmp_path, write, changes)
    samples = draw_samples(SampleRequest(path, 3, "odd", 7, DRAWING, candidates=4))
    sampler, grids = Sampler(priors), [level.shape[1:] for level in samples.codes]
    places = []
    for image in range(3):
        surest, kept = -np.inf, (-1, np.zeros(0))
        for place in range(4):
            request = whole_grids(grids, [image + place * choosing._APART], 7, LABEL, DRAWING)
            drawn = laid_out(sampler, request)
            coarsest = filled(sampler, drawn)[0]
            with torch.no_grad():
                sure = sureness(priors, coarsest, drawn.layout)
            if sure > surest:
                surest, kept = sure, (place, coarsest)
        places.append(kept[0])
        np.testing.assert_array_equal(samples.codes[0][image], kept[1][0])
        # What is finer is drawn by the picture's own numbers.
        own = whole_grids(grids, [image], 7, LABEL, DRAWING)
        masks = (~own.masks[0], *own.masks[1:])
        whole = filled(sampler, replace(own, codes=(kept[1], *own.codes[1:]), masks=masks))
        for level, expected in zip(samples.codes, whole, strict=True):
            np.testing.assert_array_equal(level[image], expected[0])
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


@pytest.mark.parametrize(("write", "changes"), MADE)
def test_a_few_are_weighed_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Writer, changes: dict[str, object]
) -> None:
    path, priors = made(tmp_path, write, changes)
    weighed: list[int] = []
    real = HierarchicalPrior.coarsest_nats
    monkeypatch.setattr(choosing, "_CELLS_AT_ONCE", 3 * 16)
    monkeypatch.setattr(
        HierarchicalPrior,
        "coarsest_nats",
        lambda self, codes, *about: (weighed.append(len(codes)), real(self, codes, *about))[1],
    )
    request = SampleRequest(path, 5, "odd", candidates=4)
    _, drawer = open_sampling(request, open_model(path))
    seen, parts, shares = 0, [], []
    for step in drawer(range(5), watched=True):
        assert len(weighed) - seen <= 1  # between two chances to stop
        seen = len(weighed)
        if isinstance(step, Part):
            parts.append(step)
        else:
            shares.append(step)
    assert max(weighed) <= 3 * 16 // (4 if len(priors.levels) == 2 else 16)
    assert sum(weighed) == 2 * 20
    assert shares == sorted(shares)
    assert [part.is_whole for part in parts] == [False] * (len(parts) - 1) + [True]
    if len(priors.levels) == 1:  # the first candidates are seen as they are drawn, then what was chosen
        assert [part.seen_px for part in parts] == [4, 8, 12, 16]
        first = draw_samples(replace(request, candidates=1))
        np.testing.assert_array_equal(parts[0].codes[0][:, 0], first.codes[0][:, 0])


def test_without_chance_there_is_one_candidate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = made(tmp_path, write_small_model, {})
    monkeypatch.setattr(HierarchicalPrior, "coarsest_nats", None)
    draw_samples(SampleRequest(path, 2, "odd", drawing=Drawing(temperature=0), candidates=4))


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
        with pytest.raises(
            OptionFault, match=f"{count} candidates cannot be used: give 1 to {MOST_CANDIDATES}"
        ):
            draw_samples(SampleRequest(path, 1, "odd", candidates=count))
