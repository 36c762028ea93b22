"""What there is to open: the built-in models and the runs at hand, and what one says of itself. No torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.checkpoint import ModelCard, read_card
from engine.errors import ModelFault
from engine.models.registry import builtin_models, find_model


def list_models(runs: Path = Path("runs")) -> list[dict[str, Any]]:
    """Built-in models, then the runs in the folder `runs`, each with name, family, sizes and data."""
    rows = [_row(name, path, builtin=True) for name, path in builtin_models().items()]
    for folder in sorted(runs.iterdir()) if runs.is_dir() else []:
        best = folder / "model.safetensors"
        if best.is_file():
            rows.append(_row(folder.name, best, builtin=False))
    return rows


def describe_model(name: str | Path) -> dict[str, Any]:
    """Everything a model's file says of itself. Raises `ModelNotFound` or `ModelFault`."""
    card = read_card(find_model(name))
    return {
        "name": card.name,
        "path": str(card.path),
        "family": card.family,
        "data": card.data,
        "labels": list(card.labels),
        "image_size": card.image_size,
        "channels": card.channels,
        "levels": [{"stride_px": v.stride_px, "codes": v.codes, "dim": v.dim} for v in card.levels],
        "receptive_margin": card.receptive_margin,
        "encode_margin": card.encode_margin,
        "parameters": card.parameters,
        "bytes": card.path.stat().st_size,
        "model_id": card.model_id,
        "config": card.config,
        "recipe": card.recipe,
        "training": card.training,
        "metrics": card.metrics,
    }


def _row(name: str, path: Path, builtin: bool) -> dict[str, Any]:
    try:
        card: ModelCard = read_card(path)
    except ModelFault as fault:
        # One damaged run must not hide the others.
        return {"name": name, "path": str(path), "builtin": builtin, "fault": fault.fault}
    return {
        "name": name,
        "family": card.family,
        "bytes": path.stat().st_size,
        "image_size": card.image_size,
        "channels": card.channels,
        "data": card.data,
        "path": str(path),
        "builtin": builtin,
    }
