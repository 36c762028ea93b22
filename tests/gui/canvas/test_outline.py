import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from engine.codes.box import Box
from gui.canvas.outline import border, shifted, within

masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=9))


def unit_edges(edges: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Each edge cut into pieces of one cell."""
    pieces = []
    for x1, y1, x2, y2 in edges.tolist():
        if y1 == y2:
            pieces += [(x, y1, x + 1, y1) for x in range(x1, x2)]
        else:
            pieces += [(x1, y, x1, y + 1) for y in range(y1, y2)]
    return sorted(pieces)


@given(masks)
@settings(deadline=None)
def test_the_border_parts_true_cells_from_others(mask):
    padded = np.pad(mask, 1)
    across = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1]).tolist()
    down = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1]).tolist()
    expected = [(c, r, c + 1, r) for r, c in across] + [(c, r, c, r + 1) for r, c in down]
    assert unit_edges(border(mask)) == sorted(expected)


def test_straight_edges_are_joined():
    edges = border(np.ones((3, 5), bool)).tolist()
    assert sorted(edges) == [[0, 0, 0, 3], [0, 0, 5, 0], [0, 3, 5, 3], [5, 0, 5, 3]]


def test_edges_move_with_the_box_of_their_mask():
    assert shifted(border(np.ones((1, 1), bool)), Box(3, 7, 4, 8))[:, :2].min(axis=0).tolist() == [7, 3]


@given(masks, st.integers(0, 9), st.integers(0, 9))
@settings(deadline=None)
def test_within_keeps_every_edge_that_touches_the_box(mask, top, left):
    box = Box(top, left, top + 2, left + 2)
    edges = border(mask)
    near = {tuple(edge) for edge in within(edges, box).tolist()}
    for x1, y1, x2, y2 in edges.tolist():
        touches = x1 <= box.right and x2 >= box.left and y1 <= box.bottom and y2 >= box.top
        assert ((x1, y1, x2, y2) in near) == touches
