"""Trainings of a few steps on a few small pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.checkpoint import read_tensors
from engine.training.config import Length
from engine.training.events import Event
from engine.training.start import TrainRequest, train

SMALL = ("image_size=16", "codes=24", "code_dim=6", "hidden=16", "residual_hidden=8")


def request(out: Path, steps: int = 12, **changes: object) -> TrainRequest:
    settings = (*SMALL, "validations=3", "warmup_steps=4", "restart_every=5", "snapshot_s=1000")
    values: dict[str, object] = {
        "family": "vqvae",
        "data": "blobs",
        "length": Length(steps=steps),
        "batch_size": 8,
        "settings": settings,
        "device": "cpu",
        "threads": 1,
    }
    return TrainRequest(out=out, **{**values, **changes})  # type: ignore[arg-type]


def finish(out: Path, **changes: object) -> list[Event]:
    return list(train(request(out, **changes)))


def same_tensors(first: Path, second: Path) -> bool:
    a, b = read_tensors(first, ""), read_tensors(second, "")
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)
