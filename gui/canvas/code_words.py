"""The facts of a code in words."""

from __future__ import annotations

from engine.analysis.looks import CodeFacts


def use_words(facts: CodeFacts, count: int) -> str:
    """How much it is used, of `count` codes: `Used in 1.2 % of cells, rank 13 of 512`."""
    if facts.share is None:
        return "How often it is used is not known"
    if not facts.cells:
        return "No training cell chose it"
    return f"Used in {share_words(facts.share)} of cells, rank {facts.rank} of {count}"


def share_words(share: float) -> str:
    """A share in 0..1 as a percentage of two figures: `12 %`, `1.2 %`, `0.034 %`."""
    percent = 100.0 * share
    if percent >= 10.0:
        return f"{percent:.0f} %"
    return f"{percent:.2g} %" if percent >= 0.001 else "under 0.001 %"


def norm_words(facts: CodeFacts) -> str:
    """The length of its vector, e.g. `Norm 4.31`."""
    return f"Norm {facts.norm:.2f}"
