"""Training as a generator of events over a run folder.

One step: the batch of (seed, step), the model's loss, Adam, then what follows without gradients
(`model.update`: EMA, restarts). Everything random is a function of (seed, step), so stopping and
going on changes nothing but the clock.
"""

from __future__ import annotations

import contextlib
import math
import shlex
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
import torch
from torch import Tensor

from engine.analysis.reconstruction import mean_squared_error, preview_sheet, psnr_of
from engine.analysis.statistics import LevelStatistics
from engine.analysis.usage import code_statistics
from engine.checkpoint import (
    ModelCard,
    read_card,
    read_statistics,
    read_tensors,
    statistics_tensors,
    write_model,
)
from engine.data.batches import Batches
from engine.data.source import Pictures
from engine.device import describe_device, pick_device, trains_in_bfloat16
from engine.errors import CannotWrite, RunFault, TrainingFault
from engine.models.base import DiscreteAutoencoder
from engine.models.registry import build
from engine.progress import Progress, tell_nobody
from engine.training.config import RunConfig
from engine.training.events import Event
from engine.training.memory import enough_memory
from engine.training.pace import Pace, seconds_per_picture
from engine.training.run import Run
from engine.training.schedule import learning_rate, validates_after
from engine.training.snapshot import Arrays, describe, model_tensors, restore, training_tensors

PAUSE_POLL_S = 0.2
FINISHING = 1.2
"""Code statistics take this many times as long as encoding and decoding the train split."""


