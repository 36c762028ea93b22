"""Training in a child process: starting it, asking it to pause or stop, and saying how it ended.

The child is the command line itself, detached: it outlives the window if need be, and what becomes of it
touches nothing here. Whoever wants to know how far it is follows its files.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from engine.errors import CannotWrite, RunFault
from engine.files import make_folder, reason_of, write_bytes

PROGRAM = (sys.executable, str(Path(__file__).resolve().parents[2] / "main.py"))
"""The command line: `main.py` lies beside the package `gui`, in a checkout as where it is installed."""
LOG = "log.txt"
_NICENESS = 5
"""Enough for the window to come first; at 10 and more, any other busy program would starve the training."""
_TAIL_BYTES, _TAIL_LINES = 2**14, 20
_CONTROL_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[^\n]*\r(?!\n)")


class TrainerProcess:
    """A child that trains in `folder`."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_status(self) -> int | None:
        """None while it runs; minus the number of the signal that ended it, where one did."""
        return self._process.poll()

    def terminate(self) -> None:
        """Ask it politely to end, which saves what it has."""
        self._process.terminate()

    def release(self) -> None:
        """Let it go on without this program."""
        if self._process.poll() is None:
            self._process.returncode = 0  # or Python would warn of a child that nobody waits for


def launch(folder: Path, arguments: Sequence[str], program: Sequence[str] = PROGRAM) -> TrainerProcess:
    """Start `train` or `train-prior`, the first of the arguments; what it prints goes to RUN/log.txt.

    Raises `CannotWrite` or `RunFault`.
    """
    make_folder(folder)
    command = [*program, *arguments, f"--out={folder}"]
    try:
        log = (folder / LOG).open("ab")
    except OSError as error:
        raise CannotWrite(folder / LOG, f"cannot be written ({reason_of(error)})") from error
    try:
        with log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **_detached()
            )
    except OSError as error:
        raise RunFault(folder, f"training cannot be started ({reason_of(error)})") from error
    give_way(process.pid)
    return TrainerProcess(folder, process)


def ask(folder: Path, command: Literal["pause", "stop", "resume"]) -> None:
    """Leave a request for whoever trains in `folder`; raises `CannotWrite`."""
    write_bytes(folder / "control.json", f'{{"command": "{command}"}}\n'.encode())


def log_tail(folder: Path) -> str:
    """The last lines of what the child printed, without the codes for a terminal."""
    try:
        with (folder / LOG).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(_CONTROL_CODES.sub("", text).strip().splitlines()[-_TAIL_LINES:])


def how_it_ended(name: str, exit_status: int | None, reason: str, has_snapshot: bool) -> str:
    """In plain words; `exit_status` is None for a trainer that is not our child."""
    kept = (
        "the last snapshot is kept: Go on continues from there"
        if has_snapshot
        else "there is no snapshot yet"
    )
    return f"Training of {name} {_why(exit_status, reason)}; {kept}"


def reason_in(log: str) -> str:
    """What the command line says last, where it says why it failed."""
    last = log.rpartition("\n")[2]
    return last.removeprefix("codebrush: ") if last.startswith("codebrush: ") else ""


def remove_unborn(folder: Path) -> None:
    """Remove the folder of a run that never began; one that holds anything of value stays."""
    if (folder / "config.json").exists():
        return
    for name in (LOG, ".lock", "control.json"):
        with contextlib.suppress(OSError):
            (folder / name).unlink(missing_ok=True)
    for place in (folder / "previews", folder):
        with contextlib.suppress(OSError):
            place.rmdir()


def _why(exit_status: int | None, reason: str) -> str:
    if reason:
        return f"failed: {reason}"
    if exit_status is None:
        return "ended without a word: it was killed, or the computer was switched off"
    if exit_status == -getattr(signal, "SIGKILL", 9):
        memory = "most likely because memory ran out (smaller batches take less)"
        return f"was killed by the system, {memory}, or by somebody"
    if exit_status < 0:
        with contextlib.suppress(ValueError):
            return f"ended by signal {signal.Signals(-exit_status).name}"
    return f"failed with exit status {exit_status}"


def _detached() -> dict[str, Any]:
    """How a child outlives its parent: in a session and a process group of its own."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if sys.platform == "win32":
        flags = (
            subprocess.CREATE_NEW_PROCESS_GROUP
            | subprocess.CREATE_NO_WINDOW
            | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        )
        return {"creationflags": flags, "env": environment}
    return {"start_new_session": True, "env": environment}


def give_way(pid: int) -> None:
    """Let the window come before a child, where the system allows it to be said."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, _NICENESS)
