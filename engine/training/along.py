"""A process that trains along with the leading one: the same steps on its own part of every batch."""

from __future__ import annotations

import contextlib

import msgspec
from safetensors.numpy import load

from engine.data.batches import Batches
from engine.data.source import Pictures
from engine.device import pick_device, prepare
from engine.training.config import RunConfig
from engine.training.feed import Feed
from engine.training.learner import Learner
from engine.training.processes import Orders, Processes


def train_along(config: RunConfig, pictures: Pictures, device: str | None, processes: Processes) -> None:
    """Take steps as ordered until there are none. Writes nothing, validates nothing."""
    own = processes.device(pick_device(device or config.device))
    prepare(own, config.threads)
    learner = Learner(config, own, processes)
    state = processes.share(None)  # of the newest snapshot, where there is one
    step = learner.restore(load(state)) if state else 0
    orders = Orders(processes)
    batches = batches_of_run(config, pictures, processes)
    with contextlib.closing(Feed(batches, own)) as feed:
        if step == 0:
            learner.begin(feed.at(0))
        while (order := orders.take())[0]:
            config = msgspec.structs.replace(config, total_steps=order[1])
            for _ in range(order[0]):
                learner.step(feed.at(step), config, step)
                step += 1


def batches_of_run(config: RunConfig, pictures: Pictures, processes: Processes) -> Batches:
    """This process's rows of the run's batches. Raises `OptionFault` where they cannot be shared equally."""
    size = config.training.batch_size
    processes.part_of(size)
    train = pictures.split("train")
    return Batches(train, size, config.seed, config.augmentation, processes.rank, processes.ranks)
