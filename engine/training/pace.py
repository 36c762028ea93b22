"""From minutes to steps: how long a step takes, and what else has to be done before the time is up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.analysis.reconstruction import BATCH
from engine.data.source import Pictures

SKIPPED_STEPS = 10
"""The first steps are slower: memory is taken and kernels are set up."""
MEASURED_STEPS = 10
MEASURED_PART = 0.05
"""Measuring takes so many steps, and goes on to the end of the warm-up or of this part of the time."""
VALIDATING_PART = 0.05
"""At most this part of the time goes into validations."""
SPARE_PART = 0.02
"""For snapshots, previews and what nobody thought of."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What fits into the time that is left."""

    steps: int
    validations: int


@dataclass(slots=True)
class Pace:
    """Collects the seconds of steps until a plan can be made."""

    minutes: float
    warmup_steps: int
    step_seconds: list[float] = field(default_factory=list)
    _skipped: int = 0

    def add(self, seconds: float) -> None:
        if self._skipped < SKIPPED_STEPS:
            self._skipped += 1
        else:
            self.step_seconds.append(seconds)

    @property
    def is_known(self) -> bool:
        measured = len(self.step_seconds)
        is_long_enough = (
            measured + SKIPPED_STEPS >= self.warmup_steps
            or sum(self.step_seconds) >= MEASURED_PART * self.minutes * 60
        )
        return measured >= MEASURED_STEPS and is_long_enough

    def plan(self, spent_s: float, validation_s: float, finishing_s: float, validations: int) -> Plan:
        """Steps and validations that fit; `validations` is how many are wished for."""
        left_s = self.minutes * 60 * (1 - SPARE_PART) - spent_s - finishing_s
        affordable = int(VALIDATING_PART * left_s / validation_s) if validation_s > 0 else validations
        fitting = max(1, min(validations, affordable))
        # The mean, not the median: pauses that other programs cause count too.
        step_s = sum(self.step_seconds) / len(self.step_seconds)
        return Plan(max(0, int((left_s - fitting * validation_s) / step_s)), fitting)


def seconds_of(measure: Callable[[Pictures], object], pictures: Pictures) -> float:
    """How long it will take to `measure` all the pictures, by measuring some."""
    if not len(pictures):
        return 0.0
    some = pictures.head(2 * BATCH)
    measure(some.head(BATCH))  # kernels for this size are set up once
    started = time.monotonic()
    measure(some)
    return (time.monotonic() - started) * len(pictures) / len(some)
