"""Opening the priors that a model file holds."""

from __future__ import annotations

from pathlib import Path

import msgspec
import torch

from engine.checkpoint import PriorDescription, read_prior_weights
from engine.errors import ModelFault
from engine.models.base import Autoencoder, DiscreteAutoencoder
from engine.priors.hierarchical import HierarchicalPrior
from engine.priors.pixelcnn import PriorConfig


def load_priors(path: Path, described: PriorDescription, model: Autoencoder, device: torch.device) -> None:
    """Give `model` the priors of its file, ready on the device. Raises `ModelFault`."""
    if not isinstance(model, DiscreteAutoencoder):
        raise ModelFault(path, "has priors, but no codes for them")
    config = _config(path, described)
    weights = {key.removeprefix("prior."): value for key, value in read_prior_weights(path).items()}
    with torch.device("meta"):  # nothing of its size is allocated before it is known to fit
        expected = HierarchicalPrior(config, model.levels).state_dict()
    if {key: tuple(tensor.shape) for key, tensor in expected.items()} != {
        key: value.shape for key, value in weights.items()
    }:
        raise ModelFault(path, "its priors do not fit their configuration")
    priors = HierarchicalPrior(config, model.levels)
    priors.load_state_dict({key: torch.from_numpy(value.copy()) for key, value in weights.items()})
    model.take_priors(priors.eval().requires_grad_(False).to(device))


def _config(path: Path, described: PriorDescription) -> PriorConfig:
    try:
        config = msgspec.convert(described.config, PriorConfig)
    except msgspec.ValidationError as error:
        raise ModelFault(path, f"describes priors this program cannot build ({error})") from error
    if config.labels != len(described.labels):
        raise ModelFault(path, "its priors take another number of labels than they name")
    return config
