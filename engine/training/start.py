"""Starting and resuming a run: what `main.py train` calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from engine.data.source import Pictures, Progress, open_data
from engine.errors import CodebrushError, DataFault, OptionFault
from engine.training.config import Length, RunConfig, parse_settings
from engine.training.events import Event
from engine.training.run import Run


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What `train` was asked for. With `resume` everything but `out` and `stop_after` comes from the run."""

    out: Path
    resume: bool = False
    family: str | None = None
    data: str | None = None
    length: Length = field(default_factory=lambda: Length(minutes=10.0))
    batch_size: int | None = None
    seed: int = 0
    device: str | None = None
    settings: Sequence[str] = ()
    stop_after: int | None = None
    threads: int | None = None


def train(
    request: TrainRequest,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Progress | None = None,
) -> Iterator[Event]:
    """Train and yield what happens. Raises a `CodebrushError` for all that a user can cause.

    A failure is also the run's last event, so that whoever follows the file learns of it.
    """
    from engine.training.loop import Trainer

    run = Run(request.out)
    config = run.read_config() if request.resume else _new_config(request)
    pictures = _open(config, progress)
    trainer = Trainer(request.out, config, pictures)
    if request.resume:
        trainer.resume()
    else:
        run.create(trainer.config)
    try:
        yield from trainer.events(request.stop_after, should_stop)
    except CodebrushError as error:
        trainer.fail(str(error))
        raise


def _new_config(request: TrainRequest) -> RunConfig:
    if request.family is None or request.data is None:
        raise OptionFault("train needs --model and --data (or --resume with the --out of an earlier run)")
    model, training, augmentation = parse_settings(request.family, request.settings, request.batch_size)
    import torch

    threads = request.threads or torch.get_num_threads()
    return RunConfig(
        family=request.family,
        model=msgspec.to_builtins(model),
        training=training,
        augmentation=augmentation,
        data=request.data,
        seed=request.seed,
        device=request.device,
        threads=threads,
        length=request.length,
        total_steps=request.length.steps,
    )


def _open(config: RunConfig, progress: Progress | None) -> Pictures:
    size, channels = int(config.model["image_size"]), int(config.model["channels"])
    pictures = open_data(config.data, size, channels, progress)
    if not len(pictures.split("train")):
        raise DataFault(f"{config.data}: its train split is empty ({len(pictures)} pictures in all)")
    return pictures
