"""A picture being drawn: which codes are seen when, what is covered, and the file that comes of it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.errors import CannotWrite
from exporters.animation import (
    COVER,
    DRAWN_MS,
    HELD_MS,
    LONGEST_MS,
    MOST_FRAMES,
    drawing,
    gif_bytes,
    save_gif,
)

Codes = NDArray[np.int64]


class Decoder:
    """Each of the finest codes is a cell of 2 x 2 pixels of that grey; remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[Codes]] = []

    def __call__(self, codes: Sequence[Codes]) -> NDArray[np.uint8]:
        self.asked += [list(levels) for levels in zip(*codes, strict=True)]
        cells = codes[-1].repeat(2, axis=1).repeat(2, axis=2)
        return np.repeat(cells[..., None], 3, axis=3).astype(np.uint8)


def grid(height: int, width: int, first: int = 100) -> Codes:
    return first + np.arange(height * width).reshape(height, width)


def test_codes_appear_in_raster_order_above_a_cover() -> None:
    codes, decode = grid(3, 4), Decoder()
    frames = drawing([codes], decode)
    assert len(frames) == 12
    for count, frame in enumerate(frames, 1):
        cells = frame[::2, ::2].reshape(-1, 3)
        np.testing.assert_array_equal(cells[:count, 0], codes.ravel()[:count])
        assert (cells[count:] == COVER).all()


def test_what_is_to_come_repeats_what_is_above_it() -> None:
    codes, decode = grid(3, 3), Decoder()
    drawing([codes], decode)
    a, b, c, d, e, f = codes.ravel()[:6]
    assert decode.asked[1][0].tolist() == [[a, b, b]] * 3
    assert decode.asked[4][0].tolist() == [[a, b, c], [d, e, c], [d, e, c]]
    assert decode.asked[5][0].tolist() == [[a, b, c], [d, e, f], [d, e, f]]


def test_two_levels_come_coarse_first_and_show_dimmed() -> None:
    codes, decode = [grid(2, 2, 10), grid(4, 4)], Decoder()
    frames = drawing(codes, decode)
    assert len(frames) == 20
    coarse, fine = decode.asked[0]
    assert (coarse == 10).all()
    assert (fine[:2, :2] == codes[1][0, 0]).all()
    assert (frames[0][:4, 4:] == COVER).all()
    dim, bright = frames[3][0, 0, 0], frames[4][0, 0, 0]
    assert COVER[0] < dim < bright == codes[1][0, 0]
    assert not (frames[3] == COVER).all(axis=2).any()
    np.testing.assert_array_equal(frames[-1][::2, ::2, 0], codes[1])


def test_a_large_grid_has_as_many_frames_as_a_middling_one() -> None:
    shares: list[float] = []
    frames = drawing([grid(32, 32, 0) % 200], Decoder(), lambda _, share: shares.append(share))
    assert len(frames) == MOST_FRAMES
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    np.testing.assert_array_equal(frames[-1][::2, ::2, 0], grid(32, 32, 0) % 200)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("side", "size"), [(64, 256), (28, 280), (300, 300)])
def test_the_file_loops_for_ever_and_holds_the_last_frame(channels: int, side: int, size: int) -> None:
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (side // 4, side // 4, channels), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
    frames = [np.where(np.arange(side)[:, None, None] < rows, picture, 36) for rows in (8, 16, side)]
    with Image.open(io.BytesIO(gif_bytes(frames))) as gif:
        assert (gif.size, gif.n_frames, gif.info["loop"]) == ((size, size), 3, 0)
        durations = []
        for frame in range(3):
            gif.seek(frame)
            durations.append(gif.info["duration"])
        last = np.asarray(gif.convert("RGB")).astype(int)
    assert durations == [LONGEST_MS, LONGEST_MS, HELD_MS]
    middle = size // side // 2
    assert np.abs(last[middle :: size // side, middle :: size // side] - picture).mean() < (
        1 if channels == 1 else 30  # of noise 256 colours are few
    )


def test_a_grid_of_16_by_16_takes_about_three_seconds() -> None:
    frames = drawing([grid(16, 16, 0) % 250], Decoder())
    with Image.open(io.BytesIO(gif_bytes(frames))) as gif:
        spent = 0
        for frame in range(gif.n_frames):
            gif.seek(frame)
            spent += gif.info["duration"]
    assert abs(spent - DRAWN_MS - HELD_MS) <= 100


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    frames = drawing([grid(2, 2)], Decoder())
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CannotWrite, match="cannot be written"):
        save_gif(tmp_path / "file" / "drawn.gif", frames)
    save_gif(tmp_path / "new" / "drawn.gif", frames)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["drawn.gif"]
