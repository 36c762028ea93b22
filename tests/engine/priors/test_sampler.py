"""The incremental sampler draws what the naive loop draws, from the logits of a full pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decoding.decoder import CodeLevel
from engine.errors import CodesFault, PriorFault
from engine.priors.drawing import AS_TRAINED, Drawing, draw, guided
from engine.priors.hierarchical import HierarchicalPrior
from engine.priors.requests import Codes, Mask
from engine.priors.sampler import FillRequest, Sampler
from engine.priors.uniforms import uniforms_of
from tests.small import small_prior_config

K = 7
ONE = (CodeLevel(stride_px=4, codes=K, dim=3),)
TWO = (CodeLevel(stride_px=8, codes=5, dim=3), CodeLevel(stride_px=4, codes=K, dim=3))


def priors(levels: Sequence[CodeLevel] = ONE, **changes: object) -> HierarchicalPrior:
    """Untrained, but sure enough of itself that a wrong input changes what is drawn."""
    torch.manual_seed(6)
    made = HierarchicalPrior(small_prior_config(**{"labels": 3, **changes}), levels).double().eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(0, 2 / parameter[0].numel() ** 0.5 if parameter.ndim > 1 else 0.1)
    return made.requires_grad_(False)


def naive(prior: HierarchicalPrior, request: FillRequest) -> list[Codes]:
    """A full pass per cell, of which one cell's logits are used."""
    codes = [level.copy() for level in request.codes]
    condition = None if request.condition is None else torch.from_numpy(request.condition).double()
    for index, mask in enumerate(request.masks):
        asked = request.drawing
        drawing = replace(asked, temperature=asked.temperature * asked.falloff**index)
        uniforms = uniforms_of(request.seed, request.images, index, *mask.shape)
        for row, column in np.argwhere(mask):
            grids = [torch.from_numpy(level) for level in codes[: index + 1]]
            logits = prior.levels[index](grids, condition)[:, :, row, column].numpy()
            if condition is not None and request.drawing.guidance != 1:
                without = prior.levels[index](grids)[:, :, row, column].numpy()
                logits = guided(logits, without, request.drawing.guidance)
            codes[index][:, row, column] = draw(logits, uniforms[:, row, column], drawing)
    return codes


def filled(sampler: Sampler, request: FillRequest) -> list[Codes]:
    codes = [level.copy() for level in request.codes]
    for drawn in sampler.fill(request):
        end = drawn.column + drawn.codes.shape[1]
        codes[drawn.level][:, drawn.row, drawn.column : end] = drawn.codes
    return codes


def request_of(
    shapes: Sequence[tuple[int, int]],
    masks: Sequence[Mask] | None = None,
    images: tuple[int, ...] = (0, 3),
    drawing: Drawing = AS_TRAINED,
    condition: np.ndarray | None = None,
) -> FillRequest:
    rng = np.random.default_rng(1)
    codes = tuple(rng.integers(0, 5, (len(images), *shape)) for shape in shapes)
    all_of_them = tuple(np.ones(shape, np.bool_) for shape in shapes)
    given = all_of_them if masks is None else tuple(masks)
    return FillRequest(codes, given, 11, images, condition, drawing)


LABELS = np.array([[0.0, 1.0, 0.0], [0.2, 0.0, 0.8]], np.float32)
SIZES = [
    {},
    {"layers": 1},
    {"layers": 6},
    {"kernel": 5, "first_kernel": 7},
    {"kernel": 7, "first_kernel": 5, "layers": 2},
]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("grid", [(6, 6), (3, 9), (9, 3), (1, 1), (1, 7), (7, 1)])
def test_whole_grids_are_those_of_the_naive_loop(grid: tuple[int, int], sizes: dict[str, object]) -> None:
    prior = priors(**sizes)
    request = request_of([grid], condition=LABELS)
    got = filled(Sampler(prior, torch.float64), request)
    assert np.array_equal(got[0], naive(prior, request)[0])
    assert grid == (1, 1) or len(np.unique(got[0])) > 1


@pytest.mark.parametrize(
    "drawing",
    [
        Drawing(temperature=0.5),
        Drawing(temperature=0),
        Drawing(top_k=3),
        Drawing(top_p=0.6),
        Drawing(guidance=3.0),
        Drawing(guidance=0.0, temperature=1.5, top_k=4, top_p=0.9),
    ],
)
def test_every_way_to_draw_is_that_of_the_naive_loop(drawing: Drawing) -> None:
    prior = priors()
    request = request_of([(5, 6)], condition=LABELS, drawing=drawing)
    assert np.array_equal(filled(Sampler(prior, torch.float64), request)[0], naive(prior, request)[0])


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_cells_of_a_grid_are_drawn_and_no_others(data: st.DataObject) -> None:
    rows, columns = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 12))
    cells = data.draw(st.lists(st.booleans(), min_size=rows * columns, max_size=rows * columns))
    mask = np.array(cells).reshape(rows, columns)
    request = request_of([(rows, columns)], [mask])
    prior = priors()
    got = filled(Sampler(prior, torch.float64), request)[0]
    assert np.array_equal(got, naive(prior, request)[0])
    assert np.array_equal(got[:, ~mask], request.codes[0][:, ~mask])


