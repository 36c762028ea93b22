"""Layouts: a function of the codes, drawn before all codes and told to the coarsest level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.decoding.decoder import CodeLevel
from engine.models.base import Draws
from engine.priors.drawing import AS_TRAINED, Drawing, draw, guided
from engine.priors.hierarchical import BIT, HierarchicalPrior, nats_of
from engine.priors.layout import Layout, k_means
from engine.priors.likelihood import bits_per_code
from engine.priors.reach import margin, ratios
from engine.priors.requests import Codes, ResampleRequest, Variation
from engine.priors.resample import FIRST_CANDIDATE, Resampler
from engine.priors.sampler import FillRequest, Sampler
from engine.priors.surprise import surprise
from engine.priors.uniforms import LAYOUT, uniforms_of
from tests.small import small_prior_config

COARSE, FINE = CodeLevel(stride_px=8, codes=6, dim=3), CodeLevel(stride_px=4, codes=7, dim=3)
CLASSES = 5


def codes(batch: int = 4, rows: int = 6, columns: int = 4, levels: int = 2) -> list[Tensor]:
    generator = torch.Generator().manual_seed(2)
    shapes = [(batch, rows << level, columns << level) for level in range(levels)]
    known = [COARSE.codes, FINE.codes]
    return [torch.randint(0, k, shape, generator=generator) for k, shape in zip(known, shapes, strict=False)]


def priors(levels: Sequence[CodeLevel] = (COARSE, FINE), **changes: object) -> HierarchicalPrior:
    """Untrained, but sure enough of itself that a wrong input changes what is drawn."""
    torch.manual_seed(6)
    config = small_prior_config(**{"labels": 3, "layout": CLASSES, **changes})
    made = HierarchicalPrior(config, levels).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(0, 2 / parameter[0].numel() ** 0.5 if parameter.ndim > 1 else 0.1)
    assert made.layout is not None
    grids = codes(batch=40, levels=1)[0].numpy()
    made.layout.fit(grids, torch.randn(COARSE.codes, COARSE.dim), np.ones(40), seed=1)
    return made


def condition(batch: int) -> Tensor:
    return torch.eye(3)[torch.arange(batch) % 3]


@pytest.mark.parametrize("side", [2, 4])
def test_a_layout_says_which_class_each_block_is_of(side: int) -> None:
    layout = Layout(COARSE, CLASSES, side)
    grids = codes(batch=50, rows=8, columns=8, levels=1)[0]
    layout.fit(grids.numpy(), torch.randn(COARSE.codes, COARSE.dim), np.ones(50), seed=1)
    said = layout.of(grids)
    assert (said.dtype, tuple(said.shape)) == (torch.int64, (50, 8 // side, 8 // side))
    assert said.unique().tolist() == list(range(CLASSES))
    block = layout.vectors[grids[3, side : 2 * side, :side]].flatten()
    assert said[3, 1, 0] == (layout.centres - block).square().sum(1).argmin()
    # Another block changes nothing here.
    other = grids.clone()
    other[:, :side, :side] = 0
    assert torch.equal(layout.of(other)[:, 1:], said[:, 1:])


def test_grids_that_blocks_do_not_fill_go_on_as_at_their_border() -> None:
    layout = Layout(COARSE, CLASSES, 2)
    grids = codes(rows=7, columns=5, levels=1)[0]
    layout.fit(grids.numpy(), torch.randn(COARSE.codes, COARSE.dim), np.ones(4), seed=1)
    padded = torch.cat([grids, grids[:, -1:]], dim=1)
    padded = torch.cat([padded, padded[:, :, -1:]], dim=2)
    assert torch.equal(layout.of(grids), layout.of(padded))
    assert layout.of(grids).shape == (4, 4, 3)


def test_grids_without_a_share_are_not_looked_at() -> None:
    grids = np.zeros((10, 4, 4), np.int64)
    grids[5:] = 1
    layout = Layout(COARSE, 2, 2)
    shares = np.repeat([0.2, 0.0], 5)
    layout.fit(grids, torch.arange(18.0).view(6, 3), shares, seed=1)
    assert torch.equal(layout.centres, layout.vectors[0].repeat(2, 4))


def test_k_means_finds_what_lies_together() -> None:
    generator = torch.Generator().manual_seed(1)
    middles = 10 * torch.eye(4)
    points = middles.repeat(50, 1) + 0.1 * torch.randn(200, 4, generator=generator)
    centres = k_means(points, 4, generator)
    assert torch.cdist(middles, centres).min(dim=1).values.max() < 0.1


def test_it_is_told_to_the_coarsest_level_alone_and_only_where_it_is_given() -> None:
    model, grids = priors(), codes()
    layout = model.layout_of(grids)
    assert layout is not None
    plain, told = model(grids), model(grids, layout=layout)
    assert not torch.allclose(plain[0], told[0])
    assert torch.equal(plain[1], told[1])
    without = HierarchicalPrior(small_prior_config(labels=3), (COARSE, FINE)).eval()
    assert without.layout_of(grids) is None
    # What there is already is looked at without: as far as before, and nothing of a layout is asked for.
    assert ratios(model) == ratios(without) == [1, 2]
    assert margin(model) == margin(without)
    seen = surprise(model, [grid[0].numpy() for grid in grids])
    torch.testing.assert_close(torch.from_numpy(seen[0].bits), model.nats(grids)[0][0] / BIT)


def test_the_loss_learns_layouts_and_codes_with_and_without_them() -> None:
    model, grids = priors(layout_dropout=0.5, label_dropout=0.0), codes(batch=16)
    draws = Draws(seed=3, step=8)
    kept = draws.uniform("layout", 16) >= 0.5
    assert 0 < int(kept.sum()) < 16
    layout = model.layout_of(grids)
    assert layout is not None
    given = condition(16)
    plain, told = (model.nats(grids, given, known)[0] for known in (None, layout))
    coarse = torch.where(kept[:, None, None], told, plain)
    everything = [model.layout_nats(layout, given), coarse, model.nats(grids, given)[1]]
    expected = torch.cat([nats.flatten() for nats in everything]).sum() / sum(grid.numel() for grid in grids)
    result = model.loss(grids, given, draws)
    torch.testing.assert_close(result.total, expected)
    assert result.terms["bits_layout"].item() == pytest.approx(everything[0].mean().item() / BIT, rel=1e-5)
    both = (everything[0].sum() + coarse.sum()).item() / grids[0].numel()
    assert result.terms["bits_0"].item() == pytest.approx(both / BIT, rel=1e-5)


@pytest.mark.parametrize(("learn", "names"), [("coarser", {"layout_prior", "0"}), ("finest", {"1"})])
def test_only_the_levels_that_are_to_learn_do(learn: str, names: set[str]) -> None:
    model = priors(learn=learn)
    result = model.loss(codes(), condition(4))
    result.total.backward()
    learned = {name.split(".")[0] for name, weight in model.named_parameters() if weight.grad is not None}
    assert learned == names == {n.split(".")[0] for n, w in model.named_parameters() if w.requires_grad}
    assert ("bits_layout" in result.terms) == (learn == "coarser")


def test_bits_of_the_coarsest_codes_count_those_of_the_layout() -> None:
    model, grids = priors(), codes()
    layout, given = model.layout_of(grids), condition(4)
    assert layout is not None
    nats = model.nats(grids, given, layout)
    labels = np.arange(4) % 3
    bits = bits_per_code(model, [grid.numpy() for grid in grids], labels)
    coarse = nats[0].sum() + model.layout_nats(layout, given).sum()
    assert bits[0] == pytest.approx(coarse.item() / BIT / grids[0].numel(), rel=1e-5)
    assert bits[1] == pytest.approx(nats[1].mean().item() / BIT, rel=1e-5)
    # In training and validation they are the same figure, where nothing is dropped.
    learned = priors(layout_dropout=1e-9, label_dropout=0.0).loss(grids, given)
    assert [learned.terms[f"bits_{level}"].item() for level in range(2)] == pytest.approx(bits, rel=1e-5)
    assert learned.total.item() / BIT == pytest.approx(np.average(bits, weights=[1, 4]), rel=1e-5)


@pytest.mark.parametrize(
    "drawing", [AS_TRAINED, Drawing(guidance=2.0, temperature=0.7), Drawing(1.5, falloff=0.5)]
)
@pytest.mark.parametrize("grid", [(4, 4), (5, 3), (1, 1)])
def test_samples_are_those_of_a_naive_loop_layout_first(grid: tuple[int, int], drawing: Drawing) -> None:
    model = priors().double()
    images, seed = (0, 3), 11
    given = np.array([[0, 1, 0], [0.2, 0, 0.8]], np.float32)
    shapes = [grid, (2 * grid[0], 2 * grid[1])]
    got = [np.zeros((2, *shape), np.int64) for shape in shapes]
    for drawn in Sampler(model, torch.float64).sample(shapes, images, seed, given, drawing):
        end = drawn.column + drawn.codes.shape[1]
        got[drawn.level][:, drawn.row, drawn.column : end] = drawn.codes

    assert model.layout_prior is not None
    networks = [model.layout_prior, *model.levels]
    known: list[Codes] = []
    places = [LAYOUT, 0, 1]
    for network, shape, place, times in zip(
        networks, [(-(-grid[0] // 2), -(-grid[1] // 2)), *shapes], places, range(3), strict=True
    ):
        own_drawing = replace(drawing, temperature=drawing.temperature * drawing.falloff**times)
        coarser = known[1:] if place == 1 else known
        uniforms, own = uniforms_of(seed, images, place, *shape), np.zeros((2, *shape), np.int64)
        for row, column in np.ndindex(shape):
            grids = [torch.from_numpy(level) for level in (*coarser, own)]
            with torch.no_grad():
                logits = network(grids, torch.from_numpy(given).double())[:, :, row, column].numpy()
                if drawing.guidance != 1:
                    logits = guided(logits, network(grids)[:, :, row, column].numpy(), drawing.guidance)
            own[:, row, column] = draw(logits, uniforms[:, row, column], own_drawing)
        known.append(own)
    assert np.array_equal(got[0], known[1])
    assert np.array_equal(got[1], known[2])


def test_no_cell_of_a_layout_depends_on_later_ones() -> None:
    model = priors()
    assert model.layout_prior is not None
    layout = torch.randint(0, CLASSES, (1, 4, 5), generator=torch.Generator().manual_seed(1))
    before = nats_of(model.layout_prior([layout]), layout)
    other = layout.clone()
    other[0, 2, 3] = (other[0, 2, 3] + 1) % CLASSES
    after = nats_of(model.layout_prior([other]), other)
    assert torch.equal(before.flatten()[: 2 * 5 + 3], after.flatten()[: 2 * 5 + 3])


def test_priors_without_a_layout_begin_to_learn_one_from_what_they_know() -> None:
    model, grids = priors(), codes()
    own = {name for name in model.state_dict() if name.startswith(("layout", "0.context."))}
    names = model.begins_anew(own)
    assert names is not None
    assert own < names
    assert not any(name.startswith("1.") for name in names)
    assert model.begins_anew({*own, "1.pixelcnn.embedding.weight"}) is None
    assert model.begins_anew(set()) == set()
    model.go_on(grids, torch.Generator(), names)
    plain, told = model(grids), model(grids, layout=model.layout_of(grids))
    assert torch.equal(plain[0], told[0])


def laid_out(sampler: Sampler, request: FillRequest) -> tuple[FillRequest, np.ndarray]:
    drawing = sampler.lay_out(request)
    while True:
        try:
            assert next(drawing).codes.size == 0
        except StopIteration as end:
            asked, nats = end.value
            return asked, nats


def test_resampling_everything_lays_out_first_and_counts_its_bits() -> None:
    model, grids = priors(), [grid[0].numpy() for grid in codes(batch=1)]
    given = np.array([0, 1, 0], np.float32)
    everything = tuple(np.ones(grid.shape, np.bool_) for grid in grids)
    request = ResampleRequest(tuple(grids), everything, seed=5, condition=given)
    (made,) = [e for e in Resampler(model, trained=6).resample(request) if isinstance(e, Variation)]
    new = [torch.from_numpy(grid)[None] for grid in made.codes]
    # Its codes are those that are drawn after the layout of the same number.
    numbers, shapes = (FIRST_CANDIDATE,), [grid.shape for grid in grids]
    drawn = [np.zeros((1, *shape), np.int64) for shape in shapes]
    asked = FillRequest(tuple(drawn), everything, 5, numbers, given[None])
    sampler = Sampler(model)
    asked, nats = laid_out(sampler, asked)
    assert asked.layout is not None
    for part in sampler.fill(asked):
        drawn[part.level][:, part.row, part.column : part.column + part.codes.shape[1]] = part.codes
    assert all(torch.equal(torch.from_numpy(own), grid) for own, grid in zip(drawn, new, strict=True))
    # And its bits those of layout and codes together.
    label, layout = torch.from_numpy(given)[None], torch.from_numpy(asked.layout)
    expected = model.layout_nats(layout, label).sum()
    assert nats[0] == pytest.approx(expected.item(), rel=1e-5)
    for level in model.nats(new, label, layout):
        expected = expected + level.sum()
    assert made.bits == pytest.approx(expected.item() / BIT, rel=1e-5)


def test_what_keeps_a_coarse_code_is_resampled_without_a_layout() -> None:
    model, grids = priors(), [grid[0].numpy() for grid in codes(batch=1)]
    masks = [np.ones(grid.shape, np.bool_) for grid in grids]
    masks[0][-1, -1] = False
    request = ResampleRequest(tuple(grids), tuple(masks), seed=5, candidates=1)
    (made,) = [e for e in Resampler(model, trained=6).resample(request) if isinstance(e, Variation)]
    new = [torch.from_numpy(grid)[None] for grid in made.codes]
    nats = torch.cat([level.flatten() for level in model.nats(new)]).sum()
    assert made.bits == pytest.approx(nats.item() / BIT, rel=1e-5)
