"""Resampling draws the selected cells from p(selected | all others), and nothing else changes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decoding.decoder import CodeLevel
from engine.decoding.prior import CodePrior
from engine.errors import CodesFault, OptionFault, PriorFault
from engine.priors.cells import Cells
from engine.priors.drawing import Drawing
from engine.priors.hierarchical import HierarchicalPrior
from engine.priors.requests import Codes, Drawn, Mask, ResampleRequest, Variation
from engine.priors.resample import Resampler
from engine.priors.sampler import Sampler
from engine.priors.torch_prior import TorchPrior
from tests.engine.priors.test_sampler import TWO, priors

K3 = (CodeLevel(stride_px=4, codes=3, dim=3),)
LABEL = np.array([0.0, 1.0, 0.0], np.float32)


def request_of(codes: Sequence[Codes], masks: Sequence[Mask], **changes: object) -> ResampleRequest:
    return ResampleRequest(**{"codes": tuple(codes), "masks": tuple(masks), "seed": 5, **changes})  # type: ignore[arg-type]


def variations_of(resampler: Resampler, request: ResampleRequest) -> list[Variation]:
    return [event for event in resampler.resample(request) if isinstance(event, Variation)]


def codes_of(*shape: int, most: int = 5) -> Codes:
    return np.random.default_rng(4).integers(0, most, shape)


def hole_in(shape: tuple[int, int], rows: slice, columns: slice) -> Mask:
    mask = np.zeros(shape, np.bool_)
    mask[rows, columns] = True
    return mask


def exact_bits(
    prior: HierarchicalPrior, codes: Sequence[Codes], condition: np.ndarray | None
) -> list[np.ndarray]:
    given = None if condition is None else torch.from_numpy(condition)[None]
    nats = prior.nats([torch.from_numpy(level)[None] for level in codes], given)
    return [level[0].numpy() / np.log(2) for level in nats]


def test_many_candidates_draw_from_the_exact_conditional() -> None:
    """Three cells of three codes in the corner of a 3 x 3 grid: 27 ways to fill them, each with its share."""
    prior = priors(K3).float()
    codes, mask = codes_of(3, 3, most=3), np.zeros((3, 3), np.bool_)
    mask[0, 0] = mask[0, 1] = mask[1, 1] = True
    exact = {}
    for fill in itertools.product(range(3), repeat=3):
        filled = codes.copy()
        filled[mask] = fill
        exact[fill] = 2 ** -exact_bits(prior, [filled], None)[0].sum(dtype=np.float64)
    total = sum(exact.values())
    count = 500

    def distance(candidates: int) -> float:
        request = request_of([codes], [mask], variations=count, candidates=candidates)
        drawn = [tuple(v.codes[0][mask].tolist()) for v in variations_of(Resampler(prior, 3), request)]
        return sum(abs(drawn.count(fill) / count - p / total) for fill, p in exact.items()) / 2

    single, weighed = distance(1), distance(16)
    assert weighed < 0.1
    assert single > 4 * weighed


def test_only_selected_cells_change_and_the_first_candidate_streams() -> None:
    prior = priors(TWO).float()
    codes = [codes_of(4, 5), codes_of(8, 10)]
    masks = [hole_in((4, 5), slice(1, 3), slice(2, 4)), hole_in((8, 10), slice(2, 6), slice(4, 8))]
    events = list(Resampler(prior, 8).resample(request_of(codes, masks, condition=LABEL, variations=2)))
    chosen = [event for event in events if isinstance(event, Variation)]
    assert [variation.number for variation in chosen] == [0, 1]
    for variation in chosen:
        for level in range(2):
            assert np.array_equal(variation.codes[level][~masks[level]], codes[level][~masks[level]])
    assert any((variation.codes[1] != codes[1]).any() for variation in chosen)
    drawn = [event for event in events if isinstance(event, Drawn)]
    assert {len(event.codes) for event in drawn} == {1}
    shares = [event.share for event in drawn]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert [type(event) for event in events].index(Variation) == len(drawn) // 2


def test_one_can_stop_while_candidates_are_weighed() -> None:
    """The fixed cells that follow come row by row as well, with the codes that they have."""
    codes, masks = [codes_of(6, 6)], [hole_in((6, 6), slice(1, 4), slice(1, 4))]
    *drawn, chosen = Resampler(priors().float(), 6).resample(request_of(codes, masks, candidates=3))
    assert isinstance(chosen, Variation)
    following = [event for event in drawn if isinstance(event, Drawn) and event.row >= 4]
    assert [(event.row, event.column) for event in following] == [(4, 0), (5, 0)]
    seen = np.concatenate([event.codes for event in following])
    assert np.array_equal(seen, codes[0][4:])
    assert all(event.nats.shape == (1, 6) and (event.nats > 0).all() for event in following)


def test_the_bits_are_those_of_what_was_drawn_and_of_what_follows() -> None:
    prior = priors(TWO).float()
    codes = [codes_of(4, 4), codes_of(8, 8)]
    masks = [
        hole_in((4, 4), slice(1, 2), slice(2, 4)),
        np.zeros((8, 8), np.bool_),
    ]  # the finer level is pinned
    (variation,) = variations_of(Resampler(prior, 4), request_of(codes, masks, condition=LABEL))
    coarse, fine = exact_bits(prior, variation.codes, LABEL)
    assert variation.bits == pytest.approx(coarse.ravel()[6:].sum() + fine.sum(), rel=1e-5)


def test_a_variation_is_the_same_whichever_are_asked_for_beside_it() -> None:
    resampler = Resampler(priors().float(), 6)
    codes, masks = [codes_of(6, 6)], [hole_in((6, 6), slice(1, 4), slice(1, 4))]
    several = variations_of(resampler, request_of(codes, masks, variations=4))
    (alone,) = variations_of(resampler, request_of(codes, masks, first=3))
    assert np.array_equal(alone.codes[0], several[3].codes[0])
    assert len({variation.codes[0].tobytes() for variation in several}) > 1


@settings(max_examples=25, deadline=None)
@given(st.integers(5, 14), st.integers(5, 14), st.data())
def test_on_a_grid_larger_than_the_prior_has_seen_every_selected_cell_is_drawn_once(
    height: int, width: int, data: st.DataObject
) -> None:
    cells = data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    mask = np.array(cells).reshape(height, width)
    if not mask.any():
        mask[0, 0] = True
    # A code that no draw gives marks what was not drawn.
    prior = priors().float()
    with torch.no_grad():
        prior.levels[0].pixelcnn.head[-1].bias[6] = -1e9
    codes = np.full((height, width), 6)
    (variation,) = variations_of(
        Resampler(prior, 4), request_of([codes], [mask], candidates=2, drawing=Drawing(0.8))
    )
    assert np.array_equal(variation.codes[0] != 6, mask)


def test_what_makes_no_sense_is_refused() -> None:
    resampler = Resampler(priors().float(), 6)
    codes = codes_of(6, 6)
    with pytest.raises(CodesFault, match="nothing is selected"):
        resampler.resample(request_of([codes], [np.zeros((6, 6), np.bool_)]))
    with pytest.raises(CodesFault, match="another size"):
        resampler.resample(request_of([codes], [np.ones((6, 5), np.bool_)]))
    with pytest.raises(CodesFault, match="not 0 to 6"):
        resampler.resample(request_of([codes + 3], [np.ones((6, 6), np.bool_)]))
    with pytest.raises(PriorFault, match="labels"):
        resampler.resample(request_of([codes], [np.ones((6, 6), np.bool_)], condition=LABEL[:2]))
    with pytest.raises(OptionFault, match="one variation"):
        resampler.resample(request_of([codes], [np.ones((6, 6), np.bool_)], variations=0))


def test_the_seed_of_a_sample_does_not_bring_it_back() -> None:
    prior = priors(K3).float()
    codes = np.zeros((9, 9), np.int64)
    for drawn in Sampler(prior).sample([(9, 9)], [0], seed=5):
        codes[drawn.row, drawn.column : drawn.column + drawn.codes.shape[1]] = drawn.codes[0]
    (new,) = variations_of(Resampler(prior, 9), request_of([codes], [np.ones((9, 9), np.bool_)], seed=5))
    assert (new.codes[0] == codes).mean() < 0.7


def test_the_window_resamples_through_numpy_and_the_kernel_comes_in_between_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = priors(K3).float()
    prior = TorchPrior(made, ("one", "two", "three"), 6, lambda _: np.eye(3, dtype=np.float32))
    assert isinstance(prior, CodePrior)
    codes = codes_of(6, 6, most=3)
    codes.flags.writeable = False  # as the window's are
    request = request_of([codes], [hole_in((6, 6), slice(1, 4), slice(1, 4))], condition=LABEL, variations=2)
    expected = variations_of(Resampler(made, 6), request)
    stream = prior.resample(request)
    found = [next(event for event in stream if isinstance(event, Variation))]
    cells = type("Others", (Cells,), {})
    monkeypatch.setattr("engine.priors.torch_prior.quickest_cells", lambda: cells)
    first = prior._resampler
    found += [event for event in stream if isinstance(event, Variation)]
    assert prior._resampler is first
    for one, other in zip(found, expected, strict=True):
        assert np.array_equal(one.codes[0], other.codes[0])
        assert one.bits == other.bits
    prior.resample(request)
    assert prior._resampler is not first
    assert prior._resampler is not None
    assert prior._resampler[0] is cells
