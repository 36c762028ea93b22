from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.analysis.ordering import by_colour, by_similarity, by_use, near_white, oklab


def flat(colours: list[tuple[int, int, int]]) -> NDArray[np.uint8]:
    """Flat swatches of 4 x 4 pixels."""
    return np.broadcast_to(np.array(colours, dtype=np.uint8)[:, None, None], (len(colours), 4, 4, 3)).copy()


def length(vectors: NDArray[np.float32], order: NDArray[np.int64]) -> float:
    return float(np.linalg.norm(np.diff(vectors[order], axis=0), axis=1).sum())


def test_oklab_of_the_primaries_is_as_published() -> None:
    lab = oklab(np.array([[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 0, 0]]))
    published = [
        [1.0, 0.0, 0.0],
        [0.6280, 0.2249, 0.1258],
        [0.8664, -0.2339, 0.1795],
        [0.4520, -0.0325, -0.3115],
        [0.0, 0.0, 0.0],
    ]
    np.testing.assert_allclose(lab, published, atol=1e-3)


def test_greys_come_first_from_light_to_dark() -> None:
    order = by_colour(flat([(255, 0, 0), (20, 20, 20), (0, 0, 255), (250, 250, 250), (128, 128, 130)]))
    assert order[:3].tolist() == [3, 4, 1]


def test_earth_tones_part_from_vivid_colours() -> None:
    vivid_red, brown, vivid_blue, tan = (230, 30, 20), (121, 85, 72), (20, 40, 220), (210, 170, 130)
    order = by_colour(flat([vivid_red, brown, vivid_blue, tan, (255, 255, 255)]), columns=1)
    assert order[0] == 4
    assert set(order[1:3].tolist()) == {1, 3}
    assert order[3:].tolist() == [0, 2]


def test_rows_run_from_light_to_dark_and_rows_follow_the_hue_circle() -> None:
    lightnesses = (0.35, 0.5, 0.65, 0.8)
    reds = [(int(255 * v), int(40 * v), int(40 * v)) for v in lightnesses]
    greens = [(int(30 * v), int(220 * v), int(40 * v)) for v in lightnesses]
    blues = [(int(30 * v), int(60 * v), int(255 * v)) for v in lightnesses]
    order = by_colour(flat(blues + reds + greens), columns=4)
    assert order.tolist() == [7, 6, 5, 4, 11, 10, 9, 8, 3, 2, 1, 0]


def test_an_edge_on_white_stands_among_its_ink() -> None:
    swatches = flat([(225, 20, 30), (255, 255, 255), (20, 60, 230), (235, 40, 40)])
    swatches[1, :, 2:] = (230, 30, 30)  # white beside red: its mean alone would be a pink
    assert set(by_colour(swatches, columns=3)[:3].tolist()) == {0, 1, 3}


def test_grey_models_are_ordered_by_lightness() -> None:
    swatches = np.array([10, 250, 100], dtype=np.uint8)[:, None, None, None].repeat(4, 1).repeat(4, 2)
    assert by_colour(swatches).tolist() == [1, 2, 0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 70), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_every_code_has_one_place(count: int, columns: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    swatches = random.integers(0, 256, (count, 4, 4, 3), dtype=np.uint8)
    assert sorted(by_colour(swatches, columns).tolist()) == list(range(count))
    if count:
        vectors = random.normal(size=(count, 5)).astype(np.float32)
        assert sorted(by_similarity(vectors, start=count // 2).tolist()) == list(range(count))


def test_use_puts_the_most_used_first_and_keeps_ties_in_order() -> None:
    assert by_use(np.array([3, 9, 0, 9, 1])).tolist() == [1, 3, 0, 4, 2]


def test_similarity_finds_the_line_that_codes_lie_on() -> None:
    places = np.random.default_rng(1).permutation(200)
    vectors = np.stack([places, 2.0 * places], axis=1).astype(np.float32)
    start = int(np.argmin(places))
    assert places[by_similarity(vectors, start)].tolist() == list(range(200))


def test_untangling_shortens_the_chain_and_keeps_its_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors = np.random.default_rng(2).normal(size=(300, 8)).astype(np.float32)
    chain = by_similarity(vectors, start=17)
    monkeypatch.setattr("engine.analysis.ordering.UNTANGLE_ROUNDS", 0)
    greedy = by_similarity(vectors, start=17)
    assert chain[0] == greedy[0] == 17
    assert length(vectors, chain) < 0.97 * length(vectors, greedy)


def test_similarity_of_equal_vectors_is_an_order_still() -> None:
    assert sorted(by_similarity(np.zeros((6, 3), dtype=np.float32)).tolist()) == list(range(6))


def test_thousands_of_codes_are_quick() -> None:
    vectors = np.random.default_rng(3).normal(size=(4096, 64)).astype(np.float32)
    begun = time.perf_counter()
    order = by_similarity(vectors)
    assert time.perf_counter() - begun < 2.0  # 0.08 s on an idle core; noise of a busy machine allowed for
    assert len(set(order.tolist())) == 4096


def test_near_white_looks_at_the_darkest_pixel() -> None:
    swatches = flat([(255, 255, 255), (240, 238, 251), (255, 255, 200), (250, 250, 250)])
    swatches[3, 0, 0] = 120
    assert near_white(swatches).tolist() == [True, True, False, False]
