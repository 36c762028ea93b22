"""Pictures to codes: proportions, limits, grey models, cancelling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.codes.grid import MAX_CELLS
from engine.errors import DataFault, PictureFault
from gui.workers.encode import WIDEST, RandomPictures, encode_picture, grid_size, read_named_picture
from gui.workers.job import CancelledError, Ticket
from tests.gui.tiny import TinyModel


def _ticket() -> Ticket:
    return Ticket(lambda _done, _text: None)


@given(st.integers(1, 2000), st.integers(1, 2000), st.integers(1, WIDEST))
def test_grids_keep_proportions_within_half_a_cell_and_the_limits(
    height: int, width: int, across: int
) -> None:
    picture = np.empty((height, width, 3), dtype=np.uint8)
    rows, columns = grid_size(picture, across)
    assert 1 <= columns <= across
    assert 1 <= rows <= MAX_CELLS
    if 1 < rows < MAX_CELLS:
        assert abs(rows - height * columns / width) <= 0.5


def test_a_flat_picture_is_one_code_and_decodes_to_its_colour() -> None:
    model = TinyModel()
    colour = np.rint(255 * model.codebook(0)[5]).astype(np.uint8)
    encoded = encode_picture(model, np.broadcast_to(colour, (30, 60, 3)), 6, _ticket())
    assert encoded.codes[0].shape == (3, 6)
    assert (encoded.codes[0] == 5).all()
    assert np.abs(encoded.picture.astype(int) - colour).max() <= 1
    assert encoded.model is model


def test_a_grey_picture_suits_a_colour_model() -> None:
    encoded = encode_picture(TinyModel(), np.full((8, 8, 1), 255, np.uint8), 2, _ticket())
    assert (encoded.codes[0] == 0).all()  # code 0 is white


def test_progress_goes_up_to_the_end() -> None:
    told: list[float] = []
    pixels = np.zeros((600, 600, 3), np.uint8)
    encode_picture(TinyModel(), pixels, 150, Ticket(lambda done, _text: told.append(done)))
    assert told == sorted(told)
    assert len(told) > 4
    assert told[-1] == 1.0


def test_a_cancelled_job_stops_before_it_starts() -> None:
    ticket = _ticket()
    ticket.cancel()
    with pytest.raises(CancelledError):
        encode_picture(TinyModel(), np.zeros((9, 9, 3), np.uint8), 3, ticket)


def test_reading_names_the_picture_and_keeps_its_file(tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "my cat.png"
    Image.new("RGB", (5, 4), (1, 2, 3)).save(path)
    read = read_named_picture(path, 4, _ticket())
    assert (read.name, read.pixels.shape, read.source) == ("my cat", (4, 5, 3), path.read_bytes())
    pasted = read_named_picture(path.read_bytes(), 4, _ticket())
    assert pasted.name == "Pasted image"
    with pytest.raises(PictureFault, match=r"gone\.png"):
        read_named_picture(tmp_path / "gone.png", 4, _ticket())


def test_random_pictures_differ_and_come_from_the_set() -> None:
    pictures = RandomPictures("emoji", 64, 3, seed=1)
    picked = [pictures.pick(_ticket()) for _ in range(4)]
    assert len({picture.name for picture in picked}) > 1
    assert all(picture.pixels.shape == (64, 64, 3) for picture in picked)
    with pytest.raises(DataFault):
        RandomPictures("no such set", 64, 3).pick(_ticket())
