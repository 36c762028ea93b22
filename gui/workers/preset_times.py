"""How long presets take on this machine, measured by the command line in a child process.

Timing trains for seconds: on a thread of the window it would hold up whoever paints.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.errors import CodebrushError
from engine.files import reason_of
from gui.workers.job import Ticket
from gui.workers.trainer_process import PROGRAM, give_way

if TYPE_CHECKING:
    from gui.workers.train_form import Subject

_POLL_S = 0.05


class TimingFault(CodebrushError):
    """The expected times could not be measured."""


def preset_times(subject: Subject, ticket: Ticket, program: Sequence[str] = PROGRAM) -> Mapping[str, float]:
    """Seconds by the presets' keys; the child does not outlive the job. Raises `TimingFault`."""
    with _child([*program, "presets", *subject.arguments(), "--json"]) as child:
        while True:
            ticket.raise_if_cancelled()
            try:
                told, _ = child.communicate(timeout=_POLL_S)
            except subprocess.TimeoutExpired:
                continue
            return _times(told, child.returncode)


@contextmanager
def _child(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """A child that has ended and was waited for when this is left."""
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise TimingFault(f"presets cannot be timed ({reason_of(error)})") from error
    give_way(child.pid)
    with child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()


def _times(told: str, exit_status: int) -> Mapping[str, float]:
    try:
        answer = json.loads(told)
        if "error" in answer:
            raise TimingFault(str(answer["error"]))
        return {str(row["name"]): float(row["seconds"]) for row in answer["presets"]}
    except (ValueError, KeyError, TypeError) as error:
        raise TimingFault(f"presets cannot be timed (exit status {exit_status})") from error
