"""Stage 1: an autoencoder learns from pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.analysis.reconstruction import mean_squared_error, preview_sheet
from engine.analysis.usage import code_statistics
from engine.analysis.validation import nats_pictures, score, validate
from engine.checkpoint import Description, ModelCard, statistics_tensors
from engine.data.batches import Batches, PictureBatches
from engine.data.source import Pictures
from engine.models.base import Autoencoder, DiscreteAutoencoder, Trainable
from engine.models.registry import build
from engine.training.config import RunConfig
from engine.training.life import codes_file
from engine.training.pace import seconds_of
from engine.training.processes import Processes
from engine.training.snapshot import Arrays, describe
from engine.training.stage import MOST_MEASURED, Stage

FINISHING = 1.2
"""Code statistics take this many times as long as encoding and decoding the train split."""


class AutoencoderStage(Stage):
    """Trains on the train split, is measured on the validation split."""

    command = "train"
    finishing = "Looking at codes"

    def __init__(self, config: RunConfig, pictures: Pictures) -> None:
        self.pictures = pictures
        self._config = config
        self._train = pictures.split("train")
        self._valid = pictures.split("valid").spread(MOST_MEASURED)
        self._measured: Pictures | None = None  # the validation split as nats are measured on it

    def build(self) -> Autoencoder:
        return build(self._config.family, self._config.model)

    def batches(self, processes: Processes) -> Batches:
        size = self._config.training.batch_size
        processes.part_of(size)
        seed, augmentation = self._config.seed, self._config.augmentation
        return PictureBatches(self._train, size, seed, augmentation, processes.rank, processes.ranks)

    def validate(self, model: Trainable[Any]) -> dict[str, float]:
        if not len(self._valid):
            return {}
        model = _autoencoder(model)
        if self._measured is None:
            self._measured = nats_pictures(model, self._valid)
        return validate(model, self._valid, self._measured)

    def score(self, metrics: Mapping[str, float]) -> float:
        return score(metrics)

    def seconds_besides(self, model: Trainable[Any]) -> tuple[float, float]:
        model, finishing_s = _autoencoder(model), 0.0
        validation_s = seconds_of(lambda some: validate(model, some), self._valid)
        if isinstance(model, DiscreteAutoencoder):
            looked_at = self._train.spread(MOST_MEASURED)
            finishing_s = FINISHING * seconds_of(lambda some: mean_squared_error(model, some), looked_at)
        return validation_s, finishing_s

    def preview(self, model: Trainable[Any], path: Path) -> None:
        """Originals above, reconstructions below."""
        preview_sheet(_autoencoder(model), self._valid if len(self._valid) else self._train, path)

    def life(self, model: Trainable[Any], step: int) -> bytes | None:
        return codes_file(model, step) if isinstance(model, DiscreteAutoencoder) else None

    def describe(
        self,
        model: Trainable[Any],
        recipe: dict[str, Any],
        training: dict[str, Any],
        metrics: dict[str, float],
    ) -> Description:
        return describe(_autoencoder(model), self.pictures, recipe, training, metrics)

    def told(self, card: ModelCard) -> tuple[dict[str, Any], dict[str, Any]]:
        return card.training, card.metrics

    def statistics(self, model: Trainable[Any], done: Callable[[float], None]) -> Arrays:
        if not isinstance(model, DiscreteAutoencoder):
            return {}
        return statistics_tensors(code_statistics(model, self._train.spread(MOST_MEASURED), done))

    def quality(self, metrics: Mapping[str, float]) -> str:
        psnr = metrics.get("valid_psnr")
        words = "" if psnr is None else f", {psnr:.2f} dB on the validation split"
        for name, what in ("valid_importance_bound", "importance-weighted bound"), ("valid_elbo", "ELBO"):
            if name in metrics:
                return f"{words}, {what} {metrics[name]:.2f} nats"
        return words


def _autoencoder(model: Trainable[Any]) -> Autoencoder:
    assert isinstance(model, Autoencoder)
    return model
