"""A run folder: `config.json`, the best model, the newest snapshot, curves, events, previews, control.

Every file is replaced in one piece, except the two `.jsonl`, to which whole lines are appended:
readers ignore a torn last line and keep the last record of a repeated step.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import CannotWrite, RunFault
from engine.files import make_folder, reason_of, write_bytes
from engine.training.config import RunConfig
from engine.training.events import Event
from engine.training.lock import held

STEP_EVENTS_EVERY_S = 0.25
"""Whoever follows the run sees no more; `metrics.jsonl` has every step."""
_LONGEST_LINE = 2**16


class Run:
    """The files of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.best = folder / "model.safetensors"
        self.last = folder / "last" / "weights.safetensors"
        self.previews = folder / "previews"
        self.config = folder / "config.json"
        self._control = folder / "control.json"
        self._step_told_at = -STEP_EVENTS_EVERY_S
        self._whole: set[str] = set()  # files known to end with a whole line

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
        """Append to `events.jsonl`; of steps that follow one another closely only some."""
        if event.event == "step":
            now = time.monotonic()
            if now - self._step_told_at < STEP_EVENTS_EVERY_S:
                return
            self._step_told_at = now
        self._append("events.jsonl", msgspec.json.encode(event))

    def add_metrics(self, step: int, values: dict[str, float]) -> None:
        self._append("metrics.jsonl", msgspec.json.encode({"step": step, **values}))

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

    def _append(self, name: str, line: bytes) -> None:
        path = self.folder / name
        try:
            if name not in self._whole:
                _drop_torn_line(path)
            self._whole.discard(name)
            with path.open("ab") as file:
                file.write(line + b"\n")
            self._whole.add(name)
        except OSError as error:
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
