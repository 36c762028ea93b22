"""What a run trains, and on what: stage 1 an autoencoder on pictures, stage 2 the priors of its codes.

The loop, the run's files, the clock and the processes are the same for both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from engine.checkpoint import Description, ModelCard
from engine.data.batches import Batches
from engine.data.source import Pictures
from engine.models.base import Trainable
from engine.progress import Progress
from engine.training.config import RunConfig
from engine.training.processes import Processes
from engine.training.snapshot import Arrays

if TYPE_CHECKING:
    from engine.training.run import Run

MOST_MEASURED = 10_000
"""Of a large split so many pictures, evenly picked, say as much as all: MNIST's validation split is whole."""


class Stage(ABC):
    """One of the two. `model` is always the one in training, as it would be saved."""

    pictures: Pictures
    command: ClassVar[str]
    """That of the command line which starts and resumes it."""
    finishing: ClassVar[str]
    """What is done at the end, for who waits."""

    @property
    def kept(self) -> Arrays:
        """What a model file holds besides the weights that are trained."""
        return {}

    @abstractmethod
    def build(self) -> Trainable[Any]:
        """The untrained model, by torch's own random numbers."""

    @abstractmethod
    def batches(self, processes: Processes) -> Batches:
        """This process's rows of the run's batches. Raises `OptionFault` where they cannot be shared."""

    @abstractmethod
    def validate(self, model: Trainable[Any]) -> dict[str, float]:
        """Figures of the validation split; none where it is empty."""

    @abstractmethod
    def score(self, metrics: Mapping[str, float]) -> float:
        """What is highest for the best model."""

    @abstractmethod
    def seconds_besides(self, model: Trainable[Any]) -> tuple[float, float]:
        """How long a validation will take, and what is done at the end, by measuring parts."""

    @abstractmethod
    def preview(self, model: Trainable[Any], path: Path) -> None:
        """A sheet of pictures, as a PNG. Raises `CannotWrite`."""

    def life(self, model: Trainable[Any], step: int) -> bytes | None:
        """How alive each code is, as a `.npz`; None where none is learned."""
        del model, step
        return None

    def stored(self, weights: Arrays) -> Arrays:
        """The weights as a finished model's file holds them."""
        return weights

    @abstractmethod
    def describe(
        self,
        model: Trainable[Any],
        recipe: dict[str, Any],
        training: dict[str, Any],
        metrics: dict[str, float],
    ) -> Description:
        """The metadata of a model file."""

    @abstractmethod
    def told(self, card: ModelCard) -> tuple[dict[str, Any], dict[str, Any]]:
        """What `describe` was given as `training` and `metrics`, of a file of this run."""

    def statistics(self, model: Trainable[Any], done: Callable[[float], None]) -> Arrays:
        """What a finished model file holds as well."""
        del model, done
        return {}

    @abstractmethod
    def quality(self, metrics: Mapping[str, float]) -> str:
        """The figures in words, to be appended; "" where there are none."""


def stage_of(
    run: Run, config: RunConfig, pictures: Pictures, device: torch.device, progress: Progress
) -> Stage:
    """What the config asks for. May take a while the first time: codes are extracted."""
    if config.prior is None:
        from engine.training.autoencoder_stage import AutoencoderStage

        return AutoencoderStage(config, pictures)
    from engine.training.prior_stage import prior_stage

    return prior_stage(run, config, pictures, device, progress)
