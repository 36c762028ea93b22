"""`benchmark papers`: the networks of the papers, trained by these recipes and measured as the papers do.

Statically binarised MNIST and 200 importance samples per test picture. The static draw here is this
project's own (one Bernoulli(grey / 255) draw with seed 0); the files that most papers use are another one.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.analysis.evaluate import evaluate
from engine.errors import OptionFault, RunFault
from engine.progress import Progress, tell_nobody
from engine.training.config import Length
from engine.training.resume import refuse_conflicts
from engine.training.run import Run
from engine.training.start import TrainRequest, train

SAMPLES = 200
RUNS = Path("runs")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A training, as `train` is asked for it."""

    name: str
    family: str
    data: str
    length: Length
    settings: tuple[str, ...]  # key=value
    seed: int = 0
    start_from: str | None = None  # the recipe whose weights it begins with

    @property
    def command(self) -> str:
        """What to type for it; `benchmark papers` does the same."""
        options = " ".join(f"--set {shlex.quote(setting)}" for setting in self.settings)
        start = "" if self.start_from is None else f"--start-from {RUNS / self.start_from} "
        length = f"--epochs {self.length.epochs:g}" if self.length.epochs else f"--steps {self.length.steps}"
        return (
            f"main.py train --model {self.family} {start}--data {self.data} {length} "
            f"--seed {self.seed} --out {RUNS / self.name} {options}"
        )


_STATIC = ("likelihood=bernoulli", "binarise=static", "latent_dim=40", "batch_size=128")
# What is learned by heart costs likelihood: weights decay and are averaged, and the best on the validation
# split is kept, so a training that is too long does no harm.
_REGULARISED = ("weight_decay=0.05", "ema_decay=0.999")
_SHIFTED = (
    "adam_beta2=0.999", "adam_epsilon=0.001", "weight_decay=0.03", "ema_decay=0.999", "crops=0.4",
    "crop_shift=0.04",
)  # fmt: skip

RECIPES = (
    Recipe(
        "papers-mlp", "vae", "mnist", Length(epochs=500),
        (
            *_STATIC, "architecture=mlp", "hidden=400", "layers=1", "learning_rate=0.002", "adam_beta2=0.999",
            *_REGULARISED, "validations=100",
        ),
    ),
    Recipe(
        # By a bound nearer to log p(x). Digits shifted by a pixel are harder to learn by heart.
        "papers-iwae", "vae", "mnist", Length(epochs=320),
        (
            *_STATIC, "architecture=mlp", "hidden=400", "layers=1", "importance_samples=5",
            "learning_rate=0.002", *_SHIFTED, "validations=60",
        ),
    ),
    Recipe(
        # Every draw costs as much time, so few of them do most of the work and many only the rest.
        "papers-iwae-on", "vae", "mnist", Length(steps=12000),
        (
            "likelihood=bernoulli", "binarise=static", "batch_size=128", "importance_samples=20",
            "learning_rate=0.0006", *_SHIFTED, "validations=12",
        ),
        seed=1, start_from="papers-iwae",
    ),
    Recipe(
        "papers-conv", "vae", "mnist", Length(epochs=12),
        # Few channels: bfloat16 gains nothing, and figures do not depend on whether the processor has it.
        (
            *_STATIC, "architecture=conv", "learning_rate=0.002", "precision=float32", *_REGULARISED,
            "validations=20",
        ),
    ),
)  # fmt: skip


def papers(progress: Progress = tell_nobody) -> dict[str, Any]:
    """Train what is not trained yet (hours), evaluate it, and give the figures by recipe.

    Raises what `train` and `evaluate` raise; `RunFault` where a run of the name was trained otherwise.
    """
    return {"samples": SAMPLES, "rows": [_row(recipe, progress) for recipe in RECIPES]}


def _row(recipe: Recipe, progress: Progress) -> dict[str, Any]:
    run = Run(RUNS / recipe.name)
    training_s = _trained(recipe, run, progress)
    figures = evaluate(run.best, recipe.data, "test", None, progress, SAMPLES)
    kept = "nll_nats", "elbo_nats", "reconstruction_nats", "kl_nats", "active_units", "images", "protocol"
    return {
        "name": recipe.name,
        **{key: figures[key] for key in kept},
        "training_s": training_s,
        "evaluation_s": figures["seconds"],
        "command": recipe.command,
    }


def _trained(recipe: Recipe, run: Run, progress: Progress) -> float:
    """Train to the end, from where it stands; the seconds it took in all."""
    request = TrainRequest(
        out=run.folder,
        resume=run.config.exists(),
        family=recipe.family,
        data=recipe.data,
        length=recipe.length,
        seed=recipe.seed,
        settings=recipe.settings,
        start_from=None if recipe.start_from is None else str(RUNS / recipe.start_from),
    )
    if request.resume:
        _refuse_other(run, request)
    seconds = 0.0
    for event in train(request, progress=progress):
        seconds = event.time_s
        if event.event == "step" and event.total_steps:
            progress(f"Training {recipe.name}", event.step / event.total_steps)
    return seconds


def _refuse_other(run: Run, request: TrainRequest) -> None:
    """Figures of other settings than the recipe's are not given for it."""
    try:
        refuse_conflicts(request, run.read_config())
    except OptionFault as error:
        raise RunFault(
            run.folder, f"was not trained by this recipe ({str(error).partition(':')[0]}): rename or move it"
        ) from error
