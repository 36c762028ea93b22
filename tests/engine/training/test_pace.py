"""From minutes to steps, with what comes after them taken into account."""

from __future__ import annotations

import time

from engine.training.pace import MEASURED_STEPS, SKIPPED_STEPS, SPARE_PART, Pace, Plan, seconds_of
from tests.small import small_pictures


def measured(minutes: float, step_s: float, warmup_steps: int = 0) -> Pace:
    pace = Pace(minutes, warmup_steps)
    for _ in range(SKIPPED_STEPS):
        pace.add(100.0)
    while not pace.is_known:
        pace.add(step_s)
    return pace


def test_the_first_steps_do_not_count() -> None:
    assert measured(1.0, 0.125).step_seconds == [0.125] * MEASURED_STEPS


def test_a_slow_machine_measures_few_steps() -> None:
    assert measured(1.0, 5.0, warmup_steps=100).step_seconds == [5.0] * MEASURED_STEPS


def test_measuring_goes_on_to_the_end_of_the_warm_up() -> None:
    assert len(measured(60.0, 0.125, warmup_steps=100).step_seconds) == 90


def test_measuring_ends_early_where_time_is_short() -> None:
    assert len(measured(1.0, 0.0625, warmup_steps=10_000).step_seconds) == 48  # a twentieth of a minute


def test_what_is_left_is_filled_with_steps() -> None:
    # 600 s, 2 % spare, 10 s spent, 8 s for the end, 20 validations of 0.5 s: 560 s of steps.
    assert 600 * (1 - SPARE_PART) == 588
    assert measured(10.0, 0.125).plan(10.0, 0.5, 8.0, 20) == Plan(steps=4480, validations=20)


def test_validations_give_way_where_time_is_short() -> None:
    # 60 s, 58.8 without the spare, 50.8 to train in; 2.5 s of them may go into validations of 0.8 s: three.
    plan = measured(1.0, 0.125).plan(3.0, 0.8, 5.0, 20)
    assert plan == Plan(steps=int((50.8 - 3 * 0.8) / 0.125), validations=3)


def test_one_validation_is_always_made_and_steps_are_never_fewer_than_none() -> None:
    assert measured(0.1, 0.125).plan(30.0, 5.0, 60.0, 20) == Plan(steps=0, validations=1)


def test_without_a_validation_split_validations_cost_nothing() -> None:
    assert measured(1.0, 0.125).plan(0.0, 0.0, 0.0, 20) == Plan(steps=470, validations=20)


def test_measuring_some_pictures_says_how_long_all_take() -> None:
    measured: list[int] = []
    seconds = seconds_of(
        lambda some: (time.sleep(0.02), measured.append(len(some))), small_pictures(count=256)
    )
    assert measured == [64, 128]
    assert 0.04 <= seconds < 1


def test_measuring_nothing_takes_no_time() -> None:
    assert seconds_of(lambda _: None, small_pictures().split("train").head(0)) == 0.0
