"""Beginning with the weights of a trained model instead of random ones: fine-tuning, or training on.

A run that starts so has the architecture of that model, or the same with more codes or fewer; how it learns
is its own. Codebooks go on from where they are, without the data-dependent start and the quick averages of
untrained ones; those of another size are placed on what the trained encoder says of a batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.checkpoint import ModelCard, read_card, read_prior_weights, read_weights
from engine.errors import ModelFault, OptionFault
from engine.models.registry import find_model, model_place
from engine.training.config import StartFrom

if TYPE_CHECKING:
    from engine.models.base import Trainable
    from engine.training.snapshot import Arrays


def starting_model(name: str, family: str | None) -> tuple[ModelCard, StartFrom]:
    """The model to start from and how a run's config names it.

    Raises `OptionFault` where it is of another family than was asked for, `ModelNotFound`, `ModelFault`.
    """
    card = read_card(find_model(name))
    if family not in (None, card.family):
        raise OptionFault(f"--model {family}: {name}, to start from, is of family {card.family}")
    return card, StartFrom(model=model_place(name), name=card.name, weights_id=card.model_id)


def starting_priors(name: str) -> tuple[Mapping[str, Any], StartFrom]:
    """The configuration of the priors to start from and how a run's config names them.

    Which levels learned and how they are stored is not part of it: the next run says so itself.

    Raises `OptionFault` where the model has none, `ModelNotFound`, `ModelFault`.
    """
    card = read_card(find_model(name))
    if card.prior is None:
        raise OptionFault(f"--start-from {name}: has no priors to start from")
    start = StartFrom(model=model_place(name), name=card.name, weights_id=card.prior.prior_id)
    of_the_run = {"learn", "file_precision"}  # dropout and the like go on as they were
    architecture = {name: value for name, value in card.prior.config.items() if name not in of_the_run}
    return architecture, start


def first_weights(start: StartFrom, model: Trainable[Any]) -> Arrays:
    """The tensors that `model` begins with, by their names in the file.

    Those are left out that get a start of their own: codebooks of another size, another layout. Raises
    `OptionFault` where the others do not fit it, `ModelNotFound`, or `ModelFault` where the file no longer
    holds what it did when the run was set up.
    """
    path, is_prior = find_model(start.model), model.file_prefix == "prior."
    if _weights_id(read_card(path), is_prior) != start.weights_id:
        raise ModelFault(path, "is no longer what this run was to start from")
    weights = read_prior_weights(path) if is_prior else read_weights(path)
    prefix = model.file_prefix
    expected = {f"{prefix}{name}": tuple(t.shape) for name, t in model.state_dict().items()}
    fitting = {name: weight for name, weight in weights.items() if expected.get(name) == weight.shape}
    others = (expected.keys() | weights.keys()) - fitting.keys()
    anew = model.begins_anew({name.removeprefix(prefix) for name in others})
    if anew is None:
        raise OptionFault(f"--start-from {start.name}: its weights do not fit the architecture asked for")
    return {name: weight for name, weight in fitting.items() if name.removeprefix(prefix) not in anew}


def _weights_id(card: ModelCard, is_prior: bool) -> str | None:
    if not is_prior:
        return card.model_id
    return None if card.prior is None else card.prior.prior_id
