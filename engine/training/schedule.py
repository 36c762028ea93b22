"""What a step number says: the learning rate, and whether it is time to validate."""

from __future__ import annotations

import math

from engine.training.config import RunConfig


def learning_rate(config: RunConfig, step: int) -> float:
    """Linear warm-up, then a cosine to zero at the end; level while the total is not known yet."""
    training, total = config.training, config.total_steps
    if step < training.warmup_steps or total is None:
        return training.learning_rate * min(1.0, (step + 1) / max(1, training.warmup_steps))
    done = (step - training.warmup_steps) / max(1, total - training.warmup_steps)
    return training.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def validates_after(config: RunConfig, step: int) -> bool:
    """At most `validations` times over the run, at even distances, and at its end."""
    total = config.total_steps
    if total is None:
        return False
    return step % -(-total // (config.validations or config.training.validations)) == 0 or step == total
