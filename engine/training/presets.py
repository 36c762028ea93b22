"""How long to train and with what, in three words; and how long that will take here. Torch comes late."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from engine.data.source import DataShape
from engine.errors import OptionFault
from engine.models.registry import family_named, find_model
from engine.training.defaults import MOST_PX

if TYPE_CHECKING:
    import torch

    from engine.checkpoint import ModelCard
    from engine.data.batches import Batch
    from engine.training.config import RunConfig
    from engine.training.learner import Learner

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

PRIOR_TITLES = {
    "quick": "Quick look: whether it learns anything from these codes",
    "good": "Good: flat parts and simple outlines continue as they should",
    "best": "Best: as good as the default network gets; overnight without a GPU",
}
_PRIOR_STEPS = {"quick": 300, "good": 3_000, "best": 30_000}
_PRIOR_SETTINGS: dict[str, tuple[str, ...]] = {
    "quick": ("validations=5",),
    "good": (),
    "best": ("ema_decay=0.9995", "validations=60"),
}

WARM_UP_STEPS = 3
TIMED_STEPS, TIMED_S = 20, 3.0
"""So many steps are timed, or for so long."""
_LABELS = 2
"""How many a condition weighs makes no difference to the time."""
BESIDES = 1.1
"""Validations, previews and snapshots take this part on top of the steps."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A number of steps and settings `key=value`."""

    name: str
    title: str
    steps: int
    settings: tuple[str, ...]


def presets(family: str, shape: DataShape, model: Mapping[str, Any] | None = None) -> tuple[Preset, ...]:
    """Quick, good and best for a family on pictures of that shape. Raises `OptionFault`.

    `model` is the configuration of the model that a training starts from, which no preset changes.
    """
    discrete, times = family_named(family).discrete, _times(shape.size)

    def settings(name: str) -> tuple[str, ...]:
        asked = _SETTINGS[name][int(discrete)]
        return tuple(setting for setting in asked if setting.partition("=")[0] not in (model or {}))

    return tuple(
        Preset(name, title, round(_STEPS[name] * times), settings(name)) for name, title in TITLES.items()
    )


def prior_presets(image_size: int) -> tuple[Preset, ...]:
    """Quick, good and best for the priors of a model of pictures of that size."""
    times = _times(image_size)
    return tuple(
        Preset(name, title, round(_PRIOR_STEPS[name] * times), _PRIOR_SETTINGS[name])
        for name, title in PRIOR_TITLES.items()
    )


def preset_named(name: str, offered: Sequence[Preset]) -> Preset:
    """One of those offered. Raises `OptionFault`."""
    for preset in offered:
        if preset.name == name:
            return preset
    raise OptionFault(f"preset {name!r} does not exist: use {', '.join(TITLES)}")


def model_for_priors(name: str) -> ModelCard:
    """What a model with codes says of itself; raises `OptionFault`, `ModelNotFound` or `ModelFault`."""
    from engine.checkpoint import read_card

    card = read_card(find_model(name))
    if not card.levels:
        raise OptionFault(f"{name}: a model of family {card.family} has no codes that a prior could learn")
    return card


def step_seconds(
    family: str,
    settings: Sequence[str],
    shape: DataShape,
    device: str | None = None,
    model: Mapping[str, Any] | None = None,
) -> float:
    """How long a step takes on this device, by timing a few on made-up pictures.

    Takes seconds itself, and torch. Raises `OptionFault`.
    """
    return _seconds_per_step(_config(family, tuple(settings), shape, model), device, _of_pictures)


def prior_step_seconds(
    card: ModelCard,
    settings: Sequence[str],
    device: str | None = None,
    prior: Mapping[str, Any] | None = None,
) -> float:
    """As `step_seconds`, for the priors of a model, on made-up codes."""
    config = _prior_config(card, tuple(settings), prior)
    return _seconds_per_step(config, device, lambda *about: _of_codes(card, *about))


def expected_times(
    family: str, shape: DataShape, device: str | None = None, start_from: str | None = None
) -> dict[str, Any]:
    """Every preset with its `seconds` on this device, as the command `presets` prints them.

    Raises as `starting_model` where a training is to `start_from` a model.
    """
    from engine.training.warm_start import starting_model

    model = None if start_from is None else starting_model(start_from, family)[0].config

    def seconds(settings: Sequence[str]) -> float:
        return step_seconds(family, settings, shape, device, model)

    return {"family": family, **_timed(presets(family, shape, model), seconds, device)}


