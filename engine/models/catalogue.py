"""What there is to open: the built-in models and the runs at hand, and what one says of itself. No torch."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import msgspec

from engine.checkpoint import ModelCard, PriorDescription, read_card
from engine.errors import ModelFault, ModelNotFound
from engine.models.registry import builtin_models, find_model


def list_models(runs: Path = Path("runs")) -> list[dict[str, Any]]:
    """Built-in models, then the runs in the folder `runs`, each with name, family, sizes and data."""
    rows = [_row(name, path, builtin=True) for name, path in builtin_models().items()]
    for folder in sorted(runs.iterdir()) if runs.is_dir() else []:
        with contextlib.suppress(ModelNotFound):  # no run, or one that has not saved anything yet
            if folder.is_dir():
                rows.append(_row(folder.name, find_model(folder), builtin=False))
    return rows


def describe_card(card: ModelCard) -> dict[str, Any]:
    """Everything a model says of itself; `bytes` of a folder are those of the files in it."""
    return {
        "name": card.name,
        "path": str(card.path),
        "family": card.family,
        "data": card.data,
        "labels": list(card.labels),
        "image_size": card.image_size,
        "channels": card.channels,
        "levels": [{"stride_px": v.stride_px, "codes": v.codes, "dim": v.dim} for v in card.levels],
        "latent_dim": card.latent_dim or None,
        "label_count": card.label_count or None,
        "receptive_margin": card.receptive_margin,
        "encode_margin": card.encode_margin,
        "parameters": card.parameters,
        "bytes": _bytes(card.path),
        "model_id": card.model_id,
        "config": card.config,
        "recipe": card.recipe,
        "training": card.training,
        "metrics": card.metrics,
        "prior": None if card.prior is None else _prior(card, card.prior),
    }


def _prior(card: ModelCard, prior: PriorDescription) -> dict[str, Any]:
    return {"parameters": card.prior_parameters, **msgspec.to_builtins(prior)}


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


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
