"""What a family is trained with on given pictures where the user says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.data.source import DataShape
from engine.models.registry import family_named

CODES_SIDE = 8
"""Discrete families take sides that are a multiple of this at least: room for a second level of codes."""
MOST_PX = 64
"""Larger pictures are made so small: a first model should be there in minutes."""
DIGITS = DataShape(28, 1)
"""MNIST's shape, and that of the sets made to replace it."""

_VECTOR_TRAINING = {"batch_size": 64, "learning_rate": 1e-3}
# A latent vector stands for a whole picture of the set: what is not in the set only takes room in it.
_AS_THEY_ARE = {"flips": 0.0, "zooms": 0.0, "flats": 0.0, "gradients": 0.0}
# Coarse codes say what is where only if a decoder has to make do with them at times: to be painted with, to
# be seen alone, and for finer codes to follow them.
_LEVEL_DROPOUT = {"level_dropout": 0.05}

PRIOR_SETTINGS: Mapping[str, Any] = {
    "batch_size": 32,
    "learning_rate": 1e-3,
    "weight_decay": 0.01,
    "clip_norm": 1.0,
    "ema_decay": 0.999,
}
"""What priors are trained with."""


def default_settings(family: str, shape: DataShape, asked: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Values by option name, of the model, the training and the augmentation.

    `asked` is what the user did say: what follows from it is left to it. Raises `OptionFault` for a family
    that does not exist.
    """
    asked = asked or {}
    found = family_named(family)
    channels = 1 if str(asked.get("channels", shape.channels)) == "1" else 3
    size = min(shape.size, MOST_PX)
    if found.discrete:
        config = found.config_class()
        sizes = {"image_size": _rounded_up(size, _coarsest_stride(config())), "channels": channels}
        return sizes | (_LEVEL_DROPOUT if "level_dropout" in config.__struct_fields__ else {})
    settings: dict[str, Any] = {"image_size": size, "channels": channels, **_VECTOR_TRAINING, **_AS_THEY_ARE}
    if "likelihood" in found.config_class().__struct_fields__:
        likelihood = asked.get("likelihood", "bernoulli" if channels == 1 else "gaussian")
        settings["likelihood"] = likelihood
        if likelihood == "bernoulli" and shape == DIGITS:
            settings["binarise"] = "dynamic"
    return settings


def _coarsest_stride(config: Any) -> int:
    strides = getattr(config, "strides", None) or (config.stride,)
    return max(CODES_SIDE, *map(int, strides))


def _rounded_up(size: int, step: int) -> int:
    return -(-size // step) * step
