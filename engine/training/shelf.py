"""The runs on disk, as a list shows them: what each is, how far it came, and housekeeping. No torch here.

`engine.training.config` knows the models and with them torch; a window that only lists runs reads what
it needs of `config.json` by a structure of its own.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from engine.checkpoint import read_card
from engine.errors import CannotWrite, ModelFault, RunFault
from engine.files import reason_of
from engine.training.events import Event
from engine.training.follow import Request, requested
from engine.training.lock import LOCK, held, is_held
from engine.training.names import check_name

RunStatus = Literal["training", "paused", "stopped", "finished", "failed", "interrupted"]
SPARKLINE_POINTS = 48
_TAIL_BYTES = 2**16


@dataclass(frozen=True, slots=True)
class RunCard:
    """A run as it stands."""

    name: str
    folder: Path
    family: str
    data: str
    step: int
    total: int | None  # None until the pace has been measured
    status: RunStatus
    best: Mapping[str, float]  # what the best model so far measured: `valid_psnr`, `valid_elbo`, ...
    started: float  # seconds since the epoch
    sparkline: tuple[float, ...]  # the loss, evenly over the steps so far
    message: str  # the last word of its trainer; "" where it left none
    model: Path | None  # the best model of a finished run, else the newest snapshot
    prior_of: str = ""  # the name of the model whose priors are trained; "" where a model itself is
    start_from: str = ""  # the name of the model whose weights it began with; "" for random ones


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run was asked for, so that another can be asked for the same."""

    family: str
    data: str
    seed: int
    device: str | None
    minutes: float | None
    epochs: float | None
    steps: int | None
    settings: tuple[str, ...]  # key=value
    prior_of: str = ""  # the model whose priors were asked for, as the command line takes it
    prior_name: str = ""  # what a person calls it
    start_from: str = ""  # the model to start from, as the command line takes it; "" for random weights
    start_name: str = ""  # what a person calls it


class _Length(msgspec.Struct):
    minutes: float | None = None
    epochs: float | None = None
    steps: int | None = None


class _Prior(msgspec.Struct):
    model: str = ""
    name: str = ""
    config: dict[str, Any] = {}


class _Start(msgspec.Struct):
    model: str = ""
    name: str = ""


class _Config(msgspec.Struct):
    """The part of `config.json` that needs no model to be understood."""

    family: str
    data: str
    seed: int = 0
    device: str | None = None
    total_steps: int | None = None
    length: _Length = msgspec.field(default_factory=_Length)
    model: dict[str, Any] = {}
    prior: _Prior | None = None
    start_from: _Start | None = None
    training: dict[str, Any] = {}
    augmentation: dict[str, Any] = {}
    variations: dict[str, Any] = {}


class Shelf:
    """Lists runs again and again; what has not changed since the last time is not read again."""

    def __init__(self, folders: Iterable[Path]) -> None:
        """`folders` hold run folders; those that are not there yet are welcome."""
        self._folders = tuple(folders)
        self._known: dict[Path, tuple[object, RunCard]] = {}

    def cards(self) -> tuple[RunCard, ...]:
        """The runs, the newest first."""
        found = {folder: self._card(folder) for folder in _run_folders(self._folders)}
        self._known = {folder: known for folder, known in found.items() if known is not None}
        return tuple(sorted((card for _, card in self._known.values()), key=lambda card: -card.started))

    def _card(self, folder: Path) -> tuple[object, RunCard] | None:
        state = (is_held(folder), requested(folder), *_stamps(folder))
        known = self._known.get(folder)
        if known is not None and known[0] == state:
            return known
        try:
            return state, read_run(folder)
        except RunFault:
            return None


def list_runs(folders: Iterable[Path]) -> tuple[RunCard, ...]:
    """The runs in these folders, the newest first; what is no run this program knows is left out."""
    return Shelf(folders).cards()


def read_run(folder: Path) -> RunCard:
    """One run as it stands; raises `RunFault` where there is none."""
    config = _read_config(folder)
    events = _last_events(folder / "events.jsonl")
    status = run_status(is_held(folder), requested(folder), events[-1] if events else None)
    return RunCard(
        name=folder.name,
        folder=folder,
        family=config.family,
        data=config.data,
        step=events[-1].step if events else 0,
        total=next((e.total_steps for e in reversed(events) if e.total_steps), config.total_steps),
        status=status,
        best=_measured(folder / "model.safetensors", is_prior=config.prior is not None),
        started=_started(folder),
        sparkline=tuple(_sampled_losses(folder / "metrics.jsonl")),
        message=(events[-1].message or "") if events else "",
        model=newest_model(folder, finished=status == "finished"),
        prior_of="" if config.prior is None else config.prior.name,
        start_from="" if config.start_from is None else config.start_from.name,
    )


def run_status(is_training: bool, request: Request | None, last: Event | None) -> RunStatus:
    """Where a run stands, by its lock, by what it was asked and by the last word of its trainer."""
    if is_training:
        return "paused" if request == "pause" else "training"
    if last is None:
        return "interrupted"
    if last.event in ("finished", "failed"):
        return "finished" if last.event == "finished" else "failed"
    # Only with its last snapshot a trainer says how to go on.
    return "stopped" if last.event == "saved" and last.message else "interrupted"


