"""Codes as `.npz`: `level_0`, `level_1`, ... int64 (B, h, w), coarsest first, and `size` before padding.

A codes file may come from anywhere: its size is checked before it is unpacked, every array against its
header before memory is taken for it, and nothing is ever unpickled.
"""

from __future__ import annotations

import io
import math
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from engine.decoding.decoder import CodeLevel, Codes
from engine.errors import CodesFault, FileFault
from engine.files import reason_of, write_bytes

BYTES_LIMIT = 2**29
"""Unpacked: 67 million codes, a gigapixel at four pixels a side."""

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile and NumPy raise for files that are damaged or foreign.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, tokenize.TokenError, ValueError, TypeError, EOFError, LookupError,
    SyntaxError, OverflowError, MemoryError, RecursionError, RuntimeError,
)  # fmt: skip


def write_codes(path: Path, codes: Sequence[Codes], size: NDArray[np.int64]) -> None:
    """Write codes and the pictures' sizes, int64 (B, 2), height and width before padding."""
    buffer = io.BytesIO()
    arrays = {"size": size} | {f"level_{index}": level for index, level in enumerate(codes)}
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            # Without a date: equal codes give equal files.
            info = zipfile.ZipInfo(f"{name}.npy")
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, _npy_bytes(array))
    write_bytes(path, buffer.getvalue())


def _npy_bytes(array: NDArray[np.int64]) -> bytes:
    buffer = io.BytesIO()
    npy.write_array(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def read_codes(path: Path, levels: Sequence[CodeLevel]) -> tuple[list[Codes], NDArray[np.int64] | None]:
    """Codes that fit `levels`, and sizes where the file has them. Raises `FileFault` or `CodesFault`."""
    arrays = _read_arrays(path)
    names = [f"level_{index}" for index in range(len(levels))]
    found = sorted(name for name in arrays if name.startswith("level_"))
    if found != names:
        raise CodesFault(
            f"{path}: holds {', '.join(found) or 'no codes'}, the model needs {', '.join(names)}"
        )
    codes = [arrays[name] for name in names]
    for name, array, level in zip(names, codes, levels, strict=True):
        _check_level(path, name, array, level)
        _check_ratio(path, name, array.shape, codes[0].shape, levels[0].stride_px // level.stride_px)
    return codes, _checked_size(path, arrays.get("size"), codes[0], levels[0].stride_px)


def _check_level(path: Path, name: str, array: NDArray[np.int64], level: CodeLevel) -> None:
    if array.dtype != np.int64 or array.ndim != 3 or array.size == 0:
        raise CodesFault(f"{path}: {name} must be int64 (B, h, w), not {array.dtype} {array.shape}")
    if array.min() < 0 or array.max() >= level.codes:
        raise CodesFault(
            f"{path}: {name} has codes from {array.min()} to {array.max()}, not 0 to {level.codes - 1}"
        )


def _check_ratio(
    path: Path, name: str, shape: tuple[int, ...], coarsest: tuple[int, ...], ratio: int
) -> None:
    expected = (coarsest[0], coarsest[1] * ratio, coarsest[2] * ratio)
    if shape != expected:
        raise CodesFault(f"{path}: {name} must be {expected} beside level_0's {coarsest}, not {shape}")


def _checked_size(
    path: Path, size: NDArray[np.int64] | None, codes: Codes, stride_px: int
) -> NDArray[np.int64] | None:
    if size is None:
        return None
    batch, height, width = codes.shape
    if size.dtype != np.int64 or size.shape != (batch, 2):
        raise CodesFault(f"{path}: size must be int64 ({batch}, 2), not {size.dtype} {size.shape}")
    if (size < 1).any() or (size > np.array([height, width]) * stride_px).any():
        raise CodesFault(f"{path}: size does not fit its codes ({height} x {width} cells of {stride_px} px)")
    return size


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of the file that have to do with codes; others are not even unpacked."""
    if path.exists() and not path.is_file():  # a pipe or a device would block or never end
        raise FileFault(path, "is a folder, not a codes file (.npz)" if path.is_dir() else "is not a file")
    try:
        with zipfile.ZipFile(path) as archive:
            members = _wanted(path, archive.infolist())
            return {name: _read_array(path, archive, member) for name, member in members.items()}
    except FileNotFoundError as error:
        raise FileFault(path, "does not exist") from error
    except OSError as error:
        raise FileFault(path, f"cannot be read ({reason_of(error)})") from error
    except _BROKEN as error:
        raise FileFault(path, "is not a codes file (.npz), or is damaged") from error


def _wanted(path: Path, members: Sequence[zipfile.ZipInfo]) -> Mapping[str, zipfile.ZipInfo]:
    for member in members:
        parts = member.orig_filename.replace("\\", "/").split("/")
        if parts[0] == "" or ":" in parts[0] or ".." in parts:
            raise FileFault(path, f"holds a member named {member.orig_filename!r}, which points outside")
    if sum(member.file_size for member in members) > BYTES_LIMIT:
        raise FileFault(path, f"unpacks to more than {BYTES_LIMIT // 2**20} MiB, the limit for codes")
    names = {member.filename.removesuffix(".npy"): member for member in members}
    return {name: member for name, member in names.items() if name == "size" or name.startswith("level_")}


def _read_array(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    if member.compress_type not in _METHODS:
        raise FileFault(path, f"its {member.filename} is packed in an unknown way")
    with archive.open(member) as file:
        content = file.read(member.file_size)
    shape, dtype, offset = _header(io.BytesIO(content))
    if dtype.hasobject:
        raise CodesFault(f"{path}: {member.filename} holds Python objects, not codes")
    if dtype.itemsize * math.prod(shape) != len(content) - offset:
        raise ValueError("the header promises another size than there is")
    return np.asarray(npy.read_array(io.BytesIO(content), allow_pickle=False))


def _header(file: io.BytesIO) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Shape, type and where the numbers begin."""
    with warnings.catch_warnings():
        # Headers of other programs may need more parsing, of which NumPy warns; they are checked below.
        warnings.simplefilter("ignore")
        shape, _, dtype = _HEADERS[npy.read_magic(file)](file)
    return shape, dtype, file.tell()
