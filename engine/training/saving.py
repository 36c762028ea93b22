"""The model files of a run: the one it leaves, of its best validation or, by `keep`, of its newest; and the
newest snapshot to go on from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np

from engine.checkpoint import Description, ModelCard, read_card, read_tensors, write_model
from engine.device import describe_device
from engine.errors import RunFault, TrainingFault
from engine.training.config import RunConfig
from engine.training.learner import Learner
from engine.training.run import Run
from engine.training.snapshot import Arrays, load_tensors, model_tensors
from engine.training.stage import Stage

_STATE_FAULTS = (KeyError, ValueError, IndexError, RuntimeError, TypeError)


def not_finite(run: Run, step: int) -> TrainingFault:
    """The failure of a run whose loss or weights are no numbers any more: they replace no file."""
    kept = f"the snapshot {run.last} is kept" if run.last.exists() else "no snapshot yet"
    return TrainingFault(f"the loss is no longer finite at step {step}; {kept}; try a smaller learning_rate")


class Keeper:
    """Writes and reads a run's two model files; `best_score` is that of the one it leaves."""

    def __init__(self, run: Run, learner: Learner, stage: Stage) -> None:
        self._run = run
        self._learner = learner
        self._stage = stage
        self.best_score = -math.inf

    def save_best(self, config: RunConfig, step: int, seconds: float, metrics: Mapping[str, float]) -> None:
        """The weights that were measured. Raises `CannotWrite` or `TrainingFault`."""
        better = self._stage.score(metrics) if metrics else -math.inf
        with self._learner.finished_weights():
            tensors = self._finite(model_tensors(self._learner.model), step)
            described = self._described(config, step, seconds, metrics)
            write_model(self._run.best, {**self._stage.kept, **tensors}, described)
        self.best_score = better

    def save_last(self, config: RunConfig, step: int, seconds: float) -> None:
        """Everything that going on needs. Raises `CannotWrite` or `TrainingFault`."""
        with self._learner.finished_weights():
            tensors = self._finite(self._learner.tensors(step), step)
            described = self._described(config, step, seconds, {})
            write_model(self._run.last, {**self._stage.kept, **tensors}, described)

    def resume(self) -> tuple[int, float]:
        """Put the learner where the newest snapshot stands; its step and seconds of training."""
        path = self._run.last
        progress, _ = self._stage.told(read_card(path))
        try:
            step = self._learner.restore(read_tensors(path, ""))
        except _STATE_FAULTS as error:
            raise RunFault(path, "does not fit config.json: it is not of this run") from error
        try:
            best, seconds = progress["best_score"], float(progress["seconds"])
            self.best_score = -math.inf if best is None else float(best)
        except (KeyError, TypeError, ValueError) as error:
            raise RunFault(path, "does not say where training stood") from error
        return step, seconds

    def is_finished(self) -> bool:
        """Whether the best model has been given all that it gets."""
        if not self._run.best.exists():
            return False
        training, _ = self._stage.told(read_card(self._run.best))
        return bool(training.get("finished"))

    def finish(self, config: RunConfig, done: Callable[[float], None]) -> ModelCard:
        """Give the best model its statistics, which takes a while; what it says of itself then."""
        card = read_card(self._run.best)
        training, metrics = self._stage.told(card)
        model = self._learner.model.eval()
        weights = self._stage.stored(read_tensors(self._run.best, model.file_prefix))
        load_tensors(model, weights)
        statistics = self._stage.statistics(model, done)
        described = self._stage.describe(model, self._recipe(config), {**training, "finished": True}, metrics)
        write_model(self._run.best, {**self._stage.kept, **weights, **statistics}, described)
        return card

    def _described(
        self, config: RunConfig, step: int, seconds: float, metrics: Mapping[str, float]
    ) -> Description:
        training = {
            "step": step,
            "total_steps": config.total_steps,
            "seconds": seconds,
            "best_score": self.best_score if math.isfinite(self.best_score) else None,
            "device": describe_device(self._learner.device),
            "precision": "bfloat16" if self._learner.bfloat16 else "float32",
        }
        return self._stage.describe(self._learner.model, self._recipe(config), training, dict(metrics))

    def _recipe(self, config: RunConfig) -> dict[str, Any]:
        # A model travels: it names its data, not where somebody keeps it.
        recipe = {**msgspec.to_builtins(config), "data": self._stage.pictures.data_name}
        if config.start_from is not None:
            recipe["start_from"] = {**recipe["start_from"], "model": config.start_from.name}
        return recipe

    def _finite(self, tensors: Arrays, step: int) -> Arrays:
        if all(np.isfinite(tensor).all() for tensor in tensors.values()):
            return tensors
        raise not_finite(self._run, step)
