"""How long a run has trained, over all its sessions and without its pauses, and how fast it goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Seconds of training. `asked_s` counts from when the session was asked for: minutes are meant so."""

    def __init__(self, asked_at: float | None) -> None:
        now = time.monotonic()
        self._asked_at = now if asked_at is None else asked_at
        self._earlier_s = 0.0
        self._started_at = now
        self._busy_s = 0.0
        self._images = 0

    def start(self, earlier_s: float | None = None) -> None:
        """Training begins now; earlier sessions took `earlier_s`."""
        self._earlier_s = self._earlier_s if earlier_s is None else earlier_s
        self._started_at = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds of training since the run's start."""
        return self._earlier_s + time.monotonic() - self._started_at

    @property
    def asked_s(self) -> float:
        """Seconds of the run, with what came before training in this session."""
        return self._earlier_s + time.monotonic() - self._asked_at

    @contextmanager
    def pausing(self) -> Iterator[None]:
        """The seconds of this block are no seconds of training."""
        began = time.monotonic()
        yield
        paused = time.monotonic() - began
        self._started_at += paused
        self._asked_at += paused

    @contextmanager
    def training(self, images: int) -> Iterator[None]:
        """In this block so many images are trained on (0 while waiting for the device)."""
        began = time.monotonic()
        yield
        self._busy_s += time.monotonic() - began
        self._images += images

    def images_per_s(self) -> float:
        """Images a second of training since this was last asked."""
        speed = self._images / max(self._busy_s, 1e-9)
        self._busy_s, self._images = 0.0, 0
        return speed
