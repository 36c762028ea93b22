"""Which benchmarks there are; `main.py benchmark` runs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from engine.errors import OptionFault
from engine.progress import Progress, tell_nobody


def _paint(_progress: Progress) -> dict[str, Any]:
    from exporters.open import open_decoder
    from gui.benchmarks.paint import measure_paint

    decoder = open_decoder("emoji-vqvae")
    return {"device": decoder.device, "rows": [asdict(row) for row in measure_paint(decoder)]}


def _startup(_progress: Progress) -> dict[str, Any]:
    from gui.benchmarks.startup import measure_startup

    return measure_startup()


def _sampling(progress: Progress) -> dict[str, Any]:
    from engine.benchmarks.sampling import measure_sampling
    from gui.benchmarks.resampling import measure_window

    figures = measure_sampling(progress)  # which compiles the sampler, so that the window has it
    return {**figures, "resampling_in_window": measure_window(progress)}


def _training(progress: Progress) -> dict[str, Any]:
    from engine.benchmarks.training import measure_training

    return measure_training(progress)


def _papers(progress: Progress) -> dict[str, Any]:
    from engine.benchmarks.papers import papers

    return papers(progress)


BENCHMARKS: dict[str, Callable[[Progress], dict[str, Any]]] = {
    "paint": _paint,
    "startup": _startup,
    "sampling": _sampling,
    "training": _training,
    "papers": _papers,
}
ONLY_BY_NAME = ("papers",)
"""They train for hours."""


def run_benchmarks(names: Sequence[str], progress: Progress = tell_nobody) -> dict[str, Any]:
    """Figures by benchmark name; where `names` is empty, of all that take minutes. Raises `OptionFault`."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise OptionFault(f"no benchmark {unknown[0]!r}: use {', '.join(BENCHMARKS)}")
    chosen = names or [name for name in BENCHMARKS if name not in ONLY_BY_NAME]
    return {name: BENCHMARKS[name](progress) for name in chosen}
