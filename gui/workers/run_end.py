"""What is left of a training that ended badly, off the GUI thread: the end of its log, and its snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.checkpoint import read_card
from engine.errors import ModelFault
from gui.workers.job import Ticket
from gui.workers.trainer_process import log_tail


@dataclass(frozen=True, slots=True)
class RunEnd:
    """`step` is that of the snapshot to go on from, None where there is none."""

    log: str
    step: int | None


def look_at_end(folder: Path, ticket: Ticket) -> RunEnd:
    """What a run left behind."""
    ticket.raise_if_cancelled()
    snapshot = folder / "last" / "weights.safetensors"
    return RunEnd(log_tail(folder), _step(snapshot) if snapshot.exists() else None)


def _step(snapshot: Path) -> int | None:
    try:
        step = read_card(snapshot).last_training.get("step")
    except ModelFault:
        return None
    return step if isinstance(step, int) else 0
