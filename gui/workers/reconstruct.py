"""Pictures of a model's own data and what it makes of them, off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.checkpoint import ModelCard
from gui.workers.job import Ticket
from gui.workers.preload import preload_torch


@dataclass(frozen=True, slots=True, eq=False)
class Reconstructions:
    """Originals and reconstructions, uint8 `(n, H, W, C)`."""

    originals: NDArray[np.uint8]
    decoded: NDArray[np.uint8]


def reconstruct(card: ModelCard, ticket: Ticket) -> Reconstructions:
    """Of the validation split of the model's data; raises `ModelFault` or `DataFault`."""
    ticket.raise_if_cancelled()
    preload_torch()
    from engine.analysis.own_data import reconstruct_own_data

    return Reconstructions(*reconstruct_own_data(card))
