"""Codebrush's engine: models, codes, data and training. PyTorch and NumPy, no Qt; usable from a notebook.

`engine.load("emoji-vqvae")` gives a model; its `encode_codes(images)` and `decode_codes(codes)` do the rest.
"""

from __future__ import annotations

from typing import Any

__all__ = ["load"]


def __getattr__(name: str) -> Any:
    # PEP 562: torch takes two seconds to import, and the window shows itself before that.
    if name == "load":
        from engine.models.registry import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
