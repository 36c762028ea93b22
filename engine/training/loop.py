"""Training as a generator of events over a run folder.

Everything random is a function of (seed, step), so stopping and going on changes nothing but the clock.
"""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import torch

from engine.checkpoint import ModelCard, read_card
from engine.device import synchronise
from engine.errors import CannotWrite
from engine.files import write_bytes
from engine.progress import Progress, tell_nobody
from engine.training.clock import Clock
from engine.training.config import RunConfig
from engine.training.events import Event
from engine.training.feed import Feed
from engine.training.journal import Every, Journal
from engine.training.learner import Learner
from engine.training.memory import enough_memory, memory_mb
from engine.training.pace import Pace
from engine.training.processes import ALONE, MOST_STEPS, Orders, Processes
from engine.training.run import Run
from engine.training.saving import Keeper, not_finite
from engine.training.schedule import validates_after
from engine.training.stage import Stage
from engine.training.warm_start import first_weights

TELL_EVERY_S = 0.25
"""Whoever follows the run hears of it so often, and is heard."""
LATEST_EVERY_S, FIRST_LATEST_S = 10.0, 2.0
LIFE_EVERY_S = 2.0
PAUSE_POLL_S = 0.2
LAST_TRIES, LAST_TRY_S = 6, 10.0
"""A finished run is worth waiting for somebody to make room on the disk."""


