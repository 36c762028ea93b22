"""`codes.npz` of a run: how alive each code is, for whoever watches a discrete model train."""

from __future__ import annotations

import io

import numpy as np

from engine.models.base import DiscreteAutoencoder


def codes_file(model: DiscreteAutoencoder, step: int) -> bytes:
    """Per level `use_0` (K,) float32, shares of the tokens, and `restarted_0` (K,) int64; `step` int64."""
    arrays = {"step": np.array(step, np.int64)}
    for level in range(len(model.levels)):
        use, restarted = model.code_life(level)
        arrays[f"use_{level}"] = use.cpu().numpy().astype(np.float32)
        arrays[f"restarted_{level}"] = restarted.cpu().numpy().astype(np.int64)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
