"""NumPy archives: what they must hold, and all that may be wrong with one."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.open import natural_shape, open_data
from engine.data.source import UNLABELLED, DataShape, split_by_hash
from engine.errors import DataFault

RNG = np.random.default_rng(6)
IMAGES = RNG.integers(0, 256, (12, 6, 6, 3), dtype=np.uint8)
LABELS = np.arange(12) % 3


def saved(path: Path, compressed: bool = False, **arrays: object) -> Path:
    (np.savez_compressed if compressed else np.savez)(path, **arrays)  # type: ignore[operator]
    return path


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.int32])
def test_pictures_and_labels(tmp_path: Path, compressed: bool, kind: type) -> None:
    path = saved(tmp_path / "set.npz", compressed, images=IMAGES, labels=LABELS.astype(kind))
    pictures = open_data(str(path))
    assert np.array_equal(pictures.images[:], IMAGES)
    assert pictures.labels.tolist() == LABELS.tolist()
    assert pictures.labels.dtype == np.int64
    assert pictures.label_names == ("0", "1", "2")
    assert pictures.names == tuple(map(str, range(12)))
    assert pictures.split_of.tolist() == split_by_hash(pictures.names).tolist()
    assert pictures.data_name == "set.npz"
    assert natural_shape(str(path)) == DataShape(6, 3)


@pytest.mark.parametrize("images", [IMAGES[..., 0], IMAGES[..., :1]])
def test_grey_pictures_with_and_without_an_axis_for_it(tmp_path: Path, images: np.ndarray) -> None:
    path = saved(tmp_path / "set.npz", images=images)
    pictures = open_data(str(path))
    assert np.array_equal(pictures.images[:], IMAGES[..., :1])
    assert pictures.label_names == (UNLABELLED,)
    assert natural_shape(str(path)) == DataShape(6, 1)
    assert open_data(str(path), 3, 3).images.shape == (12, 3, 3, 3)


def test_labels_may_be_any_numbers(tmp_path: Path) -> None:
    path = saved(tmp_path / "set.npz", images=IMAGES[:4], labels=np.array([7, -1, 10**12, 7]))
    pictures = open_data(str(path))
    assert pictures.label_names == ("-1", "7", str(10**12))
    assert pictures.labels.tolist() == [1, 0, 2, 1]


def test_a_zip_of_nothing_but_arrays_is_an_archive_whatever_it_is_called(tmp_path: Path) -> None:
    saved(tmp_path / "set.npz", images=IMAGES).rename(tmp_path / "set.zip")
    assert len(open_data(str(tmp_path / "set.zip"))) == 12


def test_many_pieces_make_one_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.data.raw.PIECE_BYTES", 250)
    path = saved(tmp_path / "set.npz", True, images=IMAGES)
    told: list[float] = []
    pictures = open_data(str(path), progress=lambda _what, part: told.append(part))
    assert np.array_equal(pictures.images[:], IMAGES)
    assert told == sorted(told)
    assert len(told) == 6
    assert told[-1] == 1.0


@pytest.mark.parametrize(
    ("arrays", "fault"),
    [
        ({"pictures": IMAGES}, r"has no array `images` \(it has pictures\): save them with numpy.savez"),
        ({"images": IMAGES / 255}, "`images` is of type float64, not uint8"),
        ({"images": IMAGES.astype(np.int64)}, "`images` is of type int64, not uint8"),
        ({"images": IMAGES[0, 0]}, "`images` is 6 x 3, not N x H x W"),
        ({"images": IMAGES.repeat(2, axis=3)}, "`images` is 12 x 6 x 6 x 6, not N x H x W"),
        ({"images": IMAGES[:0]}, "holds no pictures"),
        ({"images": IMAGES[:, :0]}, "holds no pictures"),
        ({"images": np.array([None, "x"], dtype=object)}, "`images` holds Python objects; they are refused"),
        ({"images": np.asfortranarray(IMAGES)}, r"stored by columns: save numpy.ascontiguousarray\(images\)"),
        ({"images": IMAGES, "labels": LABELS[:5]}, "has 12 pictures, but 5 labels"),
        (
            {"images": IMAGES, "labels": LABELS[:, None]},
            "`labels` is 12 x 1 of type int64, not N whole numbers",
        ),
        ({"images": IMAGES, "labels": LABELS / 2}, "`labels` is 12 of type float64, not N whole numbers"),
        ({"images": IMAGES, "labels": np.array(["a"] * 12)}, "`labels` is 12 of type <U1"),
        (
            {"images": IMAGES, "labels": np.array([{}] * 12)},
            "`labels` holds Python objects; they are refused",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, arrays: dict[str, np.ndarray], fault: str) -> None:
    path = saved(tmp_path / "set.npz", **arrays)
    with pytest.raises(DataFault, match=rf"set\.npz: .*{fault}"):
        open_data(str(path), 4, 3)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (tmp_path / "sprung",)

    header = np.lib.format.header_data_from_array_1_0(np.empty(1, object))
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, header)
    with zipfile.ZipFile(tmp_path / "set.npz", "w") as archive:
        archive.writestr("images.npy", buffer.getvalue() + pickle.dumps(Trap()))
    with pytest.raises(DataFault, match="Python objects"):
        open_data(str(tmp_path / "set.npz"))
    (tmp_path / "plain.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(DataFault, match=r"plain\.npz: is not a zip archive"):
        open_data(str(tmp_path / "plain.npz"))
    assert not (tmp_path / "sprung").exists()


def entry(shape: tuple[int, ...], content: bytes, dtype: str = "|u1") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + content


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (entry((4, 2, 2), bytes(15)), "is cut short: `images` of 4 x 2 x 2 was announced"),
        (entry((4, 2, 2), bytes(17)), "is longer than its header says"),
        (entry((10**6, 10**6, 3), bytes(16)), "is cut short"),
        (entry((-1, 2, 2), bytes(16)), "is cut short"),
        (entry((2**62, 2**62, 3), b""), "is cut short"),
        (b"\x93NUMPY\x09\x09", "`images` is no NumPy array"),
        (b"hello", "`images` is no NumPy array"),
        (entry((4, 2, 2), bytes(16), dtype="|q9"), "`images` is no NumPy array"),
        (b"\x93NUMPY\x01\x00\x10\x00__import__('os')", "`images` is no NumPy array"),
    ],
)
def test_sizes_are_checked_before_memory_is_taken(tmp_path: Path, content: bytes, fault: str) -> None:
    with zipfile.ZipFile(tmp_path / "set.npz", "w") as archive:
        archive.writestr("images.npy", content)
    with pytest.raises(DataFault, match=fault):
        open_data(str(tmp_path / "set.npz"))


def test_a_file_cut_short(tmp_path: Path) -> None:
    whole = saved(tmp_path / "set.npz", True, images=IMAGES).read_bytes()
    for length in range(0, len(whole), 97):
        (tmp_path / "set.npz").write_bytes(whole[:length])
        with pytest.raises(DataFault, match=r"set\.npz: "):
            open_data(str(tmp_path / "set.npz"))


@given(st.data())
def test_no_damage_makes_anything_but_a_data_fault(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = saved(tmp_path_factory.mktemp("npz") / "set.npz", images=IMAGES[:2], labels=LABELS[:2])
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        count = len(open_data(str(path)))
    except DataFault:
        return
    assert count > 0


@given(st.binary(max_size=80))
def test_no_header_makes_anything_but_a_data_fault(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("npz") / "set.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images.npy", b"\x93NUMPY\x01\x00" + content)
    with pytest.raises(DataFault):
        open_data(str(path))
