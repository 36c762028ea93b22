import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codes.box import Box
from gui.canvas.view import IN_SIGHT, ZOOMS, View, centred, fitted, stepped

zooms = st.sampled_from(ZOOMS)
views = st.builds(View, zooms, st.integers(-5000, 5000), st.integers(-5000, 5000))
sizes = st.tuples(st.integers(1, 4096), st.integers(1, 4096))
screens = st.tuples(st.integers(100, 2000), st.integers(100, 2000))
points = st.floats(0, 2000)


@given(views, points, points)
@settings(deadline=None)
def test_screen_and_picture_positions_are_inverse(view, x, y):
    assert view.to_screen(*view.to_picture(x, y)) == pytest.approx((x, y), abs=1e-6)


@given(views, zooms, points, points)
@settings(deadline=None)
def test_what_is_below_the_pointer_stays_there_when_zooming(view, zoom, x, y):
    there = view.to_picture(x, y)
    after = view.zoomed(zoom, x, y).to_screen(*there)
    assert after == pytest.approx((x, y), abs=0.5 + 1e-6)


@given(sizes, screens)
@settings(deadline=None)
def test_a_fitted_picture_lies_within_the_screen(picture, screen):
    view = fitted(picture, screen)
    if view.zoom > ZOOMS[0]:
        assert Box(0, 0, *screen).grown(1).holds(view.screen_box(Box(0, 0, *picture)))


@given(sizes, screens)
@settings(deadline=None)
def test_a_fit_of_1x_or_more_is_a_step(picture, screen):
    view = fitted(picture, screen)
    assert view.zoom < 1 or view.zoom in ZOOMS


@given(views, sizes, screens)
@settings(deadline=None)
def test_panning_always_leaves_a_strip_in_sight(view, picture, screen):
    kept = view.kept_in_sight(picture, screen)
    box = kept.screen_box(Box(0, 0, *picture))
    seen_height = min(box.bottom, screen[0]) - max(box.top, 0)
    seen_width = min(box.right, screen[1]) - max(box.left, 0)
    assert seen_height >= min(IN_SIGHT, int(picture[0] * kept.zoom)) - 1
    assert seen_width >= min(IN_SIGHT, int(picture[1] * kept.zoom)) - 1


@given(views, st.integers(0, 4000), st.integers(0, 4000), st.integers(1, 99), st.integers(1, 99))
@settings(deadline=None)
def test_the_screen_box_of_a_picture_box_holds_it(view, top, left, height, width):
    box = Box(top, left, top + height, left + width)
    assert view.picture_box(view.screen_box(box, 1)).holds(box)


@pytest.mark.parametrize(
    ("zoom", "steps", "expected"),
    [(1.0, 1, 1.5), (1.0, -1, 2 / 3), (1.2, 1, 1.5), (1.2, -1, 1.0), (64.0, 3, 64.0), (1 / 32, -1, 1 / 32)],
)
def test_steps_go_to_the_next_zoom(zoom, steps, expected):
    assert stepped(zoom, steps) == pytest.approx(expected)


def test_centred_halves_what_is_left_over():
    assert centred(2.0, (10, 20), (100, 200)) == View(2.0, 80, 40)
