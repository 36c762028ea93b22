"""Training as a generator of events over a run folder.

One step: the batch of (seed, step), the model's loss, Adam, then what follows without gradients
(`model.update`: EMA, restarts). Everything random is a function of (seed, step), so stopping and
going on changes nothing but the clock.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from torch import Tensor

from engine.analysis.reconstruction import mean_squared_error, preview_sheet
from engine.analysis.usage import code_statistics
from engine.checkpoint import read_card, read_tensors, statistics_tensors, write_model
from engine.data.batches import Batches
from engine.data.source import Pictures
from engine.device import describe_device, pick_device, trains_in_bfloat16
from engine.errors import CannotWrite, RunFault, TrainingFault
from engine.models.base import DiscreteAutoencoder
from engine.models.registry import build
from engine.training.config import RunConfig
from engine.training.events import Event
from engine.training.run import Run
from engine.training.snapshot import describe, model_tensors, restore, training_tensors

PACE_FROM, PACE_TO = 10, 50
"""Steps whose times give the pace from which minutes become steps."""
RESERVED = 0.08
"""Part of the minutes kept for validations, snapshots and the statistics at the end."""
PAUSE_POLL_S = 0.2


class Trainer:
    """One run being trained; `events` does the work."""

    def __init__(self, folder: Path, config: RunConfig, pictures: Pictures) -> None:
        self.run = Run(folder)
        self.config = config
        self.pictures = pictures
        self.device = pick_device(config.device)
        torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        model = build(config.family, config.model).to(self.device)
        self.model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs
        trainable = [p for p in self.model.parameters() if p.requires_grad]
        self.optimiser = torch.optim.Adam(trainable, lr=config.training.learning_rate)
        self.batches = Batches(
            pictures.split("train"), config.training.batch_size, config.seed, config.augmentation
        )
        self.valid = pictures.split("valid")
        if config.length.epochs is not None and config.total_steps is None:
            steps = max(1, round(config.length.epochs * self.batches.steps_per_epoch))
            self.config = msgspec.structs.replace(config, total_steps=steps)
        wanted = config.training.precision
        self.bfloat16 = wanted == "bfloat16" or (wanted == "auto" and trains_in_bfloat16(self.device))
        self.step = 0
        self.best_mse = math.inf
        self.trained_s = 0.0
        self._resumed_at = time.monotonic()
        self._pace: list[float] = []

    def resume(self) -> None:
        """Go on where the newest snapshot stands; from the start where there is none yet."""
        if not self.run.last.exists():
            return
        progress = read_card(self.run.last).training
        restore(self.model, self.optimiser, read_tensors(self.run.last, ""))
        try:
            self.step = int(progress["step"])
            self.trained_s = float(progress["seconds"])
            best = progress["best_valid_mse"]
            self.best_mse = math.inf if best is None else float(best)
        except (KeyError, TypeError, ValueError) as error:
            raise RunFault(self.run.last, "does not say where training stood") from error

    def events(self, stop_after: int | None, should_stop: Callable[[], bool]) -> Iterator[Event]:
        """Train to the run's own total, to `stop_after` steps, or until asked to stop.

        Raises `TrainingFault` where the loss is no longer finite, `CannotWrite` where the disk refuses.
        """
        self._resumed_at = time.monotonic()
        self.run.clear_request()
        if self.step == 0:
            self.model.begin(self._batch(0), self._generator("begin"))
        last_snapshot = time.monotonic()
        while self.config.total_steps is None or self.step < self.config.total_steps:
            self._wait_while_paused(should_stop)
            if should_stop() or self.run.requested() == "stop" or self.step == stop_after:
                yield self._save_snapshot(self._how_to_go_on())
                return
            yield self._train_one_step()
            if self._is_validation_step():
                yield from self._validate()
            if time.monotonic() - last_snapshot > self.config.training.snapshot_s:
                yield self._save_snapshot(None)
                last_snapshot = time.monotonic()
        yield from self._finish()

    def fail(self, message: str) -> None:
        """Leave word of a failure in the run, where the disk still takes it."""
        with contextlib.suppress(CannotWrite):
            self._event("failed", message=message)

    def _train_one_step(self) -> Event:
        started = time.monotonic()
        rate = self._learning_rate()
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
        self.run.add_metrics(self.step, {**terms, "loss": loss, "learning_rate": rate})
        return self._event("step", terms={**terms, "loss": loss})

    def _learning_rate(self) -> float:
        training, total = self.config.training, self.config.total_steps
        if self.step < training.warmup_steps or total is None:
            return training.learning_rate * min(1.0, (self.step + 1) / max(1, training.warmup_steps))
        done = (self.step - training.warmup_steps) / max(1, total - training.warmup_steps)
        return training.learning_rate * 0.5 * (1 + math.cos(math.pi * done))

    def _measure_pace(self, seconds: float) -> None:
        if self.config.total_steps is not None:
            return
        if self.step > PACE_FROM:
            self._pace.append(seconds)
        if len(self._pace) == PACE_TO - PACE_FROM:
            assert self.config.length.minutes is not None
            left_s = self.config.length.minutes * 60 * (1 - RESERVED) - self._seconds()
            # The mean, not the median: pauses that other programs cause count too.
            more = max(0, int(left_s / float(np.mean(self._pace))))
            self.config = msgspec.structs.replace(self.config, total_steps=self.step + more)
            self.run.write_config(self.config)

    def _is_validation_step(self) -> bool:
        total = self.config.total_steps
        if total is None:
            return False
        every = max(1, total // self.config.training.validations)
        return self.step % every == 0 or self.step == total

    def _validate(self) -> Iterator[Event]:
        if len(self.valid):
            self.model.eval()
            mse = mean_squared_error(self.model, self.valid)
            psnr = -10 * math.log10(max(mse, 1e-10))
            self.run.add_metrics(self.step, {"valid_mse": mse, "valid_psnr": psnr})
            path = self.run.previews / f"step-{self.step:07d}.png"
            preview_sheet(self.model, self.valid, path)
            yield self._event("preview", path=str(path), terms={"valid_mse": mse, "valid_psnr": psnr})
            if mse < self.best_mse:
                self.best_mse = mse
                yield self._save_best({"valid_mse": mse, "valid_psnr": psnr})

    def _finish(self) -> Iterator[Event]:
        """Save the newest state, then give the best model its statistics."""
        yield self._save_snapshot(None)
        if not self.run.best.exists():  # no validation split: the newest is the best there is
            yield self._save_best({})
        card = read_card(self.run.best)
        weights = read_tensors(self.run.best, "autoencoder.")
        names = {key.removeprefix("autoencoder."): torch.from_numpy(v.copy()) for key, v in weights.items()}
        self.model.load_state_dict(names)
        self.model.eval()
        statistics = (
            code_statistics(self.model, self.pictures.split("train"))
            if isinstance(self.model, DiscreteAutoencoder)
            else ()
        )
        description = self._describe(card.metrics, card.training)
        write_model(self.run.best, {**weights, **statistics_tensors(statistics)}, description)
        yield self._event("finished", path=str(self.run.best), terms=card.metrics)

    def _save_best(self, metrics: dict[str, float]) -> Event:
        description = self._describe(metrics, self._training_summary())
        write_model(self.run.best, model_tensors(self.model), description)
        return self._event("saved", path=str(self.run.best), terms=metrics)

    def _save_snapshot(self, message: str | None) -> Event:
        tensors = {**model_tensors(self.model), **training_tensors(self.model, self.optimiser)}
        write_model(self.run.last, tensors, self._describe({}, self._training_summary()))
        return self._event("saved", path=str(self.run.last), message=message)

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
        recipe = msgspec.to_builtins(self.config)
        return describe(self.model, self.pictures, recipe, training, metrics)

    def _batch(self, step: int) -> Tensor:
        return self.batches.at(step).to(self.device)

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
        return f"stopped at step {self.step}; go on with: train --out {self.run.folder} --resume"

    def _not_finite(self) -> str:
        kept = f"the snapshot {self.run.last} is kept" if self.run.last.exists() else "no snapshot yet"
        return f"the loss is no longer finite at step {self.step}; {kept}; try a smaller learning_rate"
