"""Started by torchrun in the tests: trains families one after the other, and keeps what process 1 holds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from engine.data.source import DataShape
from engine.training import along, loop, processes, start
from engine.training.learner import Learner
from engine.training.start import train
from tests.engine.training.families import request
from tests.small import small_pictures


def main(folder: Path, families: list[str]) -> None:
    """Runs under `folder / family`, the tensors of process 1 in `folder / family.npz`."""
    start.open_data = lambda _name, size, channels, *_: small_pictures(40, size, channels)  # type: ignore[assignment]
    start.natural_shape = lambda _: DataShape(16, 3)
    learners: list[Learner] = []

    def noted(*arguments: object) -> Learner:
        learners.append(Learner(*arguments))  # type: ignore[arg-type]
        return learners[-1]

    loop.Learner = along.Learner = noted  # type: ignore[misc, assignment]
    with processes.joined() as team:

        @contextmanager
        def once() -> Iterator[processes.Processes]:
            yield team

        processes.joined = once
        for family in families:
            for _ in train(request(folder / family, family, "precision=float32")):
                pass
            if team.rank == 1:
                np.savez(folder / f"{family}.npz", allow_pickle=False, **learners[-1].tensors(12))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
