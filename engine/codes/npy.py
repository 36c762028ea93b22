"""Whole-number arrays as `.npy`, read without `numpy.load`: no pickles, no header that is evaluated.

Only what this program writes (and `numpy.save` with it) is read: one plain whole-number type in
little-endian row-major order.
"""

from __future__ import annotations

import re
from io import BytesIO
from math import prod

import numpy as np
from numpy.typing import NDArray

from engine.codes.archive import UnreadableError

HEADER_LIMIT = 4096
"""No header is longer, in bytes."""

_MAGIC = b"\x93NUMPY"
_HEADER = re.compile(
    rb"\{'descr': '([<|][iu][1248])', 'fortran_order': False, "
    rb"'shape': \(((?:\d{1,9}, ?){0,3}(?:\d{1,9})?)\),? ?\} *\n"
)


def pack_array(array: NDArray[np.integer]) -> bytes:
    """`array` as the content of a `.npy` file."""
    content = BytesIO()
    np.save(content, np.ascontiguousarray(array), allow_pickle=False)
    return content.getvalue()


def parse_array(content: bytes, name: str) -> NDArray[np.integer]:
    """The array in `content`, read-only and of the type it was saved in; raises `UnreadableError`."""
    dtype, shape, offset = _parse_header(content, name)
    expected = dtype.itemsize * prod(shape)
    if len(content) - offset != expected:
        raise UnreadableError(
            f"its {name} has {len(content) - offset} bytes of numbers instead of {expected}"
        )
    return np.frombuffer(content, dtype=dtype, offset=offset).reshape(shape)


def _parse_header(content: bytes, name: str) -> tuple[np.dtype[np.integer], tuple[int, ...], int]:
    """Type, shape and where the numbers begin."""
    width = {b"\x01\x00": 2, b"\x02\x00": 4}.get(content[6:8])
    if not content.startswith(_MAGIC) or width is None:
        raise UnreadableError(f"its {name} is no array of numbers")
    offset = 8 + width
    end = offset + int.from_bytes(content[8:offset], "little")
    match = _HEADER.fullmatch(content[offset:end]) if end <= HEADER_LIMIT else None
    if match is None:
        raise UnreadableError(f"its {name} is no array of whole numbers")
    shape = tuple(int(length) for length in match[2].split(b",") if length.strip())
    return np.dtype(match[1].decode()), shape, end
