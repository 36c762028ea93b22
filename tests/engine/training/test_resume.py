"""What is typed beside `--resume` agrees with the run; what an edited config.json says makes sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.data.batches import Augmentation
from engine.errors import OptionFault, RunFault
from engine.training.config import Length, RunConfig, TrainingConfig
from engine.training.resume import refuse_conflicts, refuse_unbuildable
from engine.training.run import Run
from engine.training.start import TrainRequest


def config(**changes: object) -> RunConfig:
    values: dict[str, object] = {
        "family": "vqvae",
        "model": {"codes": 24, "beta": 0.25},
        "training": TrainingConfig(batch_size=8),
        "augmentation": Augmentation(),
        "data": "photos",
        "seed": 3,
        "device": "cpu",
        "threads": 1,
        "length": Length(steps=12),
        "total_steps": 12,
    }
    return RunConfig(**{**values, **changes})  # type: ignore[arg-type]


def request(**changes: object) -> TrainRequest:
    return TrainRequest(**{"out": Path("run"), "resume": True, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"family": "vqvae", "data": "photos", "seed": 3, "batch_size": 8, "length": Length(steps=12)},
        {"settings": ("codes=24", "beta=0.250", "flips=0.5", "batch_size=8")},
        {"device": "cuda", "stop_after": 5},
    ],
)
def test_what_agrees_is_welcome(same: dict[str, object]) -> None:
    refuse_conflicts(request(**same), config())


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"family": "vae"}, "--model vae: run was started with vqvae; a run goes on with its own options"),
        ({"data": "emoji"}, "--data emoji: run was started with photos"),
        ({"seed": 0}, "--seed 0: run was started with 3"),
        ({"batch_size": 16}, "--batch-size 16: run was started with 8"),
        ({"length": Length(steps=99)}, "--steps 99: run was started with 12"),
        ({"length": Length(minutes=5.0)}, "--minutes 5.0: run was started without it"),
        ({"settings": ("codes=32",)}, "--set codes 32: run was started with 24"),
        ({"settings": ("flips=1",)}, "--set flips 1.0: run was started with 0.5"),
        ({"settings": ("learning_rate=1e-3",)}, "--set learning_rate 0.001: run was started with 0.002"),
        ({"settings": ("hue=3",)}, "--set hue=3: use key=value with a key of"),
        ({"settings": ("flips=2",)}, "option flips: expected"),
    ],
)
def test_what_conflicts_is_named(other: dict[str, object], message: str) -> None:
    with pytest.raises(OptionFault) as caught:
        refuse_conflicts(request(**other), config())
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [{"family": "gan"}, {"model": {"hidden": 10**9}}, {"model": {"hue": 1}}, {"model": {"stride": "x"}}],
)
def test_a_config_that_cannot_be_built_is_called_damaged(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(RunFault, match=r"config.json: is damaged \("):
        refuse_unbuildable(Run(tmp_path), config(**changes))
