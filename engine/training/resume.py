"""Going on with a run: its options are its own, whatever is typed beside `--resume`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.data.open import data_place
from engine.errors import OptionFault, RunFault
from engine.models.registry import build, model_place
from engine.training.config import Length, RunConfig, settings_beside
from engine.training.run import Run

if TYPE_CHECKING:
    from engine.training.start import TrainRequest


def refuse_unbuildable(run: Run, config: RunConfig) -> None:
    """Raise `RunFault` where a `config.json` that somebody edited asks for what does not exist."""
    try:
        build(config.family, config.model)
        settings_beside(config, ())
    except OptionFault as error:
        raise RunFault(run.config, f"is damaged ({error})") from error


def refuse_conflicts(request: TrainRequest, config: RunConfig) -> None:
    """Raise `OptionFault` where something else is asked for than what the run was started with.

    A whole command with `--resume` added is welcome. The device may change: machines do.
    """
    for option, given, known in _beside(request, config):
        if given is not None and given != known:
            was = "without it" if known is None else f"with {known}"
            raise OptionFault(
                f"{option} {given}: {request.out} was started {was}; a run goes on with its own options, "
                "leave them out"
            )


def _beside(request: TrainRequest, config: RunConfig) -> list[tuple[str, object, object]]:
    """Each option, what is asked for and what the run has."""
    length = request.length or Length()
    return [
        ("--model", request.family, config.family),
        ("MODEL", request.prior_of and model_place(request.prior_of), config.prior and config.prior.model),
        (
            "--start-from",
            request.start_from and model_place(request.start_from),
            config.start_from and config.start_from.model,
        ),
        ("--data", request.data and data_place(request.data), config.data),
        ("--batch-size", request.batch_size, config.training.batch_size),
        ("--preset", request.preset, config.preset),
        ("--seed", request.seed, config.seed),
        *(
            (f"--{unit}", getattr(length, unit), getattr(config.length, unit))
            for unit in length.__struct_fields__
        ),
        *((f"--set {key}", asked, has) for key, asked, has in settings_beside(config, request.settings)),
    ]
