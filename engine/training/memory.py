"""Memory: what training holds, and running out of it, in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from engine.errors import TrainingFault


@contextmanager
def enough_memory(batch_size: int) -> Iterator[None]:
    """Raise `TrainingFault` where torch finds too little memory for a batch."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # CUDA has a type of its own for this, the CPU's allocator only these words.
        told = str(error).lower()
        if not isinstance(error, MemoryError) and not any(
            words in told for words in ("out of memory", "can't allocate memory")
        ):
            raise
        raise TrainingFault(
            f"not enough memory for batches of {batch_size}: use a smaller --batch-size"
        ) from error


def memory_mb(device: torch.device) -> float | None:
    """Megabytes that this process holds: on the device where it has its own memory, else in the machine's.

    None where the system does not say.
    """
    if device.type == "cuda":
        return torch.cuda.memory_reserved(device) / 1e6
    if device.type == "mps":
        return torch.mps.driver_allocated_memory() / 1e6
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
