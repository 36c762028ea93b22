"""Several processes training one model: those that `torchrun` starts, on one machine or more.

Each takes its rows of every batch; gradients, terms and what the codebooks saw are added up over all of
them, so all hold the same weights at every step. Process 0 leads: it alone reads and writes the run,
validates, and says how many steps to take before it is asked again. The others heed no signal and no
clock. Nothing that crosses between processes is pickled.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from inspect import signature
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from engine.errors import OptionFault, TrainingFault

AGREE_EVERY_S = 0.25
MOST_STEPS = 1000
_LONGEST_WAIT = timedelta(days=20)
"""The others wait while the first one validates, saves or pauses; a process that dies is noticed at once."""


@dataclass(frozen=True, slots=True)
class Processes:
    """This process (`rank`) among all (`ranks`), and on its machine (`local_rank` among `local_ranks`)."""

    rank: int = 0
    ranks: int = 1
    local_rank: int = 0
    local_ranks: int = 1

    @property
    def leads(self) -> bool:
        """Whether this one decides and writes."""
        return self.rank == 0

    def device(self, chosen: torch.device) -> torch.device:
        """The device of this process: one GPU each. Raises `OptionFault` where there are fewer."""
        if chosen.type != "cuda" or chosen.index is not None or self.ranks == 1:
            return chosen
        if self.local_ranks > (count := torch.cuda.device_count()):
            raise OptionFault(
                f"{self.local_ranks} processes on a machine with {count} GPUs: "
                f"use --nproc-per-node {count}, or --device cpu"
            )
        return torch.device("cuda", self.local_rank)

    def part_of(self, batch_size: int) -> int:
        """This process's share of a batch. Raises `OptionFault` where there is no equal one."""
        if batch_size % self.ranks:
            raise OptionFault(
                f"--batch-size {batch_size} cannot be shared by {self.ranks} processes: "
                f"use a multiple of {self.ranks}"
            )
        return batch_size // self.ranks

    def threads(self, available: int) -> int:
        """Threads of each process, where one machine's processors serve several."""
        if self.ranks == 1:
            return available
        # torchrun sets OMP_NUM_THREADS to 1, which says nothing of the machine.
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return max(1, (processors or 1) // self.local_ranks)

    def wrapped(self, module: nn.Module, device: torch.device) -> nn.Module:
        """`module` with gradients averaged over all processes in `backward`."""
        if self.ranks == 1:
            return module
        devices = [device] if device.type == "cuda" else None
        ddp = nn.parallel.DistributedDataParallel
        # Codebooks are buffers that every process updates in the same way: there is nothing to send.
        new_name = "forward_sync_buffers" in signature(ddp.__init__).parameters  # torch 2.13
        sends_none: dict[str, Any] = {"forward_sync_buffers" if new_name else "broadcast_buffers": False}
        return ddp(module, device_ids=devices, gradient_as_bucket_view=True, **sends_none)

    def add(self, tensor: Tensor) -> Tensor:
        """The sum over all processes, the same in each to the bit."""
        if self.ranks == 1:
            return tensor
        summed = tensor.contiguous().clone()
        dist.all_reduce(summed)
        return summed

    def gather(self, tensor: Tensor) -> Tensor:
        """The rows of all processes below one another: (N, ...) -> (ranks * N, ...)."""
        if self.ranks == 1:
            return tensor
        own = tensor.contiguous()
        rows = own.new_empty(self.ranks * len(own), *own.shape[1:])
        dist.all_gather(list(rows.chunk(self.ranks)), own)
        return rows

    def share(self, content: bytes | None) -> bytes:
        """What the leading process gives, in each of them; the others give None."""
        if self.ranks == 1:
            assert content is not None
            return content
        (length,) = self.share_numbers([0 if content is None else len(content)])
        data = torch.zeros(length, dtype=torch.uint8)
        if content:
            data = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        if length:
            dist.broadcast(data, src=0)
        return data.numpy().tobytes()

    def share_numbers(self, numbers: list[int]) -> list[int]:
        """The leading process's whole numbers, in each of them."""
        if self.ranks == 1:
            return numbers
        tensor = torch.tensor(numbers, dtype=torch.int64)
        dist.broadcast(tensor, src=0)
        return tensor.tolist()

    def wait_for_all(self) -> None:
        """Return when all processes have come here."""
        self.add(torch.zeros(1))

    @contextmanager
    def first_on_machine(self) -> Iterator[None]:
        """The block is run by the first process of each machine, then by the others."""
        if self.local_rank:
            self.wait_for_all()
        yield
        if not self.local_rank:
            self.wait_for_all()


ALONE = Processes()


@contextmanager
def joined() -> Iterator[Processes]:
    """The processes that `torchrun` has started, this one among them; `ALONE` without it.

    Raises `TrainingFault` in the block where another of them ended.
    """
    if not is_started_by_torchrun():
        yield ALONE
        return
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, timeout=_LONGEST_WAIT)
    local = (int(os.environ.get(name, given)) for name, given in (("LOCAL_RANK", 0), ("LOCAL_WORLD_SIZE", 1)))
    processes = Processes(dist.get_rank(), dist.get_world_size(), *local)
    try:
        yield processes
    except (RuntimeError, dist.DistError) as error:
        if not _is_lost_connection(error):
            raise
        raise TrainingFault(
            f"another of the {processes.ranks} processes has ended, so process {processes.rank} ends too: "
            "see its message; --resume goes on from the newest snapshot"
        ) from error
    finally:
        dist.destroy_process_group()


def is_started_by_torchrun() -> bool:
    """Whether this process is one of several, by the names that torchrun leaves in the environment."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ and "MASTER_ADDR" in os.environ


def _is_lost_connection(error: Exception) -> bool:
    told = str(error).lower()
    return any(words in told for words in ("connection", "gloo", "nccl", "socket", "peer", "store"))


@dataclass(slots=True)
class Orders:
    """How many steps to take before the leading process is asked again: about a quarter of a second's."""

    processes: Processes
    _steps: int = 1
    _left: int = 0
    _given_at: float = 0.0

    @property
    def are_done(self) -> bool:
        """Whether the next step needs an order: always so where there is but one process."""
        return self._left == 0

    def give(self, most: int, total_steps: int | None) -> None:
        """Order some steps, `most` at most; 0 ends it."""
        self._adapt()
        self._left = min(self._steps, most) if self.processes.ranks > 1 else min(1, most)
        self.processes.share_numbers([self._left, -1 if total_steps is None else total_steps])

    def take(self) -> tuple[int, int | None]:
        """The steps ordered and the run's total, in a process that does not lead."""
        steps, total = self.processes.share_numbers([0, 0])
        return steps, None if total < 0 else total

    def count_one(self) -> None:
        """A step has been taken."""
        self._left -= 1

    def _adapt(self) -> None:
        now = time.monotonic()
        took, self._given_at = now - self._given_at, now
        if took < AGREE_EVERY_S / 2:
            self._steps = min(2 * self._steps, MOST_STEPS)
        elif took > 2 * AGREE_EVERY_S:
            self._steps = max(self._steps // 2, 1)
