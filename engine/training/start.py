"""Starting and resuming a run: what `main.py train` calls."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from engine.data.open import data_place, natural_shape, open_data
from engine.data.source import Pictures
from engine.errors import DataFault, OptionFault
from engine.models.registry import model_place
from engine.progress import Progress
from engine.training.config import (
    Length,
    PriorOf,
    RunConfig,
    model_config,
    parse_prior_settings,
    parse_settings,
)
from engine.training.events import Event
from engine.training.presets import Preset, model_for_priors, preset_named, presets, prior_presets
from engine.training.resume import refuse_conflicts, refuse_unbuildable
from engine.training.run import Run
from engine.training.warm_start import starting_model, starting_priors

if TYPE_CHECKING:
    import torch

    from engine.priors.pixelcnn import PriorConfig
    from engine.training.loop import Trainer
    from engine.training.processes import Processes
    from engine.training.stage import Stage

DEFAULT_MINUTES = 10.0
"""How long to train where nothing is said of it."""


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What `train` or `train-prior` was asked for; None is not given.

    `family` is that of a new autoencoder; where it `trains_priors`, they are `prior_of` a model.

    With `resume` all but `stop_after` and `device` comes from the run, and what is given must agree with it.
    `asked_at` is the `time.monotonic()` from which minutes count.
    """

    out: Path
    resume: bool = False
    family: str | None = None
    trains_priors: bool = False
    prior_of: str | None = None
    start_from: str | None = None
    data: str | None = None
    length: Length | None = None
    preset: str | None = None
    batch_size: int | None = None
    seed: int | None = None
    device: str | None = None
    settings: Sequence[str] = ()
    stop_after: int | None = None
    threads: int | None = None
    asked_at: float | None = None


def train(
    request: TrainRequest,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Progress | None = None,
) -> Iterator[Event]:
    """Train and yield what happens; nothing where it was asked to stop before it began.

    Started by torchrun, only the leading one of the processes yields anything.

    Raises a `CodebrushError` for all that a user can cause. A failure is also the run's last event, so
    that whoever follows the file learns of it.
    """
    from engine.training.processes import joined

    with joined() as processes, contextlib.suppress(_StoppedError):
        session = _Session(request, should_stop, progress, processes)
        if not processes.leads:
            session.go_along()
        else:
            yield from session.go_on() if request.resume else session.begin()


class _StoppedError(Exception):
    """Asked to stop while pictures were being read: nothing has begun that could be saved."""


class _Session:
    """One call of `train`."""

    def __init__(
        self,
        request: TrainRequest,
        should_stop: Callable[[], bool],
        progress: Progress | None,
        processes: Processes,
    ) -> None:
        self._request = request
        self._should_stop = should_stop
        self._progress = progress
        self._processes = processes
        self._run = Run(request.out)

    def begin(self) -> Iterator[Event]:
        """A new run."""
        self._run.refuse_used()  # before a large data set is read
        trainer = self._trainer(_new_config(self._request, self._processes))
        trainer.refuse_unfitting_start()  # before there is a run that could not go on
        with self._run.held():
            self._run.create(trainer.config)
            yield from self._events(trainer)

    def go_on(self) -> Iterator[Event]:
        """The run that is there."""
        self._run.read_config()  # no lock is left behind where there is no run
        with self._run.held():
            config = self._run.read_config()
            refuse_unbuildable(self._run, config)
            refuse_conflicts(self._request, config)
            trainer = self._trainer(config)
            self._run.sweep()
            trainer.resume()
            yield from self._events(trainer)

    def go_along(self) -> None:
        """What the leading process does, without deciding or writing anything."""
        from engine.training.along import train_along

        config = msgspec.json.decode(self._processes.share(None), type=RunConfig)
        labelled, stage, device = self._staged(config)
        train_along(labelled, stage, device, self._processes)

    def _events(self, trainer: Trainer) -> Iterator[Event]:
        try:
            yield from trainer.events(self._request.stop_after, self._should_stop, self._tell)
        except Exception as error:
            trainer.fail(str(error) or type(error).__name__)
            raise

    def _trainer(self, config: RunConfig) -> Trainer:
        from engine.training.loop import Trainer

        self._processes.share(msgspec.json.encode(config))
        labelled, stage, device = self._staged(config)
        return Trainer(self._run, labelled, stage, device, self._request.asked_at, self._processes)

    def _staged(self, config: RunConfig) -> tuple[RunConfig, Stage, torch.device]:
        """The config with what the data says, what it asks to be trained, and where."""
        from engine.device import pick_device, prepare
        from engine.training.stage import stage_of

        device = self._processes.device(pick_device(self._request.device or config.device))
        prepare(device, config.threads)
        # One of them decodes the pictures of a machine, the others find them decoded.
        with self._processes.first_on_machine():
            pictures = _open(config, self._tell_or_stop)
            if not self._request.resume:  # a run that has begun goes on as it was
                _refuse_idle_balance(config, pictures)
            labelled = with_labels(config, pictures)
            return labelled, stage_of(self._run, labelled, pictures, device, self._tell_or_stop), device

    def _tell(self, what: str, part: float) -> None:
        if self._progress is not None:
            self._progress(what, part)

    def _tell_or_stop(self, what: str, part: float) -> None:
        if self._should_stop():
            raise _StoppedError
        self._tell(what, part)


