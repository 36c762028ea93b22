"""What a new run is asked for, as a form gives it and the command line takes it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from engine.training.shelf import RunCard


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What a new run is asked for: one of `minutes`, `steps`, `epochs`; `settings` are key=value."""

    name: str
    family: str
    data: str
    steps: int | None = None
    minutes: float | None = None
    epochs: float | None = None
    seed: int = 0
    device: str | None = None
    settings: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """As the command line takes them."""
        options = {
            "model": self.family,
            "data": self.data,
            "steps": self.steps,
            "minutes": self.minutes,
            "epochs": self.epochs,
            "seed": self.seed,
            "device": self.device,
        }
        given = [f"--{name}={value}" for name, value in options.items() if value is not None]
        return given + [f"--set={setting}" for setting in self.settings]

    def card(self, folder: Path) -> RunCard:
        """The run in the list before its trainer has written anything."""
        return RunCard(
            name=folder.name,
            folder=folder,
            family=self.family,
            data=self.data,
            step=0,
            total=self.steps,
            status="training",
            best={},
            started=time.time(),
            sparkline=(),
            message="",
            model=None,
        )
