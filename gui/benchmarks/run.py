"""Which benchmarks there are; `main.py benchmark` runs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from engine.errors import OptionFault


def _paint() -> dict[str, Any]:
    from exporters.open import open_decoder
    from gui.benchmarks.paint import measure_paint

    decoder = open_decoder("emoji-vqvae")
    return {"device": decoder.device, "rows": [asdict(row) for row in measure_paint(decoder)]}


def _startup() -> dict[str, Any]:
    from gui.benchmarks.startup import measure_startup

    return measure_startup()


BENCHMARKS: dict[str, Callable[[], dict[str, Any]]] = {"paint": _paint, "startup": _startup}


def run_benchmarks(names: Sequence[str]) -> dict[str, Any]:
    """Figures by benchmark name; all of them where `names` is empty. Raises `OptionFault`."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise OptionFault(f"no benchmark {unknown[0]!r}: use {', '.join(BENCHMARKS)}")
    return {name: BENCHMARKS[name]() for name in names or BENCHMARKS}
