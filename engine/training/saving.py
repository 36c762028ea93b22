"""The model files of a run: the best on the validation split, and the newest snapshot to go on from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np
import torch

from engine.analysis.statistics import LevelStatistics
from engine.analysis.usage import code_statistics
from engine.analysis.validation import score
from engine.checkpoint import ModelCard, read_card, read_tensors, statistics_tensors, write_model
from engine.data.source import Pictures
from engine.device import describe_device
from engine.errors import RunFault, TrainingFault
from engine.models.base import DiscreteAutoencoder
from engine.training.config import RunConfig
from engine.training.learner import Learner
from engine.training.run import Run
from engine.training.snapshot import Arrays, describe, model_tensors

MOST_MEASURED = 10_000
"""Of a large split so many pictures, evenly picked, say as much as all: MNIST's validation split is whole."""
_STATE_FAULTS = (KeyError, ValueError, IndexError, RuntimeError, TypeError)


def not_finite(run: Run, step: int) -> TrainingFault:
    """The failure of a run whose loss or weights are no numbers any more: they replace no file."""
    kept = f"the snapshot {run.last} is kept" if run.last.exists() else "no snapshot yet"
    return TrainingFault(f"the loss is no longer finite at step {step}; {kept}; try a smaller learning_rate")


class Keeper:
    """Writes and reads a run's two model files; `best_score` is that of the best one."""

    def __init__(self, run: Run, learner: Learner, pictures: Pictures) -> None:
        self._run = run
        self._learner = learner
        self._pictures = pictures
        self.best_score = -math.inf

    def save_best(self, config: RunConfig, step: int, seconds: float, metrics: Mapping[str, float]) -> None:
        """The weights that were measured. Raises `CannotWrite` or `TrainingFault`."""
        better = score(metrics) if metrics else -math.inf
        with self._learner.finished_weights():
            tensors = self._finite(model_tensors(self._learner.model), step)
            write_model(self._run.best, tensors, self._described(config, step, seconds, metrics))
        self.best_score = better

    def save_last(self, config: RunConfig, step: int, seconds: float) -> None:
        """Everything that going on needs. Raises `CannotWrite` or `TrainingFault`."""
        with self._learner.finished_weights():
            tensors = self._finite(self._learner.tensors(step), step)
            write_model(self._run.last, tensors, self._described(config, step, seconds, {}))

    def resume(self) -> tuple[int, float]:
        """Put the learner where the newest snapshot stands; its step and seconds of training."""
        path = self._run.last
        progress = read_card(path).training
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
        return self._run.best.exists() and bool(read_card(self._run.best).training.get("finished"))

    def finish(self, config: RunConfig, done: Callable[[float], None]) -> ModelCard:
        """Give the best model its statistics, which takes a while; what it says of itself then."""
        card = read_card(self._run.best)
        weights = read_tensors(self._run.best, "autoencoder.")
        model, pictures = self._learner.model.eval(), self._pictures
        names = {key.removeprefix("autoencoder."): torch.from_numpy(v.copy()) for key, v in weights.items()}
        model.load_state_dict(names)
        statistics: tuple[LevelStatistics, ...] = ()
        if isinstance(model, DiscreteAutoencoder):
            statistics = code_statistics(model, pictures.split("train").spread(MOST_MEASURED), done)
        training = {**card.training, "finished": True}
        description = describe(model, pictures, self._recipe(config), training, card.metrics)
        write_model(self._run.best, {**weights, **statistics_tensors(statistics)}, description)
        return card

    def _described(self, config: RunConfig, step: int, seconds: float, metrics: Mapping[str, float]) -> Any:
        training = {
            "step": step,
            "total_steps": config.total_steps,
            "seconds": seconds,
            "best_score": self.best_score if math.isfinite(self.best_score) else None,
            "device": describe_device(self._learner.device),
            "precision": "bfloat16" if self._learner.bfloat16 else "float32",
        }
        recipe = self._recipe(config)
        return describe(self._learner.model, self._pictures, recipe, training, dict(metrics))

    def _recipe(self, config: RunConfig) -> dict[str, Any]:
        # A model travels: it names its data, not where somebody keeps it.
        return {**msgspec.to_builtins(config), "data": self._pictures.data_name}

    def _finite(self, tensors: Arrays, step: int) -> Arrays:
        if all(np.isfinite(tensor).all() for tensor in tensors.values()):
            return tensors
        raise not_finite(self._run, step)
