"""Reads a source of pictures: small sets into memory, all others once, through the cache."""

from __future__ import annotations

import contextlib
import math

import numpy as np

from engine.data.cache import VARIABLE, Cache, cache_folder
from engine.data.decoded import Decoded, InMemory, OnDisk, Shape
from engine.data.reading import Source
from engine.data.room import free_memory
from engine.data.rows import Rows
from engine.data.source import Pictures
from engine.errors import CannotWrite, DataFault
from engine.progress import Progress, tell_nobody

IN_MEMORY = 2**28
"""Sets of up to 256 MiB are held in memory, larger ones are mapped."""


def read(source: Source, size: int, channels: int, progress: Progress | None = None) -> Pictures:
    """The pictures of a source at `size` x `size`, from the cache if they are there. Raises `DataFault`."""
    shape, tell = (size, size, channels), progress or tell_nobody
    if source.is_quick(size, channels) and _bytes(source, shape) <= IN_MEMORY:
        return read_into_memory(source, size, channels, tell)
    cache = Cache(cache_folder(), source.stamp, source.count, shape)
    with cache.held(tell):
        decoded = cache.find(IN_MEMORY) or _decode(source, cache, shape, tell)
    tell("Reading pictures", 1.0)
    return _described(source, decoded)


def read_into_memory(source: Source, size: int, channels: int, tell: Progress = tell_nobody) -> Pictures:
    """As `read`, past the cache."""
    return _described(
        source, _decode_into_memory(source, InMemory(source.count, (size, size, channels)), tell)
    )


def _decode(source: Source, cache: Cache, shape: Shape, tell: Progress) -> Decoded:
    """All pictures, in the cache if the disk takes them. What was read stays there if this is interrupted."""
    try:
        part = cache.begin()
    except CannotWrite as error:
        _refuse_too_many(source, shape, error)
        return _decode_into_memory(source, InMemory(source.count, shape), tell)
    with contextlib.closing(part):
        try:
            _take_all(source, part, tell)
            part.finish()
            return cache.keep(all(skip.is_lasting for skip in part.skipped), IN_MEMORY)
        except DataFault:
            cache.drop()
            raise
        except CannotWrite as error:
            _refuse_too_many(source, shape, error)
            sink = _read_back(part, source)
    cache.drop()
    return _decode_into_memory(source, sink, tell)


def _read_back(part: OnDisk, source: Source) -> InMemory:
    try:
        return part.in_memory(source.count)
    except OSError:  # then from the start
        return InMemory(source.count, part.shape)


def _decode_into_memory(source: Source, sink: InMemory, tell: Progress) -> Decoded:
    _take_all(source, sink, tell)
    return sink.decoded()


def _take_all(source: Source, sink: InMemory | OnDisk, tell: Progress) -> None:
    size, _, channels = sink.shape
    with contextlib.closing(source.pieces(size, channels, sink.done)) as pieces:
        for piece in pieces:
            sink.add(piece)
            tell("Reading pictures", sink.done / source.count)


def _described(source: Source, decoded: Decoded) -> Pictures:
    skipped = {skip.entry for skip in decoded.skipped}
    entries = np.array([entry for entry in range(source.count) if entry not in skipped], dtype=np.intp)
    is_mapped = isinstance(decoded.images, np.memmap)
    images = Rows.all_of(decoded.images) if is_mapped else decoded.images
    return source.described(images, entries, decoded.skipped)


def _bytes(source: Source, shape: Shape) -> int:
    return source.count * math.prod(shape)


def _refuse_too_many(source: Source, shape: Shape, error: CannotWrite) -> None:
    """Raises `DataFault` where the disk refused and memory would not do either."""
    wanted = _bytes(source, shape)
    if wanted <= free_memory() // 2:
        return
    raise DataFault(
        f"{source.path}: {source.count} pictures of {shape[0]} px take {wanted / 1e9:.1f} GB, for which "
        f"there is no memory, and {error}: make room there, name another folder by the environment variable "
        f"{VARIABLE}, or use smaller pictures (image_size)"
    ) from error