@pytest.mark.parametrize("drawing", [AS_TRAINED, Drawing(temperature=2.0, guidance=1.5)])
@pytest.mark.parametrize("condition", [None, LABELS, LABELS[[1, 1]]])
def test_images_that_are_alike_so_far_are_drawn_apart(drawing: Drawing, condition: np.ndarray | None) -> None:
    mask = np.zeros((9, 6), np.bool_)
    mask[5:8, 1:5] = True
    request = request_of([(9, 6)], [mask], drawing=drawing, condition=condition)
    request.codes[0][1] = request.codes[0][0]
    prior = priors(layers=4)
    got = filled(Sampler(prior, torch.float64), request)[0]
    assert np.array_equal(got, naive(prior, request)[0])
    assert not np.array_equal(got[0], got[1])


@pytest.mark.parametrize("drawing", [AS_TRAINED, Drawing(guidance=2.0), Drawing(1.5, falloff=0.4)])
def test_finer_levels_are_told_of_what_was_just_drawn(drawing: Drawing) -> None:
    prior = priors(TWO)
    request = request_of([(3, 4), (6, 8)], condition=LABELS, drawing=drawing)
    for got, expected in zip(
        filled(Sampler(prior, torch.float64), request), naive(prior, request), strict=True
    ):
        assert np.array_equal(got, expected)


def test_a_level_may_be_left_as_it_is() -> None:
    prior = priors(TWO)
    masks = [np.zeros((3, 4), np.bool_), np.zeros((6, 8), np.bool_)]
    masks[1][2:5, 1:4] = True
    request = request_of([(3, 4), (6, 8)], masks)
    got, expected = filled(Sampler(prior, torch.float64), request), naive(prior, request)
    assert np.array_equal(got[0], request.codes[0])
    assert np.array_equal(got[1], expected[1])
    assert {drawn.level for drawn in Sampler(prior).fill(request)} == {1}


@pytest.mark.parametrize("drawing", [AS_TRAINED, Drawing(temperature=0.5, guidance=2.0)])
@pytest.mark.parametrize("levels", [ONE, TWO])
def test_cells_are_weighed_by_the_prior_as_it_was_trained(
    levels: Sequence[CodeLevel], drawing: Drawing
) -> None:
    shapes = [(4, 5), (8, 10)][: len(levels)]
    masks = [np.zeros(shape, np.bool_) for shape in shapes]
    masks[0][1:3, 2:4] = True  # a finer level stays as it is
    weighed = tuple(np.random.default_rng(2).random(shape) < 0.6 for shape in shapes)
    request = replace(request_of(shapes, masks, condition=LABELS, drawing=drawing), weighed=weighed)
    prior = priors(levels)
    codes, nats = [level.copy() for level in request.codes], [np.zeros(c.shape) for c in request.codes]
    shares = []
    for drawn in Sampler(prior, torch.float64).fill(request):
        cells = drawn.row, slice(drawn.column, drawn.column + drawn.codes.shape[1])
        codes[drawn.level][:, *cells], nats[drawn.level][:, *cells] = drawn.codes, drawn.nats
        shares.append(drawn.share)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    for level, expected in enumerate(naive(prior, request)):
        assert np.array_equal(codes[level], expected)
    logits = prior([torch.from_numpy(level) for level in codes], torch.from_numpy(LABELS).double())
    for level, of_level in enumerate(logits):
        exact = torch.log_softmax(of_level, dim=1).gather(1, torch.from_numpy(codes[level])[:, None])[:, 0]
        np.testing.assert_allclose(nats[level], np.where(weighed[level], -exact.numpy(), 0), atol=1e-9)


def test_an_image_is_the_same_whichever_are_drawn_beside_it() -> None:
    sampler = Sampler(priors(), torch.float64)
    several = filled(sampler, request_of([(5, 5)], images=(0, 1, 2, 3)))[0]
    alone = filled(sampler, request_of([(5, 5)], images=(3,)))[0]
    assert np.array_equal(several[3:], alone)
    assert not np.array_equal(several[2], several[3])


@pytest.mark.parametrize(("images", "together"), [(1, 8), (16, 4), (40, 1), (100, 1)])
def test_progress_goes_on_by_few_cells_of_many_images_and_ends_at_one(images: int, together: int) -> None:
    drawn = list(Sampler(priors()).fill(request_of([(2, 10)], images=tuple(range(images)))))
    ends = [end for row in (0, 10) for end in (*range(row + together, row + 10, together), row + 10)]
    assert [event.share for event in drawn] == pytest.approx([end / 20 for end in ends])
    assert [10 * event.row + event.column + event.codes.shape[1] for event in drawn] == ends


def test_nothing_masked_is_nothing_to_do() -> None:
    assert list(Sampler(priors()).fill(request_of([(4, 5)], [np.zeros((4, 5), np.bool_)]))) == []


def test_what_does_not_fit_is_refused() -> None:
    sampler = Sampler(priors(TWO))
    with pytest.raises(CodesFault, match="1 levels of codes"):
        sampler.fill(request_of([(4, 5)]))
    with pytest.raises(CodesFault, match="do not fit"):
        sampler.fill(request_of([(3, 4), (6, 8)], [np.ones((3, 4), np.bool_), np.ones((6, 7), np.bool_)]))
    with pytest.raises(CodesFault, match="which is not 1 to"):
        sampler.fill(request_of([(3, 4), (6, 9)]))
    with pytest.raises(CodesFault, match="do not fit a prior whose levels"):
        sampler.fill(request_of([(3, 4), (9, 12)]))
    with pytest.raises(PriorFault, match="labels"):
        sampler.fill(request_of([(3, 4), (6, 8)], condition=np.ones((2, 2), np.float32)))
    wrong = request_of([(3, 4), (6, 8)])
    wrong.codes[0][0, 0, 0] = 5
    with pytest.raises(CodesFault, match="not 0 to 4"):
        sampler.fill(wrong)
