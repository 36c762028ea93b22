"""An export is a folder with a manifest: written beside its place, moved there whole, read by its hashes."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from engine.errors import CannotWrite, ModelFault
from engine.files import reason_of
from exporters.parity import ParityRow

MANIFEST = "manifest.json"
STATISTICS = "statistics.safetensors"
"""What the window shows of the codes: `stats.*` as in a model file, without the weights."""
REPRODUCED = "reproduced.png"
"""What the export's own `run.py` writes: no foreign file."""
_SYSTEM_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers leave in folders they show: nobody misses it."""

FILE_LIMIT = 2**31 - 1  # the most an ONNX file can have
_MANIFEST_LIMIT = 2**24


def codebook_name(level: int) -> str:
    """The file of a level's code vectors, float32 (K, D)."""
    return f"codebook_{level}.npy"


class FileEntry(msgspec.Struct, frozen=True):
    """What a file of the export must be to be used."""

    sha256: str
    bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`manifest.json`: what the folder holds and how near its graphs are to the model."""

    generator: Literal["codebrush"] = "codebrush"
    format: Literal[1] = 1
    model_id: str
    opset: int
    versions: dict[str, str]
    files: dict[str, FileEntry]
    parity: tuple[ParityRow, ...]


class Staging:
    """A folder being filled, not yet in its place."""

    def __init__(self, folder: Path, target: Path) -> None:
        self.folder = folder
        self.target = target
        self.files: dict[str, FileEntry] = {}

    def write(self, name: str, content: bytes) -> None:
        """Write a file (`name` with `/`) and note its hash; raises `CannotWrite`."""
        path = self.folder / name
        with _writing(self.target):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        self.files[name] = FileEntry(hashlib.sha256(content).hexdigest(), len(content))


@contextmanager
def staged(target: Path, force: bool) -> Iterator[Staging]:
    """A staging folder that takes the place of `target` when the block ends, and vanishes if it fails.

    An existing folder is refused, but for an empty one and, with `force`, an earlier export.
    Raises `CannotWrite`.
    """
    target = target.expanduser().resolve()
    _check_target(target, force)
    folder = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    with _writing(target):
        folder.mkdir(parents=True)
    try:
        yield Staging(folder, target)
        with _writing(target):
            _put_in_place(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_export(path: Path) -> bool:
    """Whether `path` is a folder with a manifest."""
    return (path / MANIFEST).is_file()


def read_manifest(folder: Path) -> Manifest:
    """Raises `ModelFault` where it is missing, not ours or damaged."""
    path = folder / MANIFEST
    try:
        return msgspec.json.decode(_read(path, _MANIFEST_LIMIT), type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ModelFault(path, f"is not the manifest of an export ({error})") from error


def read_checked(folder: Path, manifest: Manifest, name: str) -> bytes:
    """The content of a file of the export, if it is what the manifest says; else `ModelFault`."""
    path = folder / name
    entry = manifest.files.get(name)
    if entry is None:
        raise ModelFault(folder, f"its manifest names no {name}: this export cannot do that")
    content = _read(path, FILE_LIMIT)
    if len(content) != entry.bytes or hashlib.sha256(content).hexdigest() != entry.sha256:
        raise ModelFault(
            path, f"is not the file {MANIFEST} describes: it was changed or damaged, export it again"
        )
    return content


def _read(path: Path, limit: int) -> bytes:
    try:
        if path.stat().st_size > limit:
            raise ModelFault(path, "is too large to be part of an export")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ModelFault(path, "is missing") from error
    except OSError as error:
        raise ModelFault(path, f"cannot be read ({reason_of(error)})") from error


def _check_target(target: Path, force: bool) -> None:
    with _writing(target):
        if not target.exists():
            return
        if not target.is_dir():
            raise CannotWrite(target, "is a file: choose the name of a folder")
        if not any(target.iterdir()):
            return
    try:
        manifest = read_manifest(target)
    except ModelFault as fault:
        raise CannotWrite(target, "exists and is no earlier export: choose another folder") from fault
    if not force:
        raise CannotWrite(
            target, "already holds an export: choose another folder, or replace it with --force"
        )
    if foreign := _foreign_entries(target, manifest):
        raise CannotWrite(target, f"holds {foreign[0]} besides an earlier export: move that away first")


def _foreign_entries(target: Path, manifest: Manifest) -> list[str]:
    """What is in an export and no part of it: files, folders and links, by their names with `/`, sorted."""
    files = {MANIFEST, REPRODUCED, *manifest.files}
    folders = {parent.as_posix() for name in files for parent in PurePosixPath(name).parents}
    foreign = []
    with _writing(target):
        for path in target.rglob("*"):
            name = path.relative_to(target).as_posix()
            is_folder = path.is_dir() and not path.is_symlink()
            is_litter = not is_folder and path.name in _SYSTEM_LITTER
            if not is_litter and name not in (folders if is_folder else files):
                foreign.append(name)
    return sorted(foreign)


def _put_in_place(folder: Path, target: Path) -> None:
    if not target.exists():
        folder.rename(target)
        return
    earlier = folder.with_suffix(".earlier")
    target.rename(earlier)
    try:
        folder.rename(target)
    except OSError:
        earlier.rename(target)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotWrite(target, f"cannot be written ({reason_of(error)})") from error