def newest_model(folder: Path, finished: bool) -> Path | None:
    """The best model of a finished run; of others the newest snapshot, else the best so far, else None."""
    best, last = folder / "model.safetensors", folder / "last" / "weights.safetensors"
    return next((path for path in ((best, last) if finished else (last, best)) if path.is_file()), None)


def read_settings(folder: Path) -> RunSettings:
    """What the run was asked for; raises `RunFault`."""
    config = _read_config(folder)
    prior, start = config.prior or _Prior(), config.start_from or _Start()
    settings = tuple(f"{key}={_as_text(value)}" for key, value in _asked(config) if value is not None)
    length = config.length
    return RunSettings(
        config.family,
        config.data,
        config.seed,
        config.device,
        length.minutes,
        length.epochs,
        length.steps,
        settings,
        prior.model,
        prior.name,
        start.model,
        start.name,
    )


def _asked(config: _Config) -> Iterator[tuple[str, Any]]:
    """The options of what the run trains; those of the model that priors are for are not theirs."""
    if config.prior is None:
        yield from (config.model | config.training | config.augmentation).items()
    else:
        yield from (config.prior.config | config.training | config.variations).items()
        yield from ((name, config.augmentation.get(name)) for name in ("flips", "label_balance"))


def rename_run(folder: Path, name: str) -> Path:
    """Give the run another name and return its folder; refused while it is trained or the name is taken.

    Raises `OptionFault`, `RunFault` or `CannotWrite`.
    """
    target = folder.with_name(check_name(name))
    if target == folder:
        return folder
    # A name that differs in case only is the same folder on some systems, and then not taken.
    if target.exists() and not target.samefile(folder):
        raise RunFault(target, "is there already: choose another name")
    _refuse_training(folder)
    try:
        return folder.rename(target)
    except OSError as error:
        raise CannotWrite(folder, f"cannot be renamed ({reason_of(error)})") from error


def delete_run(folder: Path) -> None:
    """Remove the run with all its files; refused while it is trained. Raises `RunFault` or `CannotWrite`."""
    _read_config(folder)  # nothing but runs is removed
    _refuse_training(folder)
    try:
        if folder.is_symlink():
            folder.unlink()
        else:
            shutil.rmtree(folder)
    except OSError as error:
        raise CannotWrite(folder, f"cannot be removed ({reason_of(error)})") from error


def _refuse_training(folder: Path) -> None:
    with held(folder):
        pass


def _run_folders(folders: Sequence[Path]) -> Iterator[Path]:
    """Each run folder once, whichever way its parent was named."""
    seen = set()
    for parent in folders:
        with contextlib.suppress(OSError):
            for folder in sorted(parent.iterdir()):
                place = folder.resolve()
                if place not in seen and (folder / "config.json").is_file():
                    seen.add(place)
                    yield folder.absolute()


def _stamps(folder: Path) -> Iterator[tuple[int, int] | None]:
    """What changes when the files of a run do."""
    for name in ("config.json", "events.jsonl", "model.safetensors", "last/weights.safetensors"):
        try:
            stat = (folder / name).stat()
        except OSError:
            yield None
        else:
            yield stat.st_mtime_ns, stat.st_size


def _started(folder: Path) -> float:
    # The lock's file is made with the run and never written again.
    for name in (LOCK, "config.json"):
        with contextlib.suppress(OSError):
            return (folder / name).stat().st_mtime
    return 0.0


def _measured(best: Path, is_prior: bool) -> dict[str, float]:
    try:
        card = read_card(best)
    except ModelFault:
        return {}
    metrics = card.metrics if not is_prior else {} if card.prior is None else card.prior.metrics
    return {name: float(value) for name, value in metrics.items() if isinstance(value, int | float)}


def _read_config(folder: Path) -> _Config:
    path = folder / "config.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Config)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunFault(folder, "holds no run (no config.json)") from error
    except OSError as error:
        raise RunFault(path, f"cannot be read ({reason_of(error)})") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RunFault(path, f"is damaged or of another version ({error})") from error


def _last_events(path: Path) -> list[Event]:
    """Those at the end of the file, in its order: enough to find the last of each kind."""
    decoder = msgspec.json.Decoder(Event)
    events = []
    for line in _tail(path).splitlines():
        with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
            events.append(decoder.decode(line))
    return events


def _tail(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            return file.read()
    except OSError:
        return b""


def _sampled_losses(path: Path) -> Iterator[float]:
    """The loss at places evenly spread over the file, without reading all of it."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        size, seen = path.stat().st_size, -1
        for number in range(SPARKLINE_POINTS):
            file.seek(max(0, size * number // SPARKLINE_POINTS - 1))
            if number:
                file.readline()  # the rest of the line that the place lies in
            if file.tell() <= seen:
                continue
            seen = file.tell()
            with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
                yield msgspec.json.decode(file.readline(), type=_Loss).loss


class _Loss(msgspec.Struct):
    loss: float


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(_as_text(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value)
