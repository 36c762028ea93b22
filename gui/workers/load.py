"""Opening models off the GUI thread: torch is imported here, seconds after the window shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.analysis.statistics import LevelStatistics
from engine.checkpoint import ModelCard
from engine.decoding.decoder import Decoder
from gui.workers.job import Ticket
from gui.workers.preload import preload_torch

_WARM_UP_CELLS = 16


@dataclass(frozen=True, slots=True)
class ModelLibrary:
    """How models are found and opened; all but `decoder` are quick and import no torch.

    `find`, `card`, `statistics` and `decoder` raise `CodebrushError`s.
    """

    builtin: Callable[[], Mapping[str, Path]]
    find: Callable[[str | Path], Path]
    card: Callable[[Path], ModelCard]
    statistics: Callable[[Path], tuple[LevelStatistics, ...]]
    decoder: Callable[[Path], Decoder]
    runs: Callable[[], Mapping[str, Path]] = dict


def program_library() -> ModelLibrary:
    """The models that come with the program, and those in files."""
    from engine.models.registry import builtin_models
    from exporters.open import find_openable, open_card, open_statistics

    return ModelLibrary(builtin_models, find_openable, open_card, open_statistics, _open_decoder)


def load_decoder(library: ModelLibrary, path: Path, ticket: Ticket) -> Decoder:
    """The decoder, warmed up: the first decode sets up kernels, which no stroke should wait for."""
    ticket.raise_if_cancelled()
    decoder = library.decoder(path)
    ticket.raise_if_cancelled()
    coarsest = decoder.levels[0].stride_px
    sides = [_WARM_UP_CELLS * coarsest // level.stride_px for level in decoder.levels]
    decoder.decode([np.zeros((1, side, side), dtype=np.int64) for side in sides])
    return decoder


def _open_decoder(path: Path) -> Decoder:
    from exporters.open import open_decoder

    if path.is_file():  # a folder is an export, which needs no torch
        preload_torch()
    return open_decoder(path)
