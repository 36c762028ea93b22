"""What training tells: the same records on the command line, in `events.jsonl` and in the window."""

from __future__ import annotations

from typing import Literal

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of `events.jsonl`. `time_s` counts seconds of training since the run's start.

    The `terms` of a step are those of the loss, `loss`, `learning_rate` and `images_per_s`; those of the
    others are what was measured. `memory_mb` is what training holds, on the device where it has memory of its
    own. `skipped` names the files of the data that could not be read, with the last event.
    """

    event: Literal["step", "preview", "saved", "finished", "failed", "warning"]
    step: int
    time_s: float
    total_steps: int | None = None
    terms: dict[str, float] = {}
    path: str | None = None
    message: str | None = None
    memory_mb: float | None = None
    skipped: tuple[str, ...] = ()
