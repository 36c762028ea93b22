"""A run folder: `config.json`, the best model (or the newest, where `keep` has it so), the newest snapshot,
curves, events, previews, control.

Every file is replaced in one piece, except the two `.jsonl`, to which whole lines are appended:
readers ignore a torn last line and keep the last record of a repeated step.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import CannotWrite, RunFault
from engine.files import make_folder, reason_of, write_bytes
from engine.training.config import RunConfig
from engine.training.events import Event
from engine.training.lock import held

_LONGEST_LINE = 2**16
_MOST_UNWRITTEN = 2**24
"""Bytes that are kept for a disk that refuses them; of more, the oldest are given up."""


class Run:
    """The files of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.best = folder / "model.safetensors"
        self.last = folder / "last" / "weights.safetensors"
        self.previews = folder / "previews"
        self.codes = folder / "codes.npz"
        self.latest = self.previews / "latest.png"
        self.config = folder / "config.json"
        self._control = folder / "control.json"
        self._whole: set[str] = set()  # files known to end with a whole line
        self._unwritten: dict[str, bytes] = {}  # whole lines that the disk has not taken yet

    def refuse_used(self) -> None:
        """Raise `RunFault` where a new run cannot start here."""
        if self.config.exists():
            raise RunFault(self.folder, "already holds a run: go on with --resume or choose another folder")
        if self.folder.exists() and not self.folder.is_dir():
            raise RunFault(self.folder, "is a file, not a folder")

    def create(self, config: RunConfig) -> None:
        """Start a new run; raises `RunFault` where the folder already holds one."""
        self.refuse_used()
        make_folder(self.previews)
        self.write_config(config)

    def held(self) -> AbstractContextManager[None]:
        """Keep other programs from training here; raises `RunFault` where one does."""
        make_folder(self.folder)
        return held(self.folder)

    def sweep(self) -> None:
        """Remove what a kill left half written; to be called by who holds the run."""
        for folder in (self.folder, self.last.parent, self.previews):
            for part in folder.glob(".*.part"):
                with contextlib.suppress(OSError):  # as harmless as it was
                    part.unlink()

    def write_config(self, config: RunConfig) -> None:
        write_bytes(self.config, msgspec.json.format(msgspec.json.encode(config), indent=2))

    def read_config(self) -> RunConfig:
        """Raises `RunFault` where there is no run, or one this program cannot read."""
        try:
            return msgspec.json.decode(self.config.read_bytes(), type=RunConfig)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RunFault(self.folder, "holds no run to go on with (no config.json)") from error
        except OSError as error:
            raise RunFault(self.config, f"cannot be read ({reason_of(error)})") from error
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise RunFault(self.config, f"is damaged or of another version ({error})") from error

    def add_event(self, event: Event) -> None:
        """Append to `events.jsonl`; raises `CannotWrite` like `add_metrics`."""
        self._append("events.jsonl", msgspec.json.encode(event) + b"\n")

    def add_metrics(self, rows: Iterable[tuple[int, Mapping[str, float]]]) -> None:
        """Append steps and their figures to `metrics.jsonl`.

        Raises `CannotWrite` where the disk refuses; the next line that it takes brings these along.
        """
        lines = (msgspec.json.encode({"step": step, **values}) + b"\n" for step, values in rows)
        self._append("metrics.jsonl", b"".join(lines))

    def requested(self) -> str | None:
        """`pause` or `stop` where `control.json` asks for it."""
        try:
            request: Any = json.loads(self._control.read_text())
        except (OSError, ValueError, RecursionError):
            return None  # no request, or one being written
        command = request.get("command") if isinstance(request, dict) else None
        return command if command in ("pause", "stop") else None

    def clear_request(self) -> None:
        try:
            self._control.unlink(missing_ok=True)
        except OSError as error:
            raise CannotWrite(self._control, f"cannot be removed ({reason_of(error)})") from error

    def _append(self, name: str, lines: bytes) -> None:
        path = self.folder / name
        lines = self._unwritten.pop(name, b"") + lines
        try:
            if name not in self._whole:
                _drop_torn_line(path)
            self._whole.discard(name)
            with path.open("ab") as file:
                file.write(lines)
            self._whole.add(name)
        except OSError as error:
            kept = lines[-_MOST_UNWRITTEN:]
            self._unwritten[name] = kept if len(kept) == len(lines) else kept[kept.index(b"\n") + 1 :]
            raise CannotWrite(path, f"cannot be written ({reason_of(error)})") from error


def _drop_torn_line(path: Path) -> None:
    """Cut off a line that a crash or a full disk left unfinished: the next one would run into it."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        start = max(0, file.seek(0, os.SEEK_END) - _LONGEST_LINE)
        file.seek(start)
        tail = file.read()
        if tail and not tail.endswith(b"\n"):
            file.truncate(start + tail.rfind(b"\n") + 1)
