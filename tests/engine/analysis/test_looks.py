from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analysis.looks import (
    EDGES,
    EVERYTHING,
    FILLS,
    UNUSED,
    CodeLooks,
    Sort,
    looks_from_fields,
    looks_from_statistics,
    looks_from_vectors,
)
from engine.analysis.statistics import LevelStatistics

RED, GREEN, WHITE, CREAM, EDGE, DEAD = range(6)


@pytest.fixture
def statistics() -> LevelStatistics:
    """Six codes: red, green, pure white, near white, an edge, and an unused one of zeros."""
    colours = [(220, 20, 30), (20, 160, 60), (255, 255, 255), (250, 248, 244), (200, 200, 200), (0, 0, 0)]
    swatches = np.broadcast_to(np.array(colours, dtype=np.uint8)[:, None, None], (6, 4, 4, 3)).copy()
    swatches[EDGE, :, 2:] = 30
    fields = swatches.copy()
    fields[DEAD] = (90, 10, 200)
    context = np.zeros((6, 12, 12, 3), dtype=np.uint8)
    vectors = np.arange(18, dtype=np.float32).reshape(6, 3)
    use = np.array([30, 10, 40, 10, 10, 0])
    return LevelStatistics(
        use, use[None], swatches, fields, context, context, vectors, np.zeros((2, 6, 6), dtype=np.int32)
    )


def test_codes_group_by_what_they_are_for(statistics: LevelStatistics) -> None:
    fills, edges, unused = looks_from_statistics(statistics).groups("index")
    assert (fills.title, edges.title, unused.title) == (FILLS, EDGES, UNUSED)
    assert fills.codes.tolist() == [RED, GREEN, WHITE]
    assert fills.folded.tolist() == [CREAM]  # pure white stays at hand: blank canvases are made of it
    assert edges.codes.tolist() == [EDGE]
    assert unused.codes.tolist() == [DEAD]


def test_a_group_without_members_is_left_out(statistics: LevelStatistics) -> None:
    statistics.use[DEAD] = 1
    assert [group.title for group in looks_from_statistics(statistics).groups("use")] == [FILLS, EDGES]


def test_an_unused_code_shows_its_uniform_field(statistics: LevelStatistics) -> None:
    looks = looks_from_statistics(statistics)
    assert (looks.swatches[DEAD] == (90, 10, 200)).all()
    assert looks.is_unused(DEAD)
    assert not looks.is_unused(RED)


def test_sorting_by_use_holds_within_groups(statistics: LevelStatistics) -> None:
    assert looks_from_statistics(statistics).groups("use")[0].codes.tolist() == [WHITE, RED, GREEN]


def test_facts_of_a_used_and_an_unused_code(statistics: LevelStatistics) -> None:
    looks = looks_from_statistics(statistics)
    red = looks.facts(RED)
    assert (red.kind, red.cells, red.rank) == ("Fill", 30, 2)
    assert red.share == pytest.approx(0.3)
    assert red.norm == pytest.approx(np.sqrt(0 + 1 + 4))
    assert looks.facts(EDGE).kind == "Edge or texture"
    assert looks.facts(EDGE).rank == looks.facts(GREEN).rank == 3
    assert looks.facts(DEAD).kind == "Unused"


def test_statistics_never_measured_do_not_call_every_code_unused(statistics: LevelStatistics) -> None:
    statistics.use[:] = 0
    looks = looks_from_statistics(statistics)
    assert looks.statistics is None
    assert [group.title for group in looks.groups("colour")] == [EVERYTHING]
    assert looks.facts(RED).share is None
    assert looks.facts(RED).rank is None


def test_the_strip_is_the_colour_of_the_uniform_field(statistics: LevelStatistics) -> None:
    looks = looks_from_statistics(statistics)
    assert looks.strip(RED) == (220, 20, 30)
    assert looks.strip(EDGE) == (115, 115, 115)


def test_grey_fields_become_rgb_and_the_blank_is_the_whitest() -> None:
    fields = np.array([0, 200, 254, 90], dtype=np.uint8)[:, None, None, None].repeat(2, 1).repeat(2, 2)
    looks = looks_from_fields(fields, np.zeros((4, 2), dtype=np.float32))
    assert looks.swatches.shape == (4, 2, 2, 3)
    assert looks.blank == 2


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_vectors_alone_give_a_palette_of_every_code(count: int, dim: int, seed: int) -> None:
    looks = looks_from_vectors(np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32))
    sorts: tuple[Sort, ...] = ("colour", "use", "index", "similarity")
    for sort in sorts:
        (group,) = looks.groups(sort)
        assert sorted(group.codes.tolist()) == list(range(count))


def test_alike_vectors_get_alike_colours() -> None:
    vectors = np.array([[0, 0, 0, 0], [0.1, 0, 0, 0], [9, 3, -4, 1], [-5, 7, 2, 0]], dtype=np.float32)
    looks: CodeLooks = looks_from_vectors(vectors)
    colours = np.array([looks.strip(code) for code in range(4)])
    near = np.abs(colours[0] - colours[1]).sum()
    assert near < np.abs(colours[0] - colours[2]).sum()
    assert near < np.abs(colours[0] - colours[3]).sum()
