"""A zip of images: the rules of a folder, and what an archive may do to its reader."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.data import zipped
from engine.data.open import natural_shape, open_data
from engine.data.source import UNLABELLED, DataShape
from engine.errors import DataFault


def png(colour: str = "red", size: tuple[int, int] = (20, 12), mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def packed(path: Path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_a_zip_is_read_like_the_folder_that_was_packed(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    for name, colour in (("cat/a.png", "red"), ("cat/deep/b.png", "green"), ("dog/c.png", "blue")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(png(colour))
    (folder / "notes.txt").write_text("x")
    whole = shutil.make_archive(str(tmp_path / "whole"), "zip", tmp_path, "photos")
    inner = shutil.make_archive(str(tmp_path / "inner"), "zip", folder)
    expected = open_data(str(folder), 8, 3)
    for path in (whole, inner):
        pictures = open_data(path, 8, 3)
        assert np.array_equal(pictures.images[:], expected.images[:])
        assert pictures.names == expected.names
        assert pictures.labels.tolist() == expected.labels.tolist()
        assert pictures.label_names == expected.label_names == ("cat", "dog")
        assert pictures.split_of.tolist() == expected.split_of.tolist()
        assert pictures.skipped == ("notes.txt",)
        assert pictures.data_name == Path(path).name


def test_top_folders_may_be_the_splits(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {f"{split}/x.png": png() for split in ("train", "valid", "test")})
    pictures = open_data(str(path), 4, 3)
    assert pictures.split_of.tolist() == ["test", "train", "valid"]
    assert pictures.label_names == (UNLABELLED,)
    alone = packed(tmp_path / "b.zip", {"train/x.png": png(), "train/y.png": png()})
    assert open_data(str(alone), 4, 3).split_of.tolist() == ["train", "train"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing(tmp_path: Path, method: int) -> None:
    assert len(open_data(str(packed(tmp_path / "a.zip", {"a.png": png()}, method)), 4, 3)) == 1


def test_names_do_no_harm(tmp_path: Path) -> None:
    entries = ["../../up.png", "/etc/root.png", "C:\\dos\\win.png", "a\x1b[2J/b.png", "..", "./here.png"]
    path = packed(tmp_path / "a.zip", {name: png() for name in entries})
    pictures = open_data(str(path), 4, 3)
    assert pictures.names == (
        "C:/dos/win.png", "a\ufffd[2J/b.png", "etc/root.png", "here.png", "up.png",
    )  # fmt: skip
    assert [file.name for file in tmp_path.iterdir()] == ["a.zip"]
    nameless = zipfile.ZipInfo("x")
    nameless.filename = ""
    assert zipped._name(nameless) is None


def test_what_people_do_not_see_is_not_read(tmp_path: Path) -> None:
    entries = ["cat/a.png", "__MACOSX/cat/._a.png", "cat/.DS_Store", "cat/Thumbs.db", "dog/b.png"]
    pictures = open_data(str(packed(tmp_path / "a.zip", {name: png() for name in entries})), 4, 3)
    assert pictures.names == ("cat/a.png", "dog/b.png")
    assert pictures.skipped == ()


def test_encrypted_damaged_and_huge_entries_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipped, "LARGEST_BYTES", 10_000)
    noise = np.random.default_rng(0).integers(0, 256, 3000, dtype=np.uint8).tobytes()
    path = packed(
        tmp_path / "a.zip",
        {"good.png": png(), "secret.png": png(), "bomb.png": bytes(20_000), "damaged.png": noise},
        zipfile.ZIP_STORED,
    )
    content = bytearray(path.read_bytes())
    content[content.index(noise) + 100] ^= 1
    for head, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # flags of the entry, here and in the list
        at = content.index(head, content.index(b"good.png") if head[2] == 3 else 0)
        while content.find(b"secret.png", at, at + 60) < 0:
            at = content.index(head, at + 4)
        content[at + offset] |= 1
    path.write_bytes(content)
    pictures = open_data(str(path), 4, 3)
    assert pictures.names == ("good.png",)
    assert pictures.skipped == ("bomb.png", "damaged.png", "secret.png")
    only = packed(tmp_path / "b.zip", {"bomb.png": bytes(20_000)})
    with pytest.raises(DataFault, match=r"none of its 1 files .*\(first: bomb.png: is too large"):
        open_data(str(only), 4, 3)


def test_archives_that_are_none_or_empty(tmp_path: Path) -> None:
    whole = packed(tmp_path / "a.zip", {"a.png": png()}).read_bytes()
    for content in (b"", b"hello", whole[:-30], whole[10:]):
        (tmp_path / "b.zip").write_bytes(content)
        with pytest.raises(DataFault, match=r"b\.zip: "):
            open_data(str(tmp_path / "b.zip"), 4, 3)
    with pytest.raises(DataFault, match=r"c\.zip: is empty; put PNG"):
        open_data(str(packed(tmp_path / "c.zip", {"folder/": b""})), 4, 3)


def test_the_natural_shape_is_that_of_its_pictures(tmp_path: Path) -> None:
    sizes = [(30, 40), (50, 30), (31, 90)]
    entries = {f"{n}.png": png("black", size, "L") for n, size in enumerate(sizes)}
    path = packed(tmp_path / "a.zip", {**entries, "x.txt": b"x"})
    assert natural_shape(str(path)) == DataShape(30, 1)
    path = packed(tmp_path / "b.zip", {**entries, "colour.png": png(size=(30, 30))})
    assert natural_shape(str(path)) == DataShape(30, 3)


@given(
    st.data(),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]),
)
def test_no_damage_makes_anything_but_a_data_fault(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, method: int
) -> None:
    folder = tmp_path_factory.mktemp("zip")
    content = bytearray(packed(folder / "a.zip", {"a/b.png": png(), "c.png": png()}, method).read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    (folder / "a.zip").write_bytes(content)
    try:
        count = len(open_data(str(folder / "a.zip"), 4, 3))
    except DataFault:
        return
    assert 0 < count <= 2
