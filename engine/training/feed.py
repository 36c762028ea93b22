"""Batches, built ahead of time by a thread while the device works on an earlier one."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import torch

from engine.data.batches import Batch, Batches

AHEAD = 2
"""So many batches are under way."""


class Feed:
    """The batches of a run, on its device; `close` ends its thread."""

    def __init__(self, batches: Batches, device: torch.device) -> None:
        self._batches = batches
        self._device = device
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._coming: dict[int, Future[Batch]] = {}

    def at(self, step: int) -> Batch:
        """The batch of a step. Raises what reading its pictures raises."""
        wanted = range(step, step + AHEAD + 1)
        self._coming = {
            number: self._coming.get(number) or self._thread.submit(self._built, number) for number in wanted
        }
        batch = self._coming.pop(step).result()
        return batch.mapped(lambda tensor: tensor.to(self._device, non_blocking=True))

    def close(self) -> None:
        """Drop what is under way and wait for the thread to end."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _built(self, step: int) -> Batch:
        batch = self._batches.at(step)
        if self._device.type != "cuda":
            return batch
        # From page-locked memory the copy runs beside the computation.
        return batch.mapped(lambda tensor: tensor.pin_memory())
