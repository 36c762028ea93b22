"""Whatever is done, the announced patches keep a mirror of the codes in step."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codes.box import Box
from engine.codes.selection import Selection
from gui.state.painting import PaintingState
from gui.state.selected_cells import SelectedCells
from tests.gui.painted import COLUMNS, ROWS, small_state

boxes = st.builds(
    lambda top, left, height, width: Box(top, left, top + height, left + width),
    st.integers(-2, ROWS),
    st.integers(-2, COLUMNS),
    st.integers(1, 6),
    st.integers(1, 6),
)
codes = st.integers(0, 15)
actions = st.one_of(
    st.tuples(st.sampled_from(["begin", "commit", "cancel", "undo", "redo", "copy", "cut", "clear"])),
    st.tuples(st.sampled_from(["select_none", "select_all", "invert_selection", "settle"])),
    st.tuples(st.sampled_from(["paint", "repaint"]), boxes, codes),
    st.tuples(st.just("select"), boxes),
    st.tuples(st.sampled_from(["paste", "move"]), st.integers(-4, 12), st.integers(-4, 12)),
    st.tuples(st.just("go_to"), st.integers(-1, 6)),
    st.tuples(st.just("fill"), codes),
)


def act(state: PaintingState, cells: SelectedCells, name: str, *details) -> None:
    if name in ("paint", "repaint"):
        box, code = details
        stamp = box, np.ones((box.height, box.width), bool), code
        state.paint(*stamp) if name == "paint" else state.repaint(stamp)
    elif name == "select":
        (box,) = details
        mask = np.ones((box.height, box.width), bool)
        state.set_selection(Selection.nothing(ROWS, COLUMNS).combined(box, mask))
    elif name == "begin":
        state.begin("Brush")
    else:
        getattr(cells if hasattr(cells, name) else state, name)(*details)


@given(st.lists(actions, max_size=25))
@settings(deadline=None, max_examples=40)
def test_a_mirror_fed_with_the_announced_patches_stays_equal(deeds):
    state = small_state()
    cells = SelectedCells(state, state)
    start = state.codes.copy()
    mirror = start.copy()

    def follow(patches) -> None:
        for patch in patches:
            region = mirror[patch.box.slices]
            assert np.array_equal(region[patch.mask], patch.old)
            region[patch.mask] = patch.new

    modified = []
    state.codes_changed.connect(follow)
    state.modified_changed.connect(modified.append)
    for deed in deeds:
        act(state, cells, *deed)
        assert np.array_equal(mirror, state.codes)
        assert (modified[-1] if modified else False) == state.is_modified
    state.settle()
    state.go_to(0)
    assert np.array_equal(state.codes, start)
    assert np.array_equal(mirror, start)