class Trainer:
    """One run being trained; `events` does the work."""

    def __init__(
        self,
        run: Run,
        config: RunConfig,
        stage: Stage,
        device: torch.device,
        asked_at: float | None = None,
        processes: Processes = ALONE,
    ) -> None:
        """The run's minutes count from `asked_at` (monotonic).

        This process is the leading one of `processes`.
        """
        self.run = run
        self.config = config
        self.stage = stage
        self.processes = processes
        self.device = device
        self.batches = stage.batches(processes)
        self.learner = Learner(config, device, processes, stage.build)
        self.keeper = Keeper(run, self.learner, stage)
        if config.length.epochs is not None and config.total_steps is None:
            steps = max(1, round(config.length.epochs * self.batches.steps_per_epoch))
            self.config = msgspec.structs.replace(config, total_steps=steps)
        self.step = 0
        self._clock = Clock(asked_at)
        self._journal = Journal(run)
        self._pace: Pace | None = None
        if config.length.minutes is not None and config.total_steps is None:
            self._pace = Pace(config.length.minutes, config.training.warmup_steps)

    def refuse_unfitting_start(self) -> None:
        """Raise as `first_weights` where the run cannot begin with the weights that it is to start from."""
        if self.config.start_from is not None:
            first_weights(self.config.start_from, self.learner.model)

    def resume(self) -> None:
        """Go on where the newest snapshot stands; from the start where there is none yet."""
        if self.run.last.exists():
            self.step, earlier_s = self.keeper.resume()
            self._clock.start(earlier_s)

    def events(
        self, stop_after: int | None, should_stop: Callable[[], bool], progress: Progress | None = None
    ) -> Iterator[Event]:
        """Train to the run's own total, to `stop_after` steps, or until asked to stop.

        `progress` is told what takes long and yields no events. A disk that refuses is told of in a warning.
        Raises `TrainingFault` where the loss is no longer finite, `CannotWrite` where the disk still refuses
        at the end.
        """
        self._clock.start()
        self.run.clear_request()
        orders = Orders(self.processes)
        self.processes.share(self.run.last.read_bytes() if self.step else b"")
        if self.step == self.config.total_steps and self.keeper.is_finished():
            orders.give(0, self.config.total_steps)
            yield self._finished(read_card(self.run.best), "already finished")
            return
        with contextlib.closing(Feed(self.batches, self.device)) as feed:
            stopped = yield from self._train(feed, orders, stop_after, should_stop)
        if not stopped:
            yield from self._finish(progress if progress is not None else tell_nobody)

    def fail(self, message: str) -> None:
        """Leave word of a failure in the run, where the disk still takes it."""
        self._event("failed", message=message)

    def _train(
        self, feed: Feed, orders: Orders, stop_after: int | None, should_stop: Callable[[], bool]
    ) -> Generator[Event, None, bool]:
        """Step by step; whether it was asked to stop before the end."""
        listening, telling = Every(TELL_EVERY_S, 0.0), Every(TELL_EVERY_S, 0.0)
        looking, living = Every(LATEST_EVERY_S, FIRST_LATEST_S), Every(LIFE_EVERY_S, 0.0)
        saving = Every(self.config.training.snapshot_s)
        if self.step == 0:
            self.learner.begin(feed.at(0))
        while self.config.total_steps is None or self.step < self.config.total_steps:
            if orders.are_done:
                most = self._steps_until(stop_after)
                is_asked = listening.due() and self._is_asked_to_stop(should_stop)
                if is_asked or should_stop() or most <= 0:
                    orders.give(0, self.config.total_steps)
                    yield from self._stop()
                    return True
                orders.give(most, self.config.total_steps)
            orders.count_one()
            with enough_memory(self.config.training.batch_size):
                self._train_one_step(feed)
                tells = list(self._tell()) if telling.due() else []
            yield from tells
            if validates_after(self.config, self.step):
                yield from self._validate()
            if living.due():
                self._show_life()
            if looking.due():
                yield self._attempt(lambda: self._preview(self.run.latest))
            if saving.due():
                yield from self._tell()
                yield self._attempt(self._save_last)
        orders.give(0, self.config.total_steps)
        return False

    def _steps_until(self, stop_after: int | None) -> int:
        """Steps that can be taken whatever happens: to the end, or to `stop_after`."""
        ends = [end for end in (stop_after, self.config.total_steps) if end is not None]
        known = min(ends, default=self.step + MOST_STEPS) - self.step
        return known if self._pace is None else min(known, 1)  # any step may fix the total

    def _train_one_step(self, feed: Feed) -> None:
        started = time.monotonic()
        with self._clock.training(self.config.training.batch_size):
            figures = self.learner.step(feed.at(self.step), self.config, self.step)
            self.step += 1
            self._journal.add(self.step, figures)
        if self._pace is not None:
            synchronise(self.device)
            self._pace.add(time.monotonic() - started)
            if self._pace.is_known:
                self._plan(self._pace)

    def _plan(self, pace: Pace) -> None:
        """Once the pace is known, fix the total and how often to validate: the schedule is known then."""
        with self.learner.finished_weights():
            validation_s, finishing_s = self.stage.seconds_besides(self.learner.model)
        plan = pace.plan(self._clock.asked_s, validation_s, finishing_s, self.config.training.validations)
        self._pace = None
        total = self.step + plan.steps
        self.config = msgspec.structs.replace(self.config, total_steps=total, validations=plan.validations)
        self.run.write_config(self.config)

    def _tell(self) -> Iterator[Event]:
        """Write what was noted of the last steps."""
        if not self._journal.has_rows:
            return
        with self._clock.training(0):
            broken_at = self._journal.flush()
        if broken_at is not None:
            raise not_finite(self.run, broken_at)
        terms = {**self._journal.newest, "images_per_s": round(self._clock.images_per_s(), 3)}
        yield self._event("step", terms=terms, memory_mb=memory_mb(self.device))
        if news := self._journal.news():
            yield self._warning(news)

    def _validate(self) -> Iterator[Event]:
        """Measure, show and keep the best or the newest; without a validation split they are one."""
        yield from self._tell()
        with self.learner.finished_weights():
            metrics = self.stage.validate(self.learner.model)
        if metrics:
            self._journal.add_measured(self.step, metrics)
        path = self.run.previews / f"step-{self.step:07d}.png"
        yield self._attempt(lambda: self._preview(path, metrics))
        is_kept = not metrics or self.config.training.keep == "newest"
        if is_kept or self.stage.score(metrics) > self.keeper.best_score:
            yield self._attempt(lambda: self._save_best(metrics))

    def _stop(self) -> Iterator[Event]:
        yield from self._tell()
        self._show_life()
        folder = shlex.quote(str(self.run.folder))
        message = f"stopped at step {self.step}; go on with: {self.stage.command} --out {folder} --resume"
        yield self._save_last(message, self.stage.pictures.skipped)

    def _finish(self, progress: Progress) -> Iterator[Event]:
        """Save the newest state, then give the best model its statistics."""
        yield from self._tell()
        self._show_life()
        yield from self._insist(self._save_last)
        if not self.run.best.exists():  # somebody removed it, or the disk never took it
            yield from self._insist(lambda: self._save_best({}))
        yield from self._insist(lambda: self._save_finished(progress))

    def _save_finished(self, progress: Progress) -> Event:
        card = self.keeper.finish(self.config, lambda part: progress(self.stage.finishing, part))
        return self._finished(card, "trained")

    def _finished(self, card: ModelCard, what: str) -> Event:
        _, metrics = self.stage.told(card)
        message = f"{what}: {self.step} steps{self.stage.quality(metrics)}: {self.run.best}"
        skipped = self.stage.pictures.skipped
        return self._event(
            "finished", path=str(self.run.best), terms=metrics, message=message, skipped=skipped
        )

    def _save_best(self, metrics: dict[str, float]) -> Event:
        self.keeper.save_best(self.config, self.step, self._clock.seconds, metrics)
        return self._event("saved", path=str(self.run.best), terms=metrics)

    def _save_last(self, message: str | None = None, skipped: tuple[str, ...] = ()) -> Event:
        self.keeper.save_last(self.config, self.step, self._clock.seconds)
        return self._event("saved", path=str(self.run.last), message=message, skipped=skipped)

    def _preview(self, path: Path, metrics: dict[str, float] | None = None) -> Event:
        with self.learner.finished_weights():
            self.stage.preview(self.learner.model, path)
        return self._event("preview", path=str(path), terms=metrics or {})

    def _show_life(self) -> None:
        """Which codes are alive, for whoever watches: of a disk that refuses, others tell."""
        life = self.stage.life(self.learner.model, self.step)
        if life is not None:
            with contextlib.suppress(CannotWrite):
                write_bytes(self.run.codes, life)

    def _attempt(self, write: Callable[[], Event]) -> Event:
        """What `write` tells, or a warning where the disk refuses: it is tried again later."""
        try:
            return write()
        except CannotWrite as error:
            return self._warning(str(error))

    def _insist(self, write: Callable[[], Event]) -> Iterator[Event]:
        """Try again for a while, having said so once; raises `CannotWrite` in the end."""
        event = self._attempt(write)
        yield event
        for number in range(LAST_TRIES):
            if event.event != "warning":
                return
            time.sleep(LAST_TRY_S)
            event = self._attempt(write) if number < LAST_TRIES - 1 else write()
            if event.event != "warning":
                yield event

    def _warning(self, fault: str) -> Event:
        return self._event("warning", message=f"{fault}; training goes on and tries again")

    def _is_asked_to_stop(self, should_stop: Callable[[], bool]) -> bool:
        """Whether `control.json` asks for it; waits while it asks to pause."""
        with self._clock.pausing():
            while (request := self.run.requested()) == "pause" and not should_stop():
                time.sleep(PAUSE_POLL_S)
        return request == "stop"

    def _event(self, kind: Any, **fields: Any) -> Event:
        total, seconds = self.config.total_steps, round(self._clock.seconds, 3)
        event = Event(event=kind, step=self.step, time_s=seconds, total_steps=total, **fields)
        self._journal.add_event(event)
        return event