class Trainer:
    """One run being trained; `events` does the work."""

    def __init__(
        self,
        run: Run,
        config: RunConfig,
        pictures: Pictures,
        device: str | None = None,
        asked_at: float | None = None,
    ) -> None:
        """`device` instead of the one in `config`; the run's minutes count from `asked_at` (monotonic)."""
        self.run = run
        self.config = config
        self.pictures = pictures
        self.device = pick_device(device or config.device)
        torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        model = build(config.family, config.model).to(self.device)
        self.model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs
        trainable = [p for p in self.model.parameters() if p.requires_grad]
        self.optimiser = torch.optim.Adam(trainable, lr=config.training.learning_rate)
        self.train = pictures.split("train")
        self.batches = Batches(self.train, config.training.batch_size, config.seed, config.augmentation)
        self.valid = pictures.split("valid")
        if config.length.epochs is not None and config.total_steps is None:
            steps = max(1, round(config.length.epochs * self.batches.steps_per_epoch))
            self.config = msgspec.structs.replace(config, total_steps=steps)
        wanted = config.training.precision
        self.bfloat16 = wanted == "bfloat16" or (wanted == "auto" and trains_in_bfloat16(self.device))
        self.step = 0
        self.best_mse = math.inf
        self.trained_s = 0.0
        self._metrics: dict[str, float] = {}
        self._asked_at = time.monotonic() if asked_at is None else asked_at
        self._resumed_at = self._session_began_at = time.monotonic()
        self._pace: Pace | None = None
        if config.length.minutes is not None and config.total_steps is None:
            self._pace = Pace(config.length.minutes, config.training.warmup_steps)

    def resume(self) -> None:
        """Go on where the newest snapshot stands; from the start where there is none yet."""
        if not self.run.last.exists():
            return
        progress = read_card(self.run.last).training
        tensors = read_tensors(self.run.last, "")
        try:
            self.step = restore(self.model, self.optimiser, tensors)
        except (KeyError, ValueError, IndexError, RuntimeError, TypeError) as error:
            raise RunFault(self.run.last, "does not fit config.json: it is not of this run") from error
        try:
            self.trained_s = float(progress["seconds"])
            best = progress["best_valid_mse"]
            self.best_mse = math.inf if best is None else float(best)
        except (KeyError, TypeError, ValueError) as error:
            raise RunFault(self.run.last, "does not say where training stood") from error

    def events(
        self, stop_after: int | None, should_stop: Callable[[], bool], progress: Progress | None = None
    ) -> Iterator[Event]:
        """Train to the run's own total, to `stop_after` steps, or until asked to stop.

        `progress` is told what takes long and yields no events.

        Raises `TrainingFault` where the loss is no longer finite, `CannotWrite` where the disk refuses.
        """
        self._resumed_at = self._session_began_at = time.monotonic()
        self.run.clear_request()
        if self._is_finished():
            yield self._finished(read_card(self.run.best), "already finished")
            return
        if self.step == 0:
            self.model.begin(self._batch(0), self._generator("begin"))
        last_snapshot = time.monotonic()
        while self.config.total_steps is None or self.step < self.config.total_steps:
            self._wait_while_paused(should_stop)
            enough = stop_after is not None and self.step >= stop_after
            if enough or should_stop() or self.run.requested() == "stop":
                yield self._save_snapshot(self._how_to_go_on(), self.pictures.skipped)
                return
            with enough_memory(self.config.training.batch_size):
                event = self._train_one_step()
            yield event
            if validates_after(self.config, self.step):
                yield from self._validate()
            if time.monotonic() - last_snapshot > self.config.training.snapshot_s:
                yield self._save_snapshot(None)
                last_snapshot = time.monotonic()
        yield from self._finish(progress)

    def fail(self, message: str) -> None:
        """Leave word of a failure in the run, where the disk still takes it."""
        with contextlib.suppress(CannotWrite):
            self._event("failed", message=message)

    def _train_one_step(self) -> Event:
        started = time.monotonic()
        rate = learning_rate(self.config, self.step)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.model.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            result = self.model.loss(self._batch(self.step))
        terms = {name: float(value) for name, value in result.terms.items()}
        loss = float(result.total.detach())
        if not math.isfinite(loss):
            raise TrainingFault(self._not_finite())
        self.optimiser.zero_grad(set_to_none=True)
        result.total.backward()
        self.optimiser.step()
        terms |= self.model.update(result.statistics, self.step, self._generator("update"))
        self.step += 1
        self._measure_pace(time.monotonic() - started)
        self._metrics = {**terms, "loss": loss, "learning_rate": rate}
        self.run.add_metrics(self.step, self._metrics)
        return self._event("step", terms={**terms, "loss": loss})

    def _measure_pace(self, seconds: float) -> None:
        """Once the pace is known, fix the total and how often to validate: the schedule is known then."""
        if self._pace is None:
            return
        self._pace.add(seconds)
        if not self._pace.is_known:
            return
        self.model.eval()
        picture_s = seconds_per_picture(self.model, self.train)
        spent_s = self._seconds() + self._session_began_at - self._asked_at
        finishing_s = FINISHING * picture_s * len(self.train)
        validation_s, wished = picture_s * len(self.valid), self.config.training.validations
        plan = self._pace.plan(spent_s, validation_s, finishing_s, wished)
        self._pace = None
        total = self.step + plan.steps
        self.config = msgspec.structs.replace(self.config, total_steps=total, validations=plan.validations)
        self.run.write_config(self.config)

    def _validate(self) -> Iterator[Event]:
        """Measure, show and keep the best; without a validation split the newest is the best there is."""
        self.model.eval()
        metrics: dict[str, float] = {}
        if len(self.valid):
            mse = mean_squared_error(self.model, self.valid)
            metrics = {"valid_mse": mse, "valid_psnr": psnr_of(mse)}
            # With what the step said: readers keep the last record of a step.
            self.run.add_metrics(self.step, {**self._metrics, **metrics})
        path = self.run.previews / f"step-{self.step:07d}.png"
        preview_sheet(self.model, self.valid if len(self.valid) else self.train, path)
        yield self._event("preview", path=str(path), terms=metrics)
        if not metrics or metrics["valid_mse"] < self.best_mse:
            self.best_mse = metrics.get("valid_mse", math.inf)
            yield self._save_best(metrics)

    def _is_finished(self) -> bool:
        if self.step != self.config.total_steps or not self.run.best.exists():
            return False
        return bool(read_statistics(self.run.best))  # written last

    def _finish(self, progress: Progress | None) -> Iterator[Event]:
        """Save the newest state, then give the best model its statistics."""
        yield self._save_snapshot(None)
        if not self.run.best.exists():  # somebody removed it
            yield self._save_best({})
        card = read_card(self.run.best)
        weights = read_tensors(self.run.best, "autoencoder.")
        names = {key.removeprefix("autoencoder."): torch.from_numpy(v.copy()) for key, v in weights.items()}
        self.model.load_state_dict(names)
        self.model.eval()
        statistics: tuple[LevelStatistics, ...] = ()
        if isinstance(self.model, DiscreteAutoencoder):
            tell = progress if progress is not None else tell_nobody
            statistics = code_statistics(self.model, self.train, lambda part: tell("Looking at codes", part))
        description = self._describe(card.metrics, card.training)
        write_model(self.run.best, {**weights, **statistics_tensors(statistics)}, description)
        yield self._finished(card, "trained")

    def _finished(self, card: ModelCard, what: str) -> Event:
        psnr = card.metrics.get("valid_psnr")
        quality = "" if psnr is None else f", {psnr:.2f} dB on the validation split"
        message = f"{what}: {self.step} steps{quality}: {self.run.best}"
        skipped = self.pictures.skipped
        return self._event(
            "finished", path=str(self.run.best), terms=card.metrics, message=message, skipped=skipped
        )

    def _save_best(self, metrics: dict[str, float]) -> Event:
        description = self._describe(metrics, self._training_summary())
        write_model(self.run.best, self._finite_weights(), description)
        return self._event("saved", path=str(self.run.best), terms=metrics)

    def _save_snapshot(self, message: str | None, skipped: tuple[str, ...] = ()) -> Event:
        tensors = {**self._finite_weights(), **training_tensors(self.model, self.optimiser, self.step)}
        write_model(self.run.last, tensors, self._describe({}, self._training_summary()))
        return self._event("saved", path=str(self.run.last), message=message, skipped=skipped)

    def _finite_weights(self) -> Arrays:
        """The weights; raises `TrainingFault` where the last step broke them: no file is replaced then."""
        tensors = model_tensors(self.model)
        if not all(np.isfinite(tensor).all() for tensor in tensors.values()):
            raise TrainingFault(self._not_finite())
        return tensors

    def _training_summary(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "total_steps": self.config.total_steps,
            "seconds": self._seconds(),
            "best_valid_mse": self.best_mse if math.isfinite(self.best_mse) else None,
            "device": describe_device(self.device),
            "precision": "bfloat16" if self.bfloat16 else "float32",
        }

    def _describe(self, metrics: dict[str, Any], training: dict[str, Any]) -> Any:
        # A model travels: it names its data, not where somebody keeps it.
        recipe = {**msgspec.to_builtins(self.config), "data": self.pictures.data_name}
        return describe(self.model, self.pictures, recipe, training, metrics)

    def _batch(self, step: int) -> Tensor:
        return self.batches.at(step).images.to(self.device)

    def _generator(self, purpose: str) -> torch.Generator:
        # Drawn on the CPU whatever the device; one stream per (seed, purpose, step).
        number = {"begin": 0, "update": 1}[purpose]
        entropy = np.random.SeedSequence((self.config.seed, number, self.step)).generate_state(1, np.uint64)
        return torch.Generator().manual_seed(int(entropy[0] >> np.uint64(1)))

    def _seconds(self) -> float:
        return self.trained_s + time.monotonic() - self._resumed_at

    def _wait_while_paused(self, should_stop: Callable[[], bool]) -> None:
        paused_at = time.monotonic()
        while self.run.requested() == "pause" and not should_stop():
            time.sleep(PAUSE_POLL_S)
        self._resumed_at += time.monotonic() - paused_at

    def _event(self, kind: Any, **fields: Any) -> Event:
        total = self.config.total_steps
        seconds = round(self._seconds(), 3)
        event = Event(event=kind, step=self.step, time_s=seconds, total_steps=total, **fields)
        self.run.add_event(event)
        return event

    def _how_to_go_on(self) -> str:
        folder = shlex.quote(str(self.run.folder))
        return f"stopped at step {self.step}; go on with: train --out {folder} --resume"

    def _not_finite(self) -> str:
        kept = f"the snapshot {self.run.last} is kept" if self.run.last.exists() else "no snapshot yet"
        return f"the loss is no longer finite at step {self.step}; {kept}; try a smaller learning_rate"
