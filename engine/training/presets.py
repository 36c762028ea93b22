"""How long to train and with what, in three words; and how long that will take here. Torch comes late."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from engine.data.source import DataShape
from engine.errors import OptionFault
from engine.models.registry import family_named
from engine.training.defaults import MOST_PX

if TYPE_CHECKING:
    from engine.training.config import RunConfig

TITLES = {
    "quick": "Quick look: whether the data is right and the pictures begin to be recognised",
    "good": "Good: what is worth painting with or sampling from",
    "best": "Best: as good as the family gets; overnight without a GPU",
}
_STEPS = {"quick": 400, "good": 6_000, "best": 60_000}
"""At 64 px; smaller pictures take so much less time per step that they get more steps."""
_MOST_TIMES = 4
_SETTINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # (vector latents, grids of codes)
    "quick": (("validations=5",), ("validations=5",)),
    "good": (("ema_decay=0.999",), ()),
    "best": (
        ("ema_decay=0.9995", "weight_decay=0.05", "width=32", "validations=60"),
        ("batch_size=32", "validations=60"),
    ),
}

WARM_UP_STEPS = 3
TIMED_STEPS, TIMED_S = 20, 3.0
"""So many steps are timed, or for so long."""
BESIDES = 1.1
"""Validations, previews and snapshots take this part on top of the steps."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A number of steps and settings `key=value`."""

    name: str
    title: str
    steps: int
    settings: tuple[str, ...]


def presets(family: str, shape: DataShape) -> tuple[Preset, ...]:
    """Quick, good and best for a family on pictures of that shape. Raises `OptionFault`."""
    discrete = family_named(family).discrete
    times = min(_MOST_TIMES, (MOST_PX / min(shape.size, MOST_PX)) ** 2)
    return tuple(
        Preset(name, title, round(_STEPS[name] * times), _SETTINGS[name][int(discrete)])
        for name, title in TITLES.items()
    )


def preset_named(name: str, family: str, shape: DataShape) -> Preset:
    """One of them. Raises `OptionFault`."""
    for preset in presets(family, shape):
        if preset.name == name:
            return preset
    raise OptionFault(f"preset {name!r} does not exist: use {', '.join(TITLES)}")


def expected_seconds(
    family: str, settings: Sequence[str], steps: int, shape: DataShape, device: str | None = None
) -> float:
    """How long `steps` will take on this device, by timing a few on made-up pictures.

    Takes seconds itself, and torch. Raises `OptionFault`.
    """
    return BESIDES * steps * _seconds_per_step(_config(family, tuple(settings), shape), device)


def expected_times(family: str, shape: DataShape, device: str | None = None) -> dict[str, Any]:
    """Every preset with its `seconds` on this device, as the command `presets` prints them."""
    from engine.device import describe_device, pick_device

    rows = []
    for preset in presets(family, shape):
        seconds = expected_seconds(family, preset.settings, preset.steps, shape, device)
        rows.append({**_as_dict(preset), "seconds": round(seconds, 1)})
    return {"family": family, "device": describe_device(pick_device(device)), "presets": rows}


def _as_dict(preset: Preset) -> dict[str, Any]:
    return {
        "name": preset.name,
        "title": preset.title,
        "steps": preset.steps,
        "settings": list(preset.settings),
    }


def _config(family: str, settings: tuple[str, ...], shape: DataShape) -> RunConfig:
    import torch

    from engine.training.config import Length, RunConfig, parse_settings

    model, training, augmentation = parse_settings(family, settings, None, shape)
    values = msgspec.to_builtins(model)
    if values.get("labels") == 0:
        values["labels"] = 2  # how many makes no difference to the time
    return RunConfig(
        family=family,
        model=values,
        training=training,
        augmentation=augmentation,
        data="made up",
        seed=0,
        device=None,
        threads=torch.get_num_threads(),
        length=Length(steps=1),
        total_steps=1,
    )


def _seconds_per_step(config: RunConfig, device: str | None) -> float:
    import torch

    from engine.data.batches import Batch
    from engine.device import pick_device, prepare, synchronise
    from engine.training.learner import Learner

    chosen = pick_device(device)
    prepare(chosen, config.threads)
    learner = Learner(config, chosen)
    size, side, channels = config.training.batch_size, config.model["image_size"], config.model["channels"]
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(size, channels, side, side, generator=generator).to(chosen)
    batch = Batch(
        images.contiguous(memory_format=torch.channels_last), torch.zeros(size, dtype=torch.int64).to(chosen)
    )
    learner.begin(batch)
    for step in range(WARM_UP_STEPS):
        learner.step(batch, config, step)
    synchronise(chosen)
    began, done = time.monotonic(), 0
    while done < TIMED_STEPS and (done == 0 or time.monotonic() - began < TIMED_S):
        learner.step(batch, config, WARM_UP_STEPS + done)
        synchronise(chosen)
        done += 1
    return (time.monotonic() - began) / done
