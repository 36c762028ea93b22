"""The learning rate and the validations over a run."""

from __future__ import annotations

import math

import msgspec
import pytest

from engine.training.config import TrainingConfig
from engine.training.schedule import learning_rate, validates_after
from tests.engine.training.test_run import CONFIG

TRAINING = TrainingConfig(learning_rate=0.01, warmup_steps=10, validations=5)
RUN = msgspec.structs.replace(CONFIG, training=TRAINING, total_steps=110)


def test_the_rate_rises_in_a_line_then_falls_as_a_cosine() -> None:
    assert [learning_rate(RUN, step) for step in (0, 4, 9)] == pytest.approx([0.001, 0.005, 0.01])
    assert learning_rate(RUN, 10) == pytest.approx(0.01)
    assert learning_rate(RUN, 60) == pytest.approx(0.005)
    assert learning_rate(RUN, 35) == pytest.approx(0.005 * (1 + math.cos(math.pi / 4)))
    assert learning_rate(RUN, 110) == pytest.approx(0.0)


def test_the_rate_is_level_until_the_total_is_known() -> None:
    unknown = msgspec.structs.replace(RUN, total_steps=None)
    assert learning_rate(unknown, 500) == 0.01
    assert learning_rate(unknown, 4) == learning_rate(RUN, 4)


def test_no_warm_up_starts_at_the_full_rate() -> None:
    assert learning_rate(msgspec.structs.replace(RUN, training=TrainingConfig(warmup_steps=0)), 0) == 0.002


@pytest.mark.parametrize(("total", "wished"), [(110, 5), (12, 3), (7, 5), (3, 20), (1, 1), (1432, 6)])
def test_validations_are_as_many_as_wished_at_most_and_end_with_the_run(total: int, wished: int) -> None:
    training = TrainingConfig(validations=wished)
    run = msgspec.structs.replace(RUN, training=training, total_steps=total)
    times = [step for step in range(1, total + 1) if validates_after(run, step)]
    assert 1 <= len(times) <= wished
    assert times[-1] == total


def test_fewer_validations_where_time_was_short() -> None:
    run = msgspec.structs.replace(RUN, validations=2)
    assert [step for step in range(1, 111) if validates_after(run, step)] == [55, 110]


def test_no_validation_before_the_total_is_known() -> None:
    unknown = msgspec.structs.replace(RUN, total_steps=None)
    assert not any(validates_after(unknown, step) for step in range(200))
