"""What a new run is asked for, as a form gives it and the command line takes it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from engine.training.shelf import RunCard, RunSettings


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What a new run is asked for: one of `minutes`, `steps`, `epochs`; `settings` are key=value.

    With `prior_of`, a model as the command line takes it, its priors are trained; `family` is then that of
    the model, which a person calls `prior_name`. With `start_from` and `start_name`, likewise, it begins with
    the weights of that model or of its priors.
    """

    name: str
    family: str
    data: str
    steps: int | None = None
    minutes: float | None = None
    epochs: float | None = None
    seed: int = 0
    device: str | None = None
    settings: tuple[str, ...] = ()
    prior_of: str = ""
    prior_name: str = ""
    start_from: str = ""
    start_name: str = ""

    @classmethod
    def again(cls, known: RunSettings, name: str) -> StartRequest:
        """What a run was asked for, under another name."""
        return cls(
            name=name,
            family=known.family,
            data=known.data,
            steps=known.steps,
            minutes=known.minutes,
            epochs=known.epochs,
            seed=known.seed,
            device=known.device,
            settings=known.settings,
            prior_of=known.prior_of,
            prior_name=known.prior_name,
            start_from=known.start_from,
            start_name=known.start_name,
        )

    def arguments(self) -> list[str]:
        """As the command line takes them, the command first."""
        options = {
            "model": None if self.prior_of else self.family,
            "start-from": self.start_from or None,
            "data": self.data,
            "steps": self.steps,
            "minutes": self.minutes,
            "epochs": self.epochs,
            "seed": self.seed,
            "device": self.device,
        }
        what = ["train-prior", self.prior_of] if self.prior_of else ["train"]
        given = [f"--{name}={value}" for name, value in options.items() if value is not None]
        return [*what, *given, *(f"--set={setting}" for setting in self.settings)]

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
            prior_of=self.prior_name,
            start_from=self.start_name,
        )
