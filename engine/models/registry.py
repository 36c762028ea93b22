"""Which families there are (one line each), which models are built in, and opening one by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from engine.errors import ModelFault, ModelNotFound, OptionFault

if TYPE_CHECKING:
    from engine.checkpoint import ModelCard
    from engine.models.base import Autoencoder, ModelConfig

BUILTIN_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "models"


@dataclass(frozen=True, slots=True)
class Family:
    """Where a family's classes are: named, not imported, since torch takes two seconds to load."""

    module: str
    model: str
    config: str
    discrete: bool  # its latents are grids of codes

    def model_class(self) -> type[Autoencoder]:
        return getattr(import_module(self.module), self.model)  # type: ignore[no-any-return]

    def config_class(self) -> type[ModelConfig]:
        return getattr(import_module(self.module), self.config)  # type: ignore[no-any-return]


FAMILIES: Mapping[str, Family] = {
    "ae": Family("engine.models.ae", "AE", "AEConfig", discrete=False),
    "vae": Family("engine.models.vae", "VAE", "VAEConfig", discrete=False),
    "cvae": Family("engine.models.cvae", "CVAE", "CVAEConfig", discrete=False),
    "vqvae": Family("engine.models.vqvae", "VQVAE", "VQVAEConfig", discrete=True),
    "vqvae2": Family("engine.models.vqvae2", "VQVAE2", "VQVAE2Config", discrete=True),
}


def family_named(name: str) -> Family:
    """The family; raises `OptionFault` naming those there are."""
    if name not in FAMILIES:
        raise OptionFault(f"model family {name!r} does not exist: use {', '.join(sorted(FAMILIES))}")
    return FAMILIES[name]


def builtin_models() -> dict[str, Path]:
    """Built-in models by name."""
    return {path.stem: path for path in sorted(BUILTIN_FOLDER.glob("*.safetensors"))}


def find_model(name: str | Path) -> Path:
    """The model file behind a built-in name, a `.safetensors` file or a run folder (its best, else its last).

    Raises `ModelNotFound`.
    """
    builtin = builtin_models()
    if str(name) in builtin:
        return builtin[str(name)]
    path = _expanded(name)
    if path.is_dir():
        for candidate in (path / "model.safetensors", path / "last" / "weights.safetensors"):
            if candidate.is_file():
                return candidate
        if (path / "manifest.json").is_file():
            raise weightless(path)
        raise ModelNotFound(f"{path}: this folder holds no model (no model.safetensors in it)")
    if path.is_file():
        return path
    raise ModelNotFound(f"model {str(name)!r}: neither built in ({', '.join(builtin) or 'none'}) nor a file")


def weightless(folder: Path) -> ModelNotFound:
    """Why nothing but painting, encoding and decoding can be done with an exported folder."""
    return ModelNotFound(
        f"{folder}: is an exported folder, with no prior to sample from and no weights to train or measure: "
        "open the model file or run it was made of"
    )


def model_place(name: str) -> str:
    """What `name` stands for wherever the program is started from: a built-in name, or an absolute path."""
    return name if name in builtin_models() else str(_expanded(name).absolute())


def _expanded(name: str | Path) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # `~nobody`: there is no such user
        return Path(name)


def build(family: str, config: Mapping[str, Any]) -> Autoencoder:
    """An untrained model; raises `OptionFault` for options it does not have or values out of range."""
    entry = family_named(family)
    try:
        parsed = msgspec.convert(dict(config), entry.config_class(), strict=False)
    except msgspec.ValidationError as error:
        raise OptionFault(f"{family}: {error}") from error
    return entry.model_class()(parsed)


def load(name: str | Path, device: str | None = None) -> Autoencoder:
    """A trained model, ready in eval mode on the best device (or the one named).

    Raises `ModelNotFound` or `ModelFault`.
    """
    import torch

    from engine.checkpoint import read_card, read_weights
    from engine.device import pick_device

    path = find_model(name)
    card = read_card(path)
    try:
        with torch.device("meta"):
            model = build(card.family, card.config)
    except OptionFault as error:
        raise ModelFault(path, f"describes a model this program cannot build ({error})") from error
    weights = {key.removeprefix("autoencoder."): value for key, value in read_weights(path).items()}
    expected = {key: tuple(tensor.shape) for key, tensor in model.state_dict().items()}
    if expected != {key: value.shape for key, value in weights.items()}:
        raise ModelFault(path, "its tensors do not fit its configuration")
    if not _agree(card, model):
        raise ModelFault(path, "its description does not fit its configuration")
    model = build(card.family, card.config)
    model.load_state_dict({key: torch.from_numpy(value.copy()) for key, value in weights.items()})
    chosen = pick_device(device)
    if card.prior is not None:
        from engine.priors.opening import load_priors

        load_priors(path, card.prior, model, chosen)
    return model.eval().requires_grad_(False).to(chosen)


def load_with_card(path: Path, device: str | None = None) -> tuple[ModelCard, Autoencoder]:
    """A model and what its file says of it; raises as `load` does.

    Of one and the same file, should the training that writes it replace it meanwhile.
    """
    from engine.checkpoint import read_card

    card, model = read_card(path), load(path, device)
    again = read_card(path)
    if (again.model_id, again.prior) != (card.model_id, card.prior):
        card, model = read_card(path), load(path, device)
    return card, model


def _agree(card: ModelCard, model: Autoencoder) -> bool:
    """Whether what the file says of itself, which nothing else guards, is what its configuration builds."""
    from engine.models.base import DiscreteAutoencoder

    config = model.config
    if (card.image_size, card.channels) != (config.image_size, config.channels):
        return False
    if (card.latent_dim, card.label_count) != (model.latent_dim, model.label_count):
        return False
    if not isinstance(model, DiscreteAutoencoder):
        return card.levels == ()
    said = (card.levels, card.receptive_margin, card.encode_margin)
    return said == (model.levels, model.receptive_margin, model.encode_margin)
