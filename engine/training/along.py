"""A process that trains along with the leading one: the same steps on its own part of every batch."""

from __future__ import annotations

import contextlib

import msgspec
import torch
from safetensors.numpy import load

from engine.training.config import RunConfig
from engine.training.feed import Feed
from engine.training.learner import Learner
from engine.training.processes import Orders, Processes
from engine.training.stage import Stage


def train_along(config: RunConfig, stage: Stage, device: torch.device, processes: Processes) -> None:
    """Take steps as ordered until there are none. Writes nothing, validates nothing."""
    learner = Learner(config, device, processes, stage.build)
    state = processes.share(None)  # of the newest snapshot, where there is one
    step = learner.restore(load(state)) if state else 0
    orders = Orders(processes)
    with contextlib.closing(Feed(stage.batches(processes), device)) as feed:
        if step == 0:
            learner.begin(feed.at(0))
        while (order := orders.take())[0]:
            config = msgspec.structs.replace(config, total_steps=order[1])
            for _ in range(order[0]):
                learner.step(feed.at(step), config, step)
                step += 1
