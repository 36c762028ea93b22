"""Model and training state to tensors and back, exactly: a resumed run ends bit-identical.

Batches and random draws are functions of (seed, step), so the position in the data order is the step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from engine.checkpoint import FORMAT_VERSION, Description, model_id
from engine.data.source import Pictures
from engine.models.base import Autoencoder, DiscreteAutoencoder, Trainable

Arrays = dict[str, NDArray[Any]]
Kind = TypeVar("Kind")


def model_tensors(model: Trainable[Any]) -> Arrays:
    """The weights as `autoencoder.*` or `prior.*`."""
    return {f"{model.file_prefix}{name}": _array(tensor) for name, tensor in model.state_dict().items()}


def load_tensors(model: Trainable[Any], tensors: Mapping[str, NDArray[Any]]) -> None:
    """The inverse of `model_tensors`; other tensors may be among them. Raises `RuntimeError`."""
    named = {name: torch.from_numpy(array.copy()) for name, array in tensors.items()}
    model.load_state_dict(_under(named, model.file_prefix))


def training_tensors(
    model: Trainable[Any], optimiser: torch.optim.Optimizer, trained: Mapping[str, torch.Tensor], step: int
) -> Arrays:
    """What only training needs, as `train.*`; the step is the position in data order and draws alike.

    `trained` are the weights as the optimiser has them, where the model's are averages of them.
    """
    tensors = {f"train.model.{name}": _array(buffer) for name, buffer in model.training_state().items()}
    tensors |= {f"train.raw.{name}": _array(weight) for name, weight in trained.items()}
    tensors["train.step"] = np.array(step, np.int64)
    for index, state in optimiser.state_dict()["state"].items():
        tensors |= {f"train.optimiser.{index}.{key}": _array(value) for key, value in state.items()}
    return tensors


def restore(
    model: Trainable[Any], optimiser: torch.optim.Optimizer, tensors: Mapping[str, NDArray[Any]]
) -> tuple[int, dict[str, torch.Tensor]]:
    """Put model and optimiser where `model_tensors` and `training_tensors` found them.

    Returns the step and the `trained` weights. Raises one of `KeyError`, `ValueError`, `IndexError`,
    `RuntimeError`, `TypeError` where the tensors do not fit.
    """
    load_tensors(model, tensors)
    named = {name: torch.from_numpy(array.copy()) for name, array in _under(tensors, "train.").items()}
    model.load_training_state(_under(named, "model."))
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in _under(named, "optimiser.").items():
        index, key = name.split(".", 1)
        # In memory as the weight it belongs to: the fused optimiser goes by addresses, not by strides.
        fitting = torch.empty_like(weights[int(index)]).copy_(tensor) if tensor.ndim else tensor
        state.setdefault(int(index), {})[key] = fitting
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    return int(tensors["train.step"]), _under(named, "raw.")


def describe(
    model: Autoencoder,
    pictures: Pictures,
    recipe: dict[str, Any],
    training: dict[str, Any],
    metrics: dict[str, Any],
) -> Description:
    """The metadata of a model file."""
    import msgspec

    discrete = model if isinstance(model, DiscreteAutoencoder) else None
    return Description(
        format=FORMAT_VERSION,
        family=model.family,
        config=msgspec.to_builtins(model.config),
        data=pictures.data_name,
        labels=list(pictures.label_names),
        image_size=model.config.image_size,
        channels=model.config.channels,
        levels=[(v.stride_px, v.codes, v.dim) for v in discrete.levels] if discrete else [],
        latent_dim=model.latent_dim,
        label_count=model.label_count,
        receptive_margin=discrete.receptive_margin if discrete else 0,
        encode_margin=discrete.encode_margin if discrete else 0,
        model_id=model_id(model_tensors(model)),
        recipe=recipe,
        training=training,
        metrics=metrics,
    )


def _array(tensor: torch.Tensor) -> NDArray[Any]:
    return np.asarray(tensor.detach().cpu().contiguous().numpy(), order="C")


def _under(tensors: Mapping[str, Kind], prefix: str) -> dict[str, Kind]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
