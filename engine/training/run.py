"""A run folder: `config.json`, the best model, the newest snapshot, curves, events, previews, control.

Every file is replaced in one piece, except the two `.jsonl`, to which whole lines are appended:
readers ignore a torn last line and keep the last record of a repeated step.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import CannotWrite, RunFault
from engine.files import make_folder, reason_of, write_bytes
from engine.training.config import RunConfig
from engine.training.events import Event


class Run:
    """The files of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.best = folder / "model.safetensors"
        self.last = folder / "last" / "weights.safetensors"
        self.previews = folder / "previews"
        self._config = folder / "config.json"
        self._control = folder / "control.json"

    def create(self, config: RunConfig) -> None:
        """Start a new run; raises `RunFault` where the folder already holds one."""
        if self._config.exists():
            raise RunFault(self.folder, "already holds a run: go on with --resume or choose another folder")
        if self.folder.exists() and not self.folder.is_dir():
            raise RunFault(self.folder, "is a file, not a folder")
        make_folder(self.previews)
        self.write_config(config)

    def write_config(self, config: RunConfig) -> None:
        write_bytes(self._config, msgspec.json.format(msgspec.json.encode(config), indent=2))

    def read_config(self) -> RunConfig:
        """Raises `RunFault` where there is no run, or one this program cannot read."""
        try:
            return msgspec.json.decode(self._config.read_bytes(), type=RunConfig)
        except FileNotFoundError as error:
            raise RunFault(self.folder, "holds no run to go on with (no config.json)") from error
        except OSError as error:
            raise RunFault(self._config, f"cannot be read ({reason_of(error)})") from error
        except msgspec.MsgspecError as error:
            raise RunFault(self._config, f"is damaged or of another version ({error})") from error

    def add_event(self, event: Event) -> None:
        self._append("events.jsonl", msgspec.json.encode(event))

    def add_metrics(self, step: int, values: dict[str, float]) -> None:
        self._append("metrics.jsonl", msgspec.json.encode({"step": step, **values}))

    def requested(self) -> str | None:
        """`pause` or `stop` where `control.json` asks for it."""
        try:
            request: Any = json.loads(self._control.read_text())
        except (OSError, ValueError):
            return None  # no request, or one being written
        command = request.get("command") if isinstance(request, dict) else None
        return command if command in ("pause", "stop") else None

    def clear_request(self) -> None:
        self._control.unlink(missing_ok=True)

    def _append(self, name: str, line: bytes) -> None:
        path = self.folder / name
        try:
            with path.open("ab") as file:
                file.write(line + b"\n")
        except OSError as error:
            raise CannotWrite(path, f"cannot be written ({reason_of(error)})") from error
