import numpy as np
import pytest

from engine.codes.box import Box
from gui.canvas.picture import PictureStore
from tests.fakes import TinyDecoder
from tests.gui.painted import COLUMNS, ROWS, small_painting, small_state, tiny_statistics


@pytest.fixture
def state():
    return small_state()


@pytest.fixture
def picture(state):
    return PictureStore(state, state)


@pytest.fixture
def statistics():
    return (tiny_statistics(),)


def test_it_has_the_size_of_the_decoded_picture(picture):
    assert picture.size == (4 * ROWS, 4 * COLUMNS)


def test_swatches_stand_in_until_cells_are_decoded(state, picture, statistics):
    picture.set_statistics(TinyDecoder.model_id, statistics)
    expected = statistics[0].swatches[state.codes].swapaxes(1, 2).reshape(4 * ROWS, 4 * COLUMNS, 3)
    assert np.array_equal(picture.pixels(), expected)


def test_changed_cells_show_their_swatch_in_the_same_event(state, picture, statistics):
    picture.set_statistics(TinyDecoder.model_id, statistics)
    boxes = []
    picture.changed.connect(boxes.append)
    with state.stroke("Brush"):
        state.paint(Box(6, 2, 7, 4), np.ones((1, 2), bool), 5)
    assert boxes == [Box(24, 8, 28, 16)]
    assert np.array_equal(picture.pixels()[24:28, 8:12], statistics[0].swatches[5])


def test_only_the_cells_of_the_mask_change(state, picture, statistics):
    picture.set_statistics(TinyDecoder.model_id, statistics)
    before = picture.pixels()
    with state.stroke("Brush"):
        state.paint(Box(6, 2, 8, 4), np.eye(2, dtype=bool), 5)
    differs = (picture.pixels() != before).any(axis=-1)
    cells = differs.reshape(ROWS, 4, COLUMNS, 4).any(axis=(1, 3))
    assert np.argwhere(cells).tolist() == [[6, 2], [7, 3]]


def test_swatches_of_another_model_are_not_used(state, picture, statistics):
    picture.set_statistics("1" * 64, statistics)
    before = picture.pixels()
    with state.stroke("Brush"):
        state.paint(Box(6, 2, 7, 4), np.ones((1, 2), bool), 5)
    assert np.array_equal(picture.pixels(), before)


def test_decoded_pixels_replace_what_was_guessed(picture):
    pixels = np.full((8, 4, 3), 77, np.uint8)
    picture.show_decoded(Box(1, 2, 3, 3), pixels)
    assert np.array_equal(picture.pixels()[4:12, 8:12], pixels)


def test_statistics_that_come_late_do_not_hide_what_was_decoded(picture, statistics):
    picture.show_decoded(Box(0, 0, 1, 1), np.full((4, 4, 3), 77, np.uint8))
    picture.set_statistics(TinyDecoder.model_id, statistics)
    assert (picture.pixels()[:4, :4] == 77).all()


def test_grey_pixels_are_shown_grey(picture):
    picture.show_decoded(Box(0, 0, 1, 1), np.full((4, 4, 1), 77, np.uint8))
    assert (picture.pixels()[:4, :4] == 77).all()


@pytest.mark.parametrize("shape", [(20, 24), (10, 12)])
def test_a_preview_is_shown_at_the_paintings_size(state, picture, shape):
    replaced = []
    picture.replaced.connect(lambda: replaced.append(picture.size))
    preview = np.full((*shape, 3), 99, np.uint8)
    state.set_painting(small_painting(5, 6), preview)
    assert replaced == [(20, 24)]
    assert (picture.pixels() == 99).all()


def test_a_small_preview_is_enlarged_by_its_nearest_pixels(state, picture):
    preview = np.arange(10 * 12 * 3, dtype=np.uint8).reshape(10, 12, 3)
    state.set_painting(small_painting(5, 6), preview)
    assert np.array_equal(picture.pixels(), preview.repeat(2, axis=0).repeat(2, axis=1))
