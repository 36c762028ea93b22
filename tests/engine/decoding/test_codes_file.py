"""Codes files: what goes in comes out, and what was cut off, tampered with or made to harm is refused."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.decoding import codes_file
from engine.decoding.codes_file import read_codes, write_codes
from engine.decoding.decoder import CodeLevel
from engine.errors import CannotWrite, CodebrushError, CodesFault, FileFault

ONE = (CodeLevel(4, 24, 6),)
TWO = (CodeLevel(8, 16, 6), CodeLevel(4, 24, 6))


def some_codes(levels: Sequence[CodeLevel] = ONE, batch: int = 2, height: int = 3, width: int = 5) -> list:
    rng = np.random.default_rng(1)
    ratios = [levels[0].stride_px // level.stride_px for level in levels]
    return [
        rng.integers(0, level.codes, (batch, height * ratio, width * ratio))
        for level, ratio in zip(levels, ratios, strict=True)
    ]


def saved(path: Path, **members: object) -> Path:
    np.savez(path, **members)  # type: ignore[arg-type]
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "codes.npz"
    write_codes(path, some_codes(), np.array([[12, 20], [11, 17]]))
    return path


@pytest.mark.parametrize("levels", [ONE, TWO], ids=["one level", "two levels"])
def test_codes_come_back(tmp_path: Path, levels: tuple[CodeLevel, ...]) -> None:
    codes = some_codes(levels)
    size = np.array([[12, 20], [1, 17]])
    write_codes(tmp_path / "codes.npz", codes, size)
    found, found_size = read_codes(tmp_path / "codes.npz", levels)
    assert all(np.array_equal(a, b) for a, b in zip(found, codes, strict=True))
    assert np.array_equal(found_size, size)


def test_the_file_is_the_npz_that_is_promised(file: Path) -> None:
    with np.load(file, allow_pickle=False) as stored:
        assert sorted(stored.files) == ["level_0", "size"]
        assert stored["level_0"].dtype == stored["size"].dtype == np.int64
        assert stored["level_0"].shape == (2, 3, 5)


def test_equal_codes_give_equal_files(file: Path, tmp_path: Path) -> None:
    write_codes(tmp_path / "again.npz", some_codes(), np.array([[12, 20], [11, 17]]))
    assert (tmp_path / "again.npz").read_bytes() == file.read_bytes()


def test_what_numpy_saves_is_read_too(tmp_path: Path) -> None:
    (codes,) = some_codes()
    found, size = read_codes(saved(tmp_path / "c.npz", level_0=codes, more=np.zeros(3)), ONE)
    assert size is None
    assert np.array_equal(found[0], codes)
    # A grid that was turned is stored column by column.
    turned = np.asfortranarray(codes)
    assert np.array_equal(read_codes(saved(tmp_path / "f.npz", level_0=turned), ONE)[0][0], codes)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "holds no codes, the model needs level_0"),
        ({"level_1": np.zeros((1, 2, 2), int)}, "holds level_1, the model needs level_0"),
        (
            {"level_0": np.zeros((1, 2, 2), int), "level_1": np.zeros((1, 2, 2), int)},
            "holds level_0, level_1, the model needs level_0",
        ),
        ({"level_0": np.full((1, 2, 2), 24)}, "level_0 has codes from 24 to 24, not 0 to 23"),
        ({"level_0": np.full((1, 2, 2), -1)}, "level_0 has codes from -1 to -1, not 0 to 23"),
        ({"level_0": np.zeros((1, 2, 2), np.int32)}, r"must be int64 \(B, h, w\), not int32 \(1, 2, 2\)"),
        ({"level_0": np.zeros((1, 2, 2), ">i8")}, "must be int64"),
        ({"level_0": np.zeros((1, 2, 2))}, "must be int64 .*, not float64"),
        ({"level_0": np.zeros((2, 2), int)}, r"must be int64 .*, not int64 \(2, 2\)"),
        ({"level_0": np.zeros((1, 0, 2), int)}, r"must be int64 .*, not int64 \(1, 0, 2\)"),
        ({"level_0": np.array("codes")}, "must be int64"),
        ({"level_0": np.zeros((1, 2, 2), int), "size": np.array([8, 8])}, r"size must be int64 \(1, 2\)"),
        ({"level_0": np.zeros((1, 2, 2), int), "size": np.array([[8.0, 8.0]])}, "size must be int64"),
        (
            {"level_0": np.zeros((1, 2, 2), int), "size": np.array([[9, 8]])},
            r"does not fit .*2 x 2 cells of 4",
        ),
        ({"level_0": np.zeros((1, 2, 2), int), "size": np.array([[0, 8]])}, "does not fit"),
    ],
)
def test_codes_that_do_not_fit_are_refused(tmp_path: Path, members: dict[str, object], message: str) -> None:
    path = saved(tmp_path / "codes.npz", **members)
    with pytest.raises(CodesFault, match=message) as caught:
        read_codes(path, ONE)
    assert str(caught.value).startswith(f"{path}: ")


def test_levels_out_of_ratio_are_refused(tmp_path: Path) -> None:
    coarse, _ = some_codes(TWO)
    path = saved(tmp_path / "codes.npz", level_0=coarse, level_1=coarse)
    with pytest.raises(CodesFault, match=r"level_1 must be \(2, 6, 10\) beside level_0's \(2, 3, 5\)"):
        read_codes(path, TWO)


def test_nothing_is_ever_unpickled(tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "harm"),)

    path = tmp_path / "objects.npz"
    np.savez(path, level_0=np.array([[[Harm()]]], dtype=object))
    with pytest.raises(CodesFault, match="holds Python objects, not codes"):
        read_codes(path, ONE)
    (tmp_path / "pickle.npz").write_bytes(pickle.dumps(Harm()))
    with pytest.raises(FileFault, match="is not a codes file"):
        read_codes(tmp_path / "pickle.npz", ONE)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", b"\x93NUMPY\x01\x00"])
def test_foreign_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "codes.npz").write_bytes(content)
    with pytest.raises(FileFault, match="is not a codes file"):
        read_codes(tmp_path / "codes.npz", ONE)


def test_missing_files_folders_and_pipes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFault, match="does not exist"):
        read_codes(tmp_path / "missing.npz", ONE)
    with pytest.raises(FileFault, match="is a folder, not a codes file"):
        read_codes(tmp_path, ONE)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.npz")
        with pytest.raises(FileFault, match="is not a file"):
            read_codes(tmp_path / "pipe.npz", ONE)


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes_file, "BYTES_LIMIT", 2**20)
    path = zipped(tmp_path / "bomb.npz", {"level_0.npy": npy(np.zeros((1, 2**10, 2**8), int))})
    assert path.stat().st_size < 10_000
    with pytest.raises(FileFault, match="unpacks to more than 1 MiB"):
        read_codes(path, ONE)


@pytest.mark.parametrize("shape", [(2**40, 2**10, 2**10), (1, 3, 3), (2, 2, 4)])
def test_a_header_that_promises_another_size_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    honest = npy(np.zeros((1, 4, 2), int))
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<i8", "fortran_order": False, "shape": shape})
    path = zipped(tmp_path / "liar.npz", {"level_0.npy": header.getvalue() + honest[-64:]})
    with pytest.raises(FileFault, match="is not a codes file"):
        read_codes(path, ONE)


def test_a_member_that_is_not_what_the_list_says_is_refused(file: Path, tmp_path: Path) -> None:
    content = bytearray(file.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 5)  # the size the list of members gives
    (tmp_path / "liar.npz").write_bytes(content)
    with pytest.raises(CodebrushError):
        read_codes(tmp_path / "liar.npz", ONE)


@pytest.mark.parametrize(
    "name", ["../level_0.npy", "/etc/level_0.npy", "a/../../b", "C:\\level_0.npy", "..\\x"]
)
def test_names_that_point_outside_are_refused(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "codes.npz", {"level_0.npy": npy(some_codes()[0]), name: b"harm"})
    with pytest.raises(FileFault, match="which points outside"):
        read_codes(path, ONE)
    assert list(tmp_path.iterdir()) == [path]


def test_other_ways_of_packing_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "codes.npz", {"level_0.npy": npy(some_codes()[0])}, zipfile.ZIP_LZMA)
    with pytest.raises(FileFault, match=r"level_0.npy is packed in an unknown way"):
        read_codes(path, ONE)


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite, match=r"codes.npz: cannot be written"):
        write_codes(tmp_path / "file" / "codes.npz", some_codes(), np.ones((2, 2), np.int64))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    codes=arrays.arrays(
        np.int64, arrays.array_shapes(min_dims=3, max_dims=3, max_side=9), elements=st.integers(0, 23)
    )
)
def test_any_codes_come_back(tmp_path: Path, codes: np.ndarray) -> None:
    batch, height, width = codes.shape
    size = np.full((batch, 2), [height * 4, width * 4 - 3])
    write_codes(tmp_path / "any.npz", [codes], size)
    (found,), found_size = read_codes(tmp_path / "any.npz", ONE)
    assert np.array_equal(found, codes)
    assert np.array_equal(found_size, size)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_is_refused_or_whole_never_a_crash(
    file: Path, tmp_path: Path, data: st.DataObject
) -> None:
    # Stored, not deflated: damage then reaches NumPy's header instead of ending at a checksum.
    content = bytearray(file.read_bytes())
    if data.draw(st.booleans()):
        with zipfile.ZipFile(file) as archive:
            members = {name: bytearray(archive.read(name)) for name in archive.namelist()}
        damage(members["level_0.npy"], data)
        stored = zipped(
            tmp_path / "stored.npz", {n: bytes(c) for n, c in members.items()}, zipfile.ZIP_STORED
        )
        content = bytearray(stored.read_bytes())
    else:
        damage(content, data)
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(content)
    with contextlib.suppress(CodebrushError):
        (codes,), _ = read_codes(damaged, ONE)
        assert codes.dtype == np.int64
        assert codes.min() >= 0
        assert codes.max() < 24


def damage(content: bytearray, data: st.DataObject) -> None:
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
        return
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
