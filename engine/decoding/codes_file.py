"""Codes as `.npz`: `level_0`, `level_1`, ... int64 (B, h, w), coarsest first, and `size` before padding."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.decoding.decoder import CodeLevel, Codes
from engine.errors import CodesFault, FileFault
from engine.files import reason_of, write_bytes

BYTES_LIMIT = 2**31


def write_codes(path: Path, codes: Sequence[Codes], size: NDArray[np.int64]) -> None:
    """Write codes and the pictures' sizes, int64 (B, 2), height and width before padding."""
    buffer = io.BytesIO()
    levels = {f"level_{index}": level for index, level in enumerate(codes)}
    np.savez_compressed(buffer, allow_pickle=False, size=size, **levels)
    write_bytes(path, buffer.getvalue())


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
    return codes, _checked_size(path, arrays.get("size"), codes[0], levels[0].stride_px)


def _check_level(path: Path, name: str, array: NDArray[np.int64], level: CodeLevel) -> None:
    if array.dtype != np.int64 or array.ndim != 3 or array.size == 0:
        raise CodesFault(f"{path}: {name} must be int64 (B, h, w), not {array.dtype} {array.shape}")
    if array.min() < 0 or array.max() >= level.codes:
        raise CodesFault(
            f"{path}: {name} has codes from {array.min()} to {array.max()}, not 0 to {level.codes - 1}"
        )


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


def _read_arrays(path: Path) -> dict[str, NDArray[np.int64]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > BYTES_LIMIT:
                raise FileFault(path, f"unpacks to more than {BYTES_LIMIT // 2**30} GiB")
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise FileFault(path, "does not exist") from error
    except OSError as error:
        raise FileFault(path, f"cannot be read ({reason_of(error)})") from error
    except (zipfile.BadZipFile, ValueError, EOFError, KeyError, MemoryError, NotImplementedError) as error:
        raise FileFault(path, "is not a codes file (.npz), or is damaged") from error
