"""IDX files: MNIST's format, plain or gzipped, and all that may be wrong with one."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.idx import VALID_COUNT
from engine.data.open import natural_shape, open_data
from engine.data.source import DataShape, split_by_hash
from engine.errors import DataFault

RNG = np.random.default_rng(4)


def idx(array: np.ndarray, kind: int = 8) -> bytes:
    return bytes((0, 0, kind, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def digits(count: int, side: int = 6) -> np.ndarray:
    return RNG.integers(0, 256, (count, side, side), dtype=np.uint8)


def labels(count: int) -> np.ndarray:
    return np.arange(count, dtype=np.uint8) % 4


def put(path: Path, array: np.ndarray) -> Path:
    content = idx(array)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def put_mnist(folder: Path, train: int = 30, test: int = 7, end: str = "") -> tuple[np.ndarray, np.ndarray]:
    images = digits(train + test)
    put(folder / f"train-images-idx3-ubyte{end}", images[:train])
    put(folder / f"train-labels-idx1-ubyte{end}", labels(train))
    put(folder / f"t10k-images-idx3-ubyte{end}", images[train:])
    put(folder / f"t10k-labels-idx1-ubyte{end}", labels(test))
    return images, np.concatenate([labels(train), labels(test)])


@pytest.mark.parametrize("end", ["", ".gz"])
def test_pictures_and_the_labels_beside_them(tmp_path: Path, end: str) -> None:
    images = digits(20)
    path = put(tmp_path / f"some-images-idx3-ubyte{end}", images)
    put(tmp_path / f"some-labels-idx1-ubyte{end}", labels(20))
    pictures = open_data(str(path))
    assert np.array_equal(pictures.images[:][..., 0], images)
    assert pictures.labels.tolist() == labels(20).tolist()
    assert pictures.label_names == ("0", "1", "2", "3")
    assert pictures.names == tuple(map(str, range(20)))
    assert pictures.split_of.tolist() == split_by_hash(pictures.names).tolist()
    assert pictures.data_name == path.name
    assert natural_shape(str(path)) == DataShape(6, 1)


@pytest.mark.parametrize(
    "names", [("a-images.idx3-ubyte", "a-labels.idx1-ubyte"), ("images-idx3", "labels-idx1")]
)
def test_other_names_that_are_in_use(tmp_path: Path, names: tuple[str, str]) -> None:
    path = put(tmp_path / names[0], digits(5))
    put(tmp_path / names[1], labels(5))
    assert open_data(str(path)).labels.tolist() == [0, 1, 2, 3, 0]


def test_without_labels_pictures_are_unlabelled(tmp_path: Path) -> None:
    for name in ("digits", "train-images-idx3-ubyte"):
        pictures = open_data(str(put(tmp_path / name, digits(5))))
        assert pictures.label_names == ("unlabelled",)
        assert pictures.labels.tolist() == [0] * 5


def test_pictures_come_at_the_size_and_channels_asked_for(tmp_path: Path) -> None:
    images = RNG.integers(0, 256, (4, 6, 10), dtype=np.uint8)
    path = put(tmp_path / "images-idx3", images)
    assert natural_shape(str(path)) == DataShape(6, 1)
    assert np.array_equal(open_data(str(path)).images[:][..., 0], images[:, :, 2:8])
    assert open_data(str(path), 12, 3).images.shape == (4, 12, 12, 3)


@pytest.mark.parametrize("end", ["", ".gz"])
def test_a_folder_with_the_files_of_mnist_is_split_like_it(tmp_path: Path, end: str) -> None:
    images, expected = put_mnist(tmp_path, VALID_COUNT + 3, 7, end)
    pictures = open_data(str(tmp_path))
    assert np.array_equal(pictures.images[:][..., 0], images)
    assert pictures.labels.tolist() == expected.tolist()
    assert pictures.split_of.tolist() == ["train"] * 3 + ["valid"] * VALID_COUNT + ["test"] * 7
    assert natural_shape(str(tmp_path)) == DataShape(6, 1)
    assert pictures.data_name == tmp_path.name


def test_the_files_of_mnist_must_fit_each_other(tmp_path: Path) -> None:
    put_mnist(tmp_path)
    put(tmp_path / "t10k-images-idx3-ubyte", digits(7, side=5))
    with pytest.raises(DataFault, match=r"t10k-images-idx3-ubyte: its pictures are of another size than"):
        open_data(str(tmp_path))
    put(tmp_path / "t10k-images-idx3-ubyte", digits(8))
    with pytest.raises(DataFault, match="t10k-images-idx3-ubyte: has 8 pictures, but 7 labels"):
        open_data(str(tmp_path))


GOOD = idx(digits(3))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (GOOD[:-1], "is cut short: 3 x 6 x 6 were announced"),
        (GOOD + b"x", "is longer than its header says"),
        (GOOD[:9], "is cut short within its header"),
        (idx(labels(9)), r"is not an IDX file of pictures \(three dimensions\)"),
        (idx(digits(3).astype(">f4"), 13), "holds values of IDX type 13; only unsigned bytes"),
        (idx(digits(0)), "holds no pictures"),
        (idx(np.zeros((3, 0, 4), np.uint8)), "its pictures have no pixels"),
        (
            bytes((0, 0, 8, 3)) + b"\xff" * 12,
            "is cut short: 4294967295 x 4294967295 x 4294967295 were announced",
        ),
        (gzip.compress(GOOD)[:-12], "cannot be read"),
        (gzip.compress(GOOD)[:-8] + b"xxxxxxxx", "cannot be read"),
        (b"", "is not a set of pictures"),
        (b"hello", "is not a set of pictures"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "images-idx3").write_bytes(content)
    with pytest.raises(DataFault, match=rf"images-idx3'?: {fault}"):
        open_data(str(tmp_path / "images-idx3"))


def test_labels_that_do_not_fit_are_named(tmp_path: Path) -> None:
    path = put(tmp_path / "images-idx3", digits(5))
    put(tmp_path / "labels-idx1", labels(4))
    with pytest.raises(DataFault, match="images-idx3: has 5 pictures, but 4 labels"):
        open_data(str(path))
    put(tmp_path / "labels-idx1", digits(5))
    with pytest.raises(DataFault, match=r"labels-idx1: is not an IDX file of labels \(one dimension\)"):
        open_data(str(path))


@given(
    st.binary(max_size=60), st.sampled_from([b"", bytes((0, 0, 8, 3)), GOOD[:16], gzip.compress(GOOD)[:30]])
)
def test_no_bytes_make_anything_but_a_data_fault(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, start: bytes
) -> None:
    path = tmp_path_factory.mktemp("idx") / "images-idx3"
    path.write_bytes(start + content)
    try:
        count = len(open_data(str(path), 4, 1))
    except DataFault:
        return
    assert count > 0
