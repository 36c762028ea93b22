"""A folder of images: labels, splits, order, and all that a folder may hold besides pictures."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.folder import Folder
from engine.data.reader import read
from engine.data.source import UNLABELLED, Pictures
from engine.errors import DataFault
from engine.progress import Progress


def read_folder(path: Path, size: int, channels: int, progress: Progress | None = None) -> Pictures:
    return read(Folder(path), size, channels, progress)


def put(path: Path, colour: str = "red", size: tuple[int, int] = (20, 12)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


def hashed_split(name: str) -> str:
    return {0: "test", 1: "valid"}.get(int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10, "train")


def test_sub_folders_are_labels(tmp_path: Path) -> None:
    put(tmp_path / "cat" / "b.png")
    put(tmp_path / "cat" / "deep" / "a.jpg")
    put(tmp_path / "ant" / "z.webp")
    pictures = read_folder(tmp_path, 8, 3)
    assert pictures.names == ("ant/z.webp", "cat/b.png", "cat/deep/a.jpg")
    assert pictures.label_names == ("ant", "cat")
    assert pictures.labels.tolist() == [0, 1, 1]
    assert pictures.images.shape == (3, 8, 8, 3)
    assert pictures.data_name == tmp_path.name
    assert pictures.skipped == ()


def test_pictures_in_no_sub_folder_are_unlabelled(tmp_path: Path) -> None:
    put(tmp_path / "a.png")
    assert read_folder(tmp_path, 8, 3).label_names == (UNLABELLED,)
    put(tmp_path / "cat" / "b.png")
    assert read_folder(tmp_path, 8, 3).label_names == ("cat", UNLABELLED)


def test_splits_go_by_the_hash_of_the_relative_path(tmp_path: Path) -> None:
    for number in range(60):
        put(tmp_path / "some label" / f"ünïcode {number}.png", size=(3, 3))
    pictures = read_folder(tmp_path, 2, 3)
    assert pictures.split_of.tolist() == [hashed_split(name) for name in pictures.names]
    assert {"train", "valid", "test"} == set(pictures.split_of.tolist())
    assert len(pictures.split("train")) + len(pictures.split("valid")) + len(pictures.split("test")) == 60


def test_top_folders_may_be_the_splits(tmp_path: Path) -> None:
    for split in ("train", "valid", "test"):
        for label in ("ant", "bee"):
            for number in range(4):
                put(tmp_path / split / label / f"{number}.png", size=(3, 3))
    pictures = read_folder(tmp_path, 2, 3)
    assert pictures.label_names == ("ant", "bee")
    assert pictures.split_of.tolist() == [name.split("/")[0] for name in pictures.names]
    assert [len(pictures.split(split)) for split in ("train", "valid", "test")] == [8, 8, 8]


def test_val_and_pictures_beside_the_split_folders(tmp_path: Path) -> None:
    put(tmp_path / "train" / "a.png")
    put(tmp_path / "val" / "b.png")
    put(tmp_path / "more" / "c.png")
    pictures = read_folder(tmp_path, 2, 3)
    assert dict(zip(pictures.names, pictures.split_of.tolist(), strict=True)) == {
        "train/a.png": "train",
        "val/b.png": "valid",
        "more/c.png": hashed_split("more/c.png"),
    }
    assert pictures.label_names == ("more", UNLABELLED)


def test_a_train_beside_other_vehicles_is_a_label(tmp_path: Path) -> None:
    for label in ("train", "bus", "car"):
        put(tmp_path / label / "1.png")
    pictures = read_folder(tmp_path, 2, 3)
    assert pictures.label_names == ("bus", "car", "train")
    assert pictures.split_of.tolist() == [hashed_split(name) for name in pictures.names]


def test_pictures_are_cropped_to_the_middle(tmp_path: Path) -> None:
    pixels = np.zeros((40, 120, 3), np.uint8)
    pixels[:, 40:80] = (10, 200, 30)
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    assert read_folder(tmp_path, 10, 3).images.reshape(-1, 3).tolist() == [[10, 200, 30]] * 100
    assert read_folder(tmp_path, 10, 1).images.shape == (1, 10, 10, 1)


def test_a_reduced_photo_looks_like_the_whole_one(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:480, :640]
    photo = np.stack([rows / 2, columns / 3, 128 + 80 * np.sin(rows / 40)], axis=-1).astype(np.uint8)
    Image.fromarray(photo).save(tmp_path / "photo.jpg", quality=95)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    jpeg, png = read_folder(tmp_path, 32, 3).images.astype(int)
    assert np.abs(jpeg - png).max() <= 4


def test_unreadable_files_are_skipped_and_named(tmp_path: Path) -> None:
    put(tmp_path / "good.png")
    (tmp_path / "empty.png").touch()
    (tmp_path / "notes.txt").write_text("hello")
    cut = put(tmp_path / "cat" / "cut.png", size=(300, 300))
    cut.write_bytes(cut.read_bytes()[:80])
    (tmp_path / "nowhere.png").symlink_to(tmp_path / "gone.png")
    pictures = read_folder(tmp_path, 8, 3)
    assert pictures.names == ("good.png",)
    assert pictures.skipped == ("cat/cut.png", "empty.png", "notes.txt", "nowhere.png")


def test_a_wrong_suffix_does_not_matter(tmp_path: Path) -> None:
    put(tmp_path / "a.png").rename(tmp_path / "no suffix")
    assert len(read_folder(tmp_path, 8, 3)) == 1


def test_hidden_and_system_files_are_not_seen(tmp_path: Path) -> None:
    put(tmp_path / "a.png")
    put(tmp_path / ".hidden.png")
    put(tmp_path / ".cache" / "b.png")
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    pictures = read_folder(tmp_path, 8, 3)
    assert pictures.names == ("a.png",)
    assert pictures.skipped == ()


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    put(data / "cat" / "a.png")
    put(elsewhere / "b.png")
    (data / "dog").symlink_to(elsewhere)
    (data / "cat" / "up").symlink_to(data)
    (data / "self").symlink_to(data / "self")
    (elsewhere / "back").symlink_to(data / "dog")
    pictures = read_folder(data, 8, 3)
    assert pictures.names == ("cat/a.png", "dog/b.png")
    assert pictures.skipped == ("self",)


def test_the_order_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("b/2.png", "a/9.png", "b/10.png", "a.png"):
        put(tmp_path / name)
    first, second = read_folder(tmp_path, 4, 3), read_folder(tmp_path, 4, 3)
    assert first.names == second.names == tuple(sorted(first.names))
    assert np.array_equal(first.images, second.images)


@pytest.mark.skipif(os.name != "posix", reason="only there may a file name be no text")
def test_names_that_are_no_text_can_be_shown(tmp_path: Path) -> None:
    good = put(tmp_path / "a.png")
    os.rename(good, os.fsencode(tmp_path) + b"/\xff.png")  # noqa: PTH104 (pathlib has no bytes paths)
    assert read_folder(tmp_path, 4, 3).names == ("\ufffd.png",)


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    for number in range(4):
        put(tmp_path / f"{number}.png")
    told: list[float] = []
    read_folder(tmp_path, 4, 3, lambda what, done: told.append(done))
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_faults_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match=r"missing: does not exist"):
        read_folder(tmp_path / "missing", 8, 3)
    with pytest.raises(DataFault, match=r"is empty; put PNG, JPEG, WebP, BMP or GIF pictures into it"):
        read_folder(tmp_path, 8, 3)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(DataFault, match=r"none of its 1 files .*\(first: a.txt: is not a PNG"):
        read_folder(tmp_path, 8, 3)
    with pytest.raises(DataFault, match=r"a.txt: is not a folder of images"):
        read_folder(tmp_path / "a.txt", 8, 3)
