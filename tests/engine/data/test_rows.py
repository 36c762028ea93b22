"""Views of a larger array: what is read is right, what is not read is not touched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.data.rows import Rows
from tests.small import small_pictures

BASE = np.arange(10 * 2 * 2 * 1, dtype=np.uint8).reshape(10, 2, 2, 1)
PICKED = np.array([7, 2, 2, 9])


def test_rows_read_like_the_array_they_stand_for() -> None:
    rows, array = Rows.all_of(BASE).chosen(PICKED), BASE[PICKED]
    assert rows.shape == array.shape
    assert rows.size == array.size
    assert len(rows) == 4
    for chosen in (slice(1, 3), np.array([3, 0]), [1], slice(None), np.array([], np.intp)):
        assert np.array_equal(rows[chosen], array[chosen])
    for number in (0, -1, np.int64(2)):
        assert np.array_equal(rows[number], array[number])
    assert np.array_equal(np.asarray(rows), array)
    with pytest.raises(IndexError):
        rows[4]


def test_what_is_read_may_be_written_to() -> None:
    base = BASE.copy()
    base.flags.writeable = False
    Rows.all_of(base)[2:4][:] = 0
    assert np.array_equal(base, BASE)


def test_a_choice_of_a_choice() -> None:
    assert np.array_equal(Rows.all_of(BASE).chosen(PICKED).chosen(np.array([3, 1]))[:], BASE[[9, 2]])


def test_a_split_shares_the_pictures_of_the_whole() -> None:
    pictures = small_pictures()
    split = pictures.split("train").head(5)
    assert isinstance(split.images, Rows)
    assert split.images.base is pictures.images


def test_of_a_file_only_what_is_asked_for_is_binarised(tmp_path: Path) -> None:
    grey = small_pictures().images
    np.save(tmp_path / "grey.npy", grey)
    mapped = Rows.all_of(np.load(tmp_path / "grey.npy", mmap_mode="r"))
    drawn = mapped.binarised()
    assert isinstance(drawn, Rows)
    assert drawn.base is mapped.base
    assert np.array_equal(drawn[:], Rows.all_of(grey[:]).binarised())
    assert np.array_equal(drawn.chosen(np.array([5, 6, 1]))[1:], drawn[[6, 1]])
    assert drawn.binarised() is drawn
