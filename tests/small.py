"""Small models that are built in milliseconds, for tests that need the real thing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import torch

import engine
from engine.analysis.usage import code_statistics
from engine.checkpoint import (
    PriorDescription,
    read_description,
    read_tensors,
    statistics_tensors,
    tensors_id,
    write_model,
)
from engine.data.source import Pictures
from engine.models.base import DiscreteAutoencoder
from engine.models.vae import VAE, VAEConfig
from engine.models.vqvae import VQVAE, VQVAEConfig
from engine.models.vqvae2 import VQVAE2, VQVAE2Config
from engine.priors.hierarchical import HierarchicalPrior
from engine.priors.pixelcnn import PriorConfig
from engine.training.snapshot import describe, model_tensors


def small_config(**changes: object) -> VQVAEConfig:
    sizes = {"image_size": 16, "codes": 24, "code_dim": 6, "hidden": 16, "residual_hidden": 8}
    return VQVAEConfig(**{**sizes, **changes})  # type: ignore[arg-type]


def small_model(**changes: object) -> VQVAE:
    """Untrained, seeded, in eval mode, its codes on encodings so that all of them get used."""
    torch.manual_seed(3)
    model = VQVAE(small_config(**changes))
    generator = torch.Generator().manual_seed(3)
    model.begin(torch.rand(8, model.config.channels, 16, 16, generator=generator), generator)
    return model.eval().requires_grad_(False)


def small_two_level_config(**changes: object) -> VQVAE2Config:
    sizes = {"image_size": 16, "codes": 24, "code_dim": 6, "hidden": 16, "residual_hidden": 8}
    return VQVAE2Config(**{**sizes, "residual_blocks": 1, **changes})  # type: ignore[arg-type]


def small_two_level_model(**changes: object) -> VQVAE2:
    """As `small_model`, with levels of stride 8 and 4."""
    torch.manual_seed(3)
    model = VQVAE2(small_two_level_config(**changes))
    for parameter in model.parameters():
        if parameter.ndim == 4:  # untrained layers let next to nothing of the coarse level through
            torch.nn.init.kaiming_normal_(parameter)
    generator = torch.Generator().manual_seed(3)
    model.begin(torch.rand(8, model.config.channels, 16, 16, generator=generator), generator)
    return model.eval().requires_grad_(False)


def small_pictures(count: int = 40, size: int = 16, channels: int = 3) -> Pictures:
    """Random blobs of colour with two labels; every tenth is test, every tenth valid."""
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 256, (count, 4, 4, channels), dtype=np.uint8)
    images = coarse.repeat(size // 4, axis=1).repeat(size // 4, axis=2)
    splits = np.array([{0: "test", 1: "valid"}.get(index % 10, "train") for index in range(count)])
    return Pictures(
        images=images,
        names=tuple(f"blob-{index}" for index in range(count)),
        labels=np.arange(count, dtype=np.int64) % 2,
        label_names=("even", "odd"),
        split_of=splits,
        data_name="blobs",
    )


def write_small_model(path: Path, with_statistics: bool = True, **changes: object) -> Path:
    """A complete model file."""
    return _write(path, small_model(**changes), with_statistics)


def write_small_two_level_model(path: Path, with_statistics: bool = True, **changes: object) -> Path:
    """A complete model file with levels of stride 8 and 4."""
    return _write(path, small_two_level_model(**changes), with_statistics)


def write_small_vector_model(path: Path) -> Path:
    """A complete model file of a VAE."""
    torch.manual_seed(3)
    model = VAE(VAEConfig(image_size=16, latent_dim=4, width=8)).eval()
    write_model(path, model_tensors(model), describe(model, small_pictures(), {"seed": 3}, {}, {}))
    return path


def _write(path: Path, model: DiscreteAutoencoder, with_statistics: bool) -> Path:
    pictures = small_pictures(channels=model.config.channels)
    statistics = code_statistics(model, pictures.split("train")) if with_statistics else ()
    description = describe(model, pictures, recipe={"seed": 3}, training={}, metrics={"valid_psnr": 12.0})
    write_model(path, {**model_tensors(model), **statistics_tensors(statistics)}, description)
    return path


def small_prior_config(**changes: object) -> PriorConfig:
    sizes = {"channels": 8, "layers": 3, "first_kernel": 3, "head": 8, "context": 8, "context_blocks": 1}
    return PriorConfig(**{**sizes, **changes})  # type: ignore[arg-type]


def small_priors(model: DiscreteAutoencoder, **changes: object) -> HierarchicalPrior:
    """Untrained, seeded, in eval mode."""
    torch.manual_seed(4)
    return HierarchicalPrior(small_prior_config(**changes), model.levels).eval().requires_grad_(False)


def write_small_priors(path: Path, model_file: Path, **changes: object) -> Path:
    """The model of a file with priors that two labels condition."""
    description = read_description(model_file)
    priors = small_priors(engine.load(model_file), **{"labels": 2, **changes})
    tensors = model_tensors(priors)
    described = PriorDescription(
        config=msgspec.to_builtins(priors.config),
        model_id=description.model_id,
        prior_id=tensors_id(tensors, "prior."),
        data="blobs",
        labels=["even", "odd"][: priors.label_count],
        metrics={"valid_bits": 4.5},
    )
    kept = {name: t for name, t in read_tensors(model_file, "").items() if not name.startswith("prior.")}
    write_model(path, {**kept, **tensors}, msgspec.structs.replace(description, prior=described))
    return path
