"""A folder of images as a data set: sub-folders are labels; `train`, `valid`, `test` at the top are splits.

    photos/cat/tabby.jpg          label "cat", split by the hash of "cat/tabby.jpg"
    photos/train/cat/tabby.jpg    label "cat", split "train"

What cannot be read is skipped and named, never a reason to stop; the order is that of the names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.source import UNLABELLED, Pictures, split_by_hash
from engine.errors import DataFault, PictureFault
from engine.files import reason_of
from engine.images import FORMATS_IN_WORDS, Pixels, fitted_crop, read_picture
from engine.progress import Progress

SPLIT_FOLDERS = {"train": "train", "valid": "valid", "val": "valid", "validation": "valid", "test": "test"}
# What Windows leaves in picture folders.
_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})
# A reduced JPEG of twice the size needed, shrunk once more, looks like the full one shrunk.
_SPARE = 2


@dataclass(frozen=True, slots=True)
class _Found:
    """A file of the folder; `name` is its path from there with `/`, in characters that any output takes."""

    path: Path
    name: str

    @classmethod
    def below(cls, root: Path, path: Path) -> _Found:
        relative = path.relative_to(root).as_posix()
        return cls(path, os.fsencode(relative).decode("utf-8", "replace"))


def read_folder(path: Path, size: int, channels: int, progress: Progress | None = None) -> Pictures:
    """All pictures under `path`, short side to `size`, centre-cropped to `size` x `size`.

    Raises `DataFault` where the folder is missing, empty, or nothing in it can be read as a picture.
    """
    files = _find_files(path)
    images = np.empty((len(files), size, size, channels), np.uint8)
    names: list[str] = []
    faults: list[PictureFault] = []
    for done, file in enumerate(files, start=1):
        try:
            images[len(names)] = _read_square(file.path, size, channels)
            names.append(file.name)
        except PictureFault as fault:
            faults.append(PictureFault(file.name, fault.fault))
        if progress is not None:
            progress("Reading pictures", done / len(files))
    if not names:
        raise DataFault(
            f"{path}: none of its {len(files)} files can be read as a picture (first: {faults[0]})"
        )
    return _described(path, images[: len(names)], names, tuple(str(fault.path) for fault in faults))


def _read_square(path: Path, size: int, channels: int) -> Pixels:
    return fitted_crop(read_picture(path, channels=channels, enough_px=_SPARE * size), size)


def _described(path: Path, images: Pixels, names: Sequence[str], skipped: tuple[str, ...]) -> Pictures:
    own_splits = _own_splits(names)
    label_of = [_label(name, own_splits) for name in names]
    label_names = tuple(sorted(set(label_of)))
    return Pictures(
        images=images,
        names=tuple(names),
        labels=np.array([label_names.index(label) for label in label_of], dtype=np.int64),
        label_names=label_names,
        split_of=_splits(names, own_splits),
        data_name=path.resolve().name,
        skipped=skipped,
    )


def _own_splits(names: Sequence[str]) -> frozenset[str]:
    """The top folders that are splits. A lone `train` beside `bus` and `car` is a label like them."""
    tops = {name.partition("/")[0] for name in names if "/" in name}
    named = frozenset(tops & SPLIT_FOLDERS.keys())
    return named if len(named) >= 2 or named == tops else frozenset()


def _label(name: str, own_splits: frozenset[str]) -> str:
    folders = name.split("/")[:-1]
    if folders and folders[0] in own_splits:
        folders = folders[1:]
    return folders[0] if folders else UNLABELLED


def _splits(names: Sequence[str], own_splits: frozenset[str]) -> NDArray[np.str_]:
    by_hash = split_by_hash(names)
    tops = [name.partition("/")[0] for name in names]
    own = [
        SPLIT_FOLDERS[top] if top in own_splits else split for top, split in zip(tops, by_hash, strict=True)
    ]
    return np.array(own, dtype=by_hash.dtype)


def _find_files(root: Path) -> list[_Found]:
    if not root.exists():
        raise DataFault(f"{root}: does not exist")
    if not root.is_dir():
        raise DataFault(f"{root}: is not a folder of images")
    try:
        files = sorted((_Found.below(root, file) for file in _walk(root, ())), key=lambda file: file.name)
    except OSError as error:
        raise DataFault(f"{error.filename}: cannot be read ({reason_of(error)})") from error
    if not files:
        raise DataFault(f"{root}: is empty; put {FORMATS_IN_WORDS} pictures into it")
    return files


def _walk(folder: Path, above: tuple[str, ...]) -> Iterator[Path]:
    """The files below; hidden ones are not seen, and a link to a folder that is being walked is a loop."""
    real = os.path.realpath(folder)
    if real in above:
        return
    for entry in folder.iterdir():
        if entry.name.startswith(".") or entry.name.lower() in _SYSTEM_FILES:
            continue
        if entry.is_dir():
            yield from _walk(entry, (*above, real))
        else:
            yield entry
