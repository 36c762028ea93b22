"""`benchmark training`: pictures a second of the trainer beside a plain loop over the same network.

The network is the public VQ-VAE-2 (rosinality/vq-vae-2-pytorch): 128 channels, two residual blocks of 32,
K 512, D 64, at 64 px in batches of 64. The plain loop is what one writes first: float32, pictures as
they come (NCHW), Adam, every figure read at every step, batches built between the steps. Both train on
the same batches with the same loss. They take turns, so that whatever else the machine does slows both.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from engine.data.batches import Augmentation, PictureBatches
from engine.data.open import open_data
from engine.device import describe_device, pick_device, prepare, synchronise
from engine.models.base import Draws
from engine.models.registry import build
from engine.progress import Progress, tell_nobody
from engine.training.config import Length, RunConfig, TrainingConfig
from engine.training.feed import Feed
from engine.training.journal import Journal
from engine.training.learner import Learner
from engine.training.run import Run

FAMILY = "vqvae2"
NETWORK = {"hidden": 128, "residual_blocks": 2, "residual_hidden": 32, "codes": 512, "code_dim": 64}
BATCH = 64
SIDE_PX = 64
WARM_UP = 2
"""Steps until memory is taken and kernels are chosen."""
STEPS = 4
"""So many in a row on each side: one would mostly show what the other side left in the caches."""
ROUNDS = 7
LONGEST_S = 200.0
"""A slow machine makes fewer rounds."""


def measure_training(
    progress: Progress = tell_nobody, network: Mapping[str, int] = NETWORK, batch_size: int = BATCH
) -> dict[str, Any]:
    """Medians over rounds of images a second on both sides, and of their ratios within a round."""
    config = RunConfig(
        family=FAMILY,
        model=dict(network),
        training=TrainingConfig(batch_size=batch_size),
        augmentation=Augmentation(),
        data="emoji",
        seed=0,
        device=None,
        threads=torch.get_num_threads(),
        length=Length(steps=10**6),
        total_steps=10**6,
    )
    device = pick_device()
    prepare(device, config.threads)
    pictures = open_data(config.data, SIDE_PX, 3).split("train")
    batches = PictureBatches(pictures, batch_size, config.seed, config.augmentation)
    with tempfile.TemporaryDirectory() as folder:
        trainer, plain = _Trainer(config, batches, device, Path(folder)), _Plain(config, batches, device)
        rows = _rounds(trainer, plain, batch_size, progress)
    return {
        "network": {"family": FAMILY, **network, "image_size": SIDE_PX, "batch_size": batch_size},
        "device": describe_device(device),
        "precision": "bfloat16" if trainer.learner.bfloat16 else "float32",
        "images_per_s": statistics.median(row["trainer"] for row in rows),
        "plain_images_per_s": statistics.median(row["plain"] for row in rows),
        "ratio": statistics.median(row["trainer"] / row["plain"] for row in rows),
        "rows": rows,
    }


def _rounds(trainer: _Trainer, plain: _Plain, batch_size: int, progress: Progress) -> list[dict[str, float]]:
    """Images a second, side by side."""
    for side in (trainer, plain):
        side.train(WARM_UP)
    rows: list[dict[str, float]] = []
    began = time.monotonic()
    while len(rows) < ROUNDS and (not rows or time.monotonic() - began < LONGEST_S):
        progress("Measuring training", len(rows) / ROUNDS)
        rows.append(
            {"trainer": STEPS * batch_size / _seconds(trainer), "plain": STEPS * batch_size / _seconds(plain)}
        )
    return rows


def _seconds(side: _Trainer | _Plain) -> float:
    began = time.monotonic()
    side.train(STEPS)
    return time.monotonic() - began


class _Trainer:
    """What `train` does between its events."""

    def __init__(
        self, config: RunConfig, batches: PictureBatches, device: torch.device, folder: Path
    ) -> None:
        self.learner = Learner(config, device)
        self._config, self._batches, self._device = config, batches, device
        self._journal = Journal(Run(folder))
        self._step = 0

    def train(self, steps: int) -> None:
        # A new feed each time: it must not build batches while the other side is measured.
        with contextlib.closing(Feed(self._batches, self._device)) as feed:
            if self._step == 0:
                self.learner.begin(feed.at(0))
            for _ in range(steps):
                figures = self.learner.step(feed.at(self._step), self._config, self._step)
                self._step += 1
                self._journal.add(self._step, figures)
        self._journal.flush()
        synchronise(self._device)


class _Plain:
    """The loop that one writes first."""

    def __init__(self, config: RunConfig, batches: PictureBatches, device: torch.device) -> None:
        torch.manual_seed(config.seed)
        self._model = build(config.family, config.model).to(device)
        self._adam = torch.optim.Adam(
            self._model.parameters(),
            lr=config.training.learning_rate,
            betas=(0.9, config.training.adam_beta2),
        )
        self._batches, self._device, self._seed = batches, device, config.seed
        self._step = 0

    def train(self, steps: int) -> None:
        for _ in range(steps):
            images = self._batches.at(self._step).images.contiguous().to(self._device)
            draws = Draws(self._seed, self._step)
            if self._step == 0:
                self._model.begin(images, draws.generator("begin"))
            result = self._model.loss(images, None, draws)
            self._adam.zero_grad()
            result.total.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            self._adam.step()
            figures = self._model.update(result.statistics, self._step, draws.generator("update"))
            _ = [float(value) for value in (*result.terms.values(), *figures.values())]
            self._step += 1