def _new_config(request: TrainRequest, processes: Processes) -> RunConfig:
    if request.trains_priors:
        return _new_prior_config(request, processes)
    family, given, start = request.family, None, None
    if request.start_from is not None:
        card, start = starting_model(request.start_from, family)
        family, given = card.family, card.config
    if family is None or request.data is None:
        raise OptionFault(
            "train needs --model and --data; --start-from can stand for --model, --resume with --out for both"
        )
    shape = natural_shape(request.data)
    length, settings = _length_and_settings(request, presets(family, shape, given))
    model, training, augmentation = parse_settings(family, settings, request.batch_size, shape, given)
    return RunConfig(
        family=family,
        model=msgspec.to_builtins(model),
        training=training,
        augmentation=augmentation,
        data=data_place(request.data),
        seed=request.seed or 0,
        device=request.device,
        threads=_threads(request, processes),
        length=length,
        preset=request.preset,
        total_steps=length.steps,
        start_from=start,
    )


def _new_prior_config(request: TrainRequest, processes: Processes) -> RunConfig:
    name = request.prior_of
    if name is None or request.data is None:
        raise OptionFault("train-prior needs MODEL and --data (or --resume with the --out of an earlier run)")
    card = model_for_priors(name)
    length, settings = _length_and_settings(request, prior_presets(card.image_size))
    given, start = (None, None) if request.start_from is None else starting_priors(request.start_from)
    prior, training, augmentation, variations = parse_prior_settings(settings, request.batch_size, given)
    _check_learning(prior, given, len(card.levels))
    return RunConfig(
        family=card.family,
        model=card.config,
        training=training,
        augmentation=augmentation,
        data=data_place(request.data),
        seed=request.seed or 0,
        device=request.device,
        threads=_threads(request, processes),
        length=length,
        preset=request.preset,
        total_steps=length.steps,
        prior=PriorOf(
            model=model_place(name), name=card.name, model_id=card.model_id, config=msgspec.to_builtins(prior)
        ),
        start_from=start,
        variations=variations,
    )


def _check_learning(prior: PriorConfig, given: Mapping[str, Any] | None, levels: int) -> None:
    """Raise `OptionFault` where what does not learn would stay as random numbers left it."""
    if prior.learn == "all":
        return
    if levels == 1:
        raise OptionFault(f"option learn: {prior.learn} is for models with several levels of codes")
    if given is None:
        raise OptionFault(f"option learn: {prior.learn} needs --start-from, for the levels that do not learn")
    layouts = [(of.get("layout", 0), of.get("layout_block", 2)) for of in (given, msgspec.to_builtins(prior))]
    if prior.learn == "finest" and layouts[1][0] and layouts[0] != layouts[1]:
        raise OptionFault("option learn: finest leaves the layout as it begins, and this one would be new")


def _length_and_settings(request: TrainRequest, offered: Sequence[Preset]) -> tuple[Length, tuple[str, ...]]:
    """Those of the preset asked for; what is said beside it wins."""
    length, settings = request.length or Length(minutes=DEFAULT_MINUTES), tuple(request.settings)
    if request.preset is None:
        return length, settings
    preset = preset_named(request.preset, offered)
    return request.length or Length(steps=preset.steps), (*preset.settings, *settings)


def _threads(request: TrainRequest, processes: Processes) -> int:
    import torch

    return request.threads or processes.threads(torch.get_num_threads())


def _open(config: RunConfig, progress: Progress) -> Pictures:
    model = model_config(config.family, config.model)
    pictures = open_data(config.data, model.image_size, model.channels, progress)
    if not len(pictures.split("train")):
        raise DataFault(f"{config.data}: its train split is empty ({len(pictures)} pictures in all)")
    return pictures.binarised() if getattr(model, "binarise", None) == "static" else pictures


def _refuse_idle_balance(config: RunConfig, pictures: Pictures) -> None:
    """Raise `OptionFault` where labels are to be balanced and there are no two."""
    balance = config.augmentation.label_balance
    if balance and len(pictures.label_names) < 2:
        raise OptionFault(f"label_balance={balance:g}: {config.data} has no two labels; leave the option out")


def with_labels(config: RunConfig, pictures: Pictures) -> RunConfig:
    """`config` with the number of labels that the pictures have, for a model that is told them.

    Raises `DataFault` where they have none, `OptionFault` where another number was asked for.
    """
    if config.prior is not None:
        return msgspec.structs.replace(config, prior=_prior_with_labels(config, config.prior, pictures))
    asked = getattr(model_config(config.family, config.model), "labels", None)
    if asked is None:
        return config
    has = len(pictures.label_names)
    if has < 2:
        raise DataFault(
            f"{config.data}: has no two labels, which {config.family} learns from: sort the pictures into "
            "sub-folders, one per label"
        )
    _refuse_other_number(config, asked, has)
    return msgspec.structs.replace(config, model={**config.model, "labels": has})


def _prior_with_labels(config: RunConfig, prior: PriorOf, pictures: Pictures) -> PriorOf:
    """Of pictures that all have one label, or none, priors are told none."""
    asked, has = prior.config["labels"], len(pictures.label_names)
    if has < 2:
        has = 0
    _refuse_other_number(config, asked, has)
    return msgspec.structs.replace(prior, config={**prior.config, "labels": has})


def _refuse_other_number(config: RunConfig, asked: int, has: int) -> None:
    if config.start_from is not None and asked != has:
        name = config.start_from.name
        raise OptionFault(f"--start-from {name}: it knows {asked} labels, {config.data} has {has}")
    if asked not in (0, has):
        raise OptionFault(f"labels={asked}: {config.data} has {has} labels; leave the option out")
