"""A tiny model with every part a model file has, and one export of it for all tests that only read."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.analysis.statistics import LevelStatistics
from engine.checkpoint import Description, model_id, statistics_tensors, write_model

CODES = 24
STRIDE = 4


def build_model(path: Path, channels: int = 3, with_statistics: bool = True) -> Path:
    """An untrained VQ-VAE whose codes stand on encodings of pictures, so that all are nearest somewhere."""
    import torch

    from engine.models.registry import build

    torch.manual_seed(3)
    config = {"hidden": 16, "residual_hidden": 8, "codes": CODES, "code_dim": 8, "channels": channels}
    model = build("vqvae", config).eval()
    model.begin(torch.rand(4, channels, 32, 32), torch.Generator().manual_seed(0))
    weights = {f"autoencoder.{name}": value.numpy() for name, value in model.state_dict().items()}
    level = model.levels[0]
    statistics = {}
    if with_statistics:
        vectors = model.codebook(0).numpy()
        statistics = statistics_tensors((some_statistics(vectors, channels),))
    description = Description(
        format=1,
        family="vqvae",
        config=config,
        data="emoji",
        labels=["one", "two"],
        image_size=64,
        channels=channels,
        levels=[(level.stride_px, level.codes, level.dim)],
        receptive_margin=model.receptive_margin,
        encode_margin=model.encode_margin,
        model_id=model_id(weights),
        recipe={"command": "train --out /home/somebody/secret"},
        metrics={"psnr": 12.5},
    )
    write_model(path, {**weights, **statistics}, description)
    return path


def some_statistics(vectors: np.ndarray, channels: int) -> LevelStatistics:
    rng = np.random.default_rng(0)
    k, s, c = len(vectors), STRIDE, channels
    return LevelStatistics(
        use=rng.integers(0, 99, k),
        use_by_label=rng.integers(0, 99, (2, k)),
        swatches=rng.integers(0, 256, (k, s, s, c), dtype=np.uint8),
        fields=rng.integers(0, 256, (k, s, s, c), dtype=np.uint8),
        contexts=rng.integers(0, 256, (k, 3 * s, 3 * s, c), dtype=np.uint8),
        patches=rng.integers(0, 256, (k, 3 * s, 3 * s, c), dtype=np.uint8),
        vectors=vectors,
        followers=np.array([[1, k, 2 * k * k - 1], [5, 9, 1]], np.int32),
    )


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("models") / "tiny.safetensors")


@pytest.fixture(scope="session")
def _exported_once(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from exporters.onnx_graphs import export_model

    folder = tmp_path_factory.mktemp("exports") / "tiny"
    export_model(tiny_model, folder)
    return folder


@pytest.fixture
def exported(_exported_once: Path, tmp_path: Path) -> Path:
    """A fresh copy of the export of `tiny_model`, to be read or spoilt."""
    return Path(shutil.copytree(_exported_once, tmp_path / "tiny export"))
