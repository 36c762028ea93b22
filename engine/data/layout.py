"""What the names of picture files say: folders are labels; `train`, `valid`, `test` at the top are splits.

cat/tabby.jpg          label "cat", split by the hash of "cat/tabby.jpg"
train/cat/tabby.jpg    label "cat", split "train"
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.data.source import UNLABELLED, split_by_hash

SPLIT_FOLDERS = {"train": "train", "valid": "valid", "val": "valid", "validation": "valid", "test": "test"}
# What Windows leaves in picture folders, and macOS in archives.
_SYSTEM_NAMES = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


def is_seen(name: str) -> bool:
    """Whether a file or folder of that name is meant for people."""
    return not name.startswith(".") and name.lower() not in _SYSTEM_NAMES


def labels_of(names: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Of names with `/`, the labels (N,) and what they stand for."""
    own_splits = _own_splits(names)
    label_of = [_label(name, own_splits) for name in names]
    label_names = tuple(sorted(set(label_of)))
    numbers = {label: number for number, label in enumerate(label_names)}
    return np.array([numbers[label] for label in label_of], dtype=np.int64), label_names


def splits_of(names: Sequence[str]) -> NDArray[np.str_]:
    """The split of each name, (N,): its own where the source brings splits, else by its hash."""
    own_splits = _own_splits(names)
    by_hash = split_by_hash(names)
    tops = [name.partition("/")[0] for name in names]
    own = [
        SPLIT_FOLDERS[top] if top in own_splits else split for top, split in zip(tops, by_hash, strict=True)
    ]
    return np.array(own, dtype=by_hash.dtype)


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
