"""What training tells: the same records on the command line, in `events.jsonl` and in the window."""

from __future__ import annotations

from typing import Literal

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of `events.jsonl`. `time_s` counts seconds of training since the run's start.

    `skipped` names the files of the data that could not be read, with the last event.
    """

    event: Literal["step", "preview", "saved", "finished", "failed"]
    step: int
    time_s: float
    total_steps: int | None = None
    terms: dict[str, float] = {}
    path: str | None = None
    message: str | None = None
    skipped: tuple[str, ...] = ()
