"""One optimiser step, against the same step written out."""

from __future__ import annotations

import copy

import msgspec
import pytest
import torch

from engine.data.batches import Augmentation, Batch
from engine.training.config import Length, RunConfig, parse_settings
from engine.training.learner import Learner
from engine.training.schedule import learning_rate

SMALL = ("image_size=16", "latent_dim=4", "width=8", "blocks=1", "hidden=16")


def config(*settings: str) -> RunConfig:
    model, training, _ = parse_settings("ae", (*SMALL, "warmup_steps=0", *settings), 4)
    return RunConfig(
        family="ae",
        model=msgspec.to_builtins(model),
        training=training,
        augmentation=Augmentation(),
        data="blobs",
        seed=0,
        device="cpu",
        threads=1,
        length=Length(steps=9),
        total_steps=9,
    )


@pytest.mark.parametrize(
    ("setting", "beta2", "epsilon"),
    [((), 0.99, 1e-8), (("adam_beta2=0.5",), 0.5, 1e-8), (("adam_epsilon=0.01",), 0.99, 0.01)],
)
def test_a_step_is_one_of_adamw_with_the_runs_settings(
    setting: tuple[str, ...], beta2: float, epsilon: float
) -> None:
    run = config("learning_rate=0.01", "weight_decay=0.1", "precision=float32", *setting)
    learner = Learner(run, torch.device("cpu"))
    expected = copy.deepcopy(learner.model)
    adam = torch.optim.AdamW(
        expected.parameters(), betas=(0.9, beta2), eps=epsilon, weight_decay=0.1, fused=True
    )
    for step in range(3):
        batch = Batch(torch.rand(4, 3, 16, 16), torch.zeros(4, dtype=torch.int64))
        learner.step(batch, run, step)
        adam.param_groups[0]["lr"] = learning_rate(run, step)
        adam.zero_grad()
        expected.loss(batch.images).total.backward()
        adam.step()
    for trained, by_hand in zip(learner.model.parameters(), expected.parameters(), strict=True):
        assert torch.equal(trained, by_hand)
