"""Names of runs, which are names of folders: on every system."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from engine.errors import OptionFault

_LONGEST_NAME = 80
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def check_name(name: str) -> str:
    """The name without blanks around it; raises `OptionFault` where no folder can be called so anywhere."""
    name = name.strip()
    if not name:
        raise OptionFault("a run needs a name")
    if found := _FORBIDDEN.search(name):
        raise OptionFault(f"run name {name!r}: {found.group()!r} cannot be part of a folder's name")
    if len(name) > _LONGEST_NAME:
        raise OptionFault(f"run name {name[:20]!r}...: use at most {_LONGEST_NAME} letters")
    if name[0] == "." or name[-1] == "." or _RESERVED.fullmatch(name):
        raise OptionFault(
            f"run name {name!r}: choose another, some systems cannot have a folder of that name"
        )
    return name


def free_name(folder: Path, family: str, data: str, taken: Collection[str] = ()) -> str:
    """A name for a new run in `folder`: `vqvae-emoji`, `vqvae-emoji-2`, ...; none of those `taken`."""
    return _free(folder, f"{family}-{_plain(Path(data).name.split('.')[0]) or 'data'}", taken)


def free_prior_name(folder: Path, model: str, taken: Collection[str] = ()) -> str:
    """A name for a run that trains a model's priors: `emoji-vqvae-prior`, `emoji-vqvae-prior-2`, ..."""
    most = _LONGEST_NAME - 5 - len("-prior")
    model = model.removesuffix(" (last)")  # a snapshot is called so after its run
    return _free(folder, f"{_plain(model)[:most] or 'model'}-prior", taken)


def _plain(name: str) -> str:
    return _FORBIDDEN.sub("", name).strip(" .")


def _free(folder: Path, wished: str, taken: Collection[str]) -> str:
    wished = wished[: _LONGEST_NAME - 5]
    number, name = 1, wished
    while name in taken or (folder / name).exists():
        number += 1
        name = f"{wished}-{number}"
    return name
