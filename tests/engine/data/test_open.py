"""Data sets by what a user types, and parts of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.open import data_place, natural_shape, open_data
from engine.data.source import DataShape
from engine.errors import DataFault
from tests.small import small_pictures


def test_a_folder_is_read_at_the_size_and_channels_asked_for(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), (200, 10, 10)).save(tmp_path / "red.png")
    (tmp_path / "notes.txt").write_text("not a picture")
    told: list[float] = []
    pictures = open_data(str(tmp_path), 8, 1, lambda _what, part: told.append(part))
    assert pictures.images.shape == (1, 8, 8, 1)
    assert pictures.skipped == ("notes.txt",)
    assert told[-1] == 1.0


def test_a_folder_may_start_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "photos").mkdir()
    Image.new("L", (9, 9)).save(tmp_path / "photos" / "black.png")
    assert len(open_data("~/photos", 8, 3)) == 1


def test_what_is_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFault, match="file': is not a set of pictures: use emoji, emoji-designs, mnist"):
        open_data(str(tmp_path / "file"), 8, 3)
    for name in ("nowhere", "~nobody-of-this-name/photos"):
        with pytest.raises(DataFault, match=f"data '{name}': neither a built-in set"):
            open_data(name, 8, 3)


def test_large_pictures_are_read_small_unless_asked_for(tmp_path: Path) -> None:
    Image.new("L", (300, 200)).save(tmp_path / "large.png")
    assert natural_shape(str(tmp_path)) == DataShape(64, 1)
    assert open_data(str(tmp_path)).images.shape == (1, 64, 64, 1)
    assert open_data(str(tmp_path), size=200).images.shape == (1, 200, 200, 1)
    assert open_data(str(tmp_path), channels=3).images.shape == (1, 64, 64, 3)


def test_the_first_pictures() -> None:
    pictures = small_pictures()
    head = pictures.head(3)
    assert head.names == pictures.names[:3]
    assert np.array_equal(head.images[:], pictures.images[:3])
    assert np.array_equal(head.split_of, pictures.split_of[:3])
    assert len(pictures.head(10**6)) == len(pictures)
    assert len(pictures.split("test").head(2)) == 2


def test_a_place_is_the_same_wherever_the_program_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    assert data_place("photos") == str(tmp_path / "photos")
    Image.new("L", (9, 9)).save(tmp_path / "photos" / "black.png")
    assert data_place("photos/black.png") == str(tmp_path / "photos" / "black.png")
    assert data_place("nowhere") == "nowhere"
    assert data_place("emoji") == "emoji"
    assert data_place("~nobody-of-that-name/photos") == "~nobody-of-that-name/photos"