def expected_prior_times(
    name: str, device: str | None = None, start_from: str | None = None
) -> dict[str, Any]:
    """As `expected_times`, for the priors of a model. Raises as `model_for_priors` and `starting_priors`."""
    from engine.training.warm_start import starting_priors

    card = model_for_priors(name)
    prior = None if start_from is None else starting_priors(start_from)[0]

    def seconds(settings: Sequence[str]) -> float:
        return prior_step_seconds(card, settings, device, prior)

    return {"prior_of": card.name, **_timed(prior_presets(card.image_size), seconds, device)}


def _times(size: int) -> float:
    return min(_MOST_TIMES, (MOST_PX / min(size, MOST_PX)) ** 2)


def _timed(
    offered: Sequence[Preset], seconds: Callable[[Sequence[str]], float], device: str | None
) -> dict[str, Any]:
    """The presets with their times; `seconds` says how long a step takes with some settings."""
    from engine.device import describe_device, pick_device

    known: dict[tuple[str, ...], float] = {}
    rows = []
    for preset in offered:
        # How often is validated is not of the step: presets that differ in it alone are timed once.
        of_the_step = tuple(setting for setting in preset.settings if not setting.startswith("validations="))
        if of_the_step not in known:
            known[of_the_step] = seconds(of_the_step)
        expected = BESIDES * preset.steps * known[of_the_step]
        rows.append({**asdict(preset), "seconds": round(expected, 1)})
    return {"device": describe_device(pick_device(device)), "presets": rows}


def _config(
    family: str, settings: tuple[str, ...], shape: DataShape, given: Mapping[str, Any] | None
) -> RunConfig:
    from engine.training.config import parse_settings

    model, training, augmentation = parse_settings(family, settings, None, shape, given)
    values = msgspec.to_builtins(model)
    if values.get("labels") == 0:
        values["labels"] = _LABELS
    return _made_up(family=family, model=values, training=training, augmentation=augmentation)


def _prior_config(card: ModelCard, settings: tuple[str, ...], given: Mapping[str, Any] | None) -> RunConfig:
    from engine.training.config import PriorOf, parse_prior_settings

    prior, training, augmentation, _ = parse_prior_settings(settings, None, given)
    values = msgspec.to_builtins(prior)
    if values["labels"] == 0:
        values["labels"] = _LABELS
    of = PriorOf(model=str(card.path), name=card.name, model_id=card.model_id, config=values)
    return _made_up(
        family=card.family, model=card.config, training=training, augmentation=augmentation, prior=of
    )


def _made_up(**asked: Any) -> RunConfig:
    import torch

    from engine.training.config import Length, RunConfig

    threads = torch.get_num_threads()
    return RunConfig(
        **asked, data="made up", seed=0, device=None, threads=threads, length=Length(steps=1), total_steps=1
    )


def _of_pictures(config: RunConfig, device: torch.device) -> tuple[Learner, Batch]:
    """An autoencoder that learns from noise."""
    import torch

    from engine.data.batches import Batch
    from engine.training.learner import Learner

    size, side, channels = config.training.batch_size, config.model["image_size"], config.model["channels"]
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(size, channels, side, side, generator=generator).to(device)
    labels = torch.zeros(size, dtype=torch.int64).to(device)
    return Learner(config, device), Batch(images.contiguous(memory_format=torch.channels_last), labels)


def _of_codes(card: ModelCard, config: RunConfig, device: torch.device) -> tuple[Learner, Batch]:
    """Priors that learn from codes drawn at random."""
    import torch

    from engine.data.batches import Batch
    from engine.priors.hierarchical import HierarchicalPrior
    from engine.priors.pixelcnn import PriorConfig
    from engine.training.learner import Learner

    assert config.prior is not None
    size, generator = config.training.batch_size, torch.Generator().manual_seed(0)
    sides = [(level.codes, card.image_size // level.stride_px) for level in card.levels]
    grids = tuple(
        torch.randint(codes, (size, side, side), generator=generator).to(device) for codes, side in sides
    )
    built = msgspec.convert(config.prior.config, PriorConfig)
    learner = Learner(config, device, builds=lambda: HierarchicalPrior(built, card.levels))
    return learner, Batch(grids, torch.zeros(size, dtype=torch.int64).to(device))


def _seconds_per_step(
    config: RunConfig,
    device: str | None,
    made: Callable[[RunConfig, torch.device], tuple[Learner, Batch]],
) -> float:
    from engine.device import pick_device, prepare, synchronise

    chosen = pick_device(device)
    prepare(chosen, config.threads)
    learner, batch = made(config, chosen)
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
