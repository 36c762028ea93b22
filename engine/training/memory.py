"""Running out of memory, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
