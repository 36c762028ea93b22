"""How a code is drawn from the logits of a cell: temperature, top-k, top-p, and the draw itself."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.errors import OptionFault

Logits = NDArray[np.floating]
"""(B, K)."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Which of a cell's codes may be drawn, and how much the likely ones are preferred.

    `temperature` divides the logits: 1 is the prior as it was trained, 0 takes the likeliest code.
    `top_k` keeps the k likeliest codes (0: all); `top_p` then the fewest of them that hold that share of the
    probability ("The Curious Case of Neural Text Degeneration", arXiv 1904.09751). `guidance` s makes logits
    l_null + s (l - l_null) of those with and without the label, which sharpens what the label says: 1 is the
    label as trained, 0 no label ("Classifier-Free Diffusion Guidance", arXiv 2207.12598, there w + 1).
    `falloff` f draws each level at f times the temperature of the one before it: what is where stays free,
    details keep to what is likely. The coarsest level is the first, after the layout of priors that know one,
    also where none is drawn.

    Raises `OptionFault` for values out of their range.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    guidance: float = 1.0
    falloff: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise OptionFault(f"a temperature of {self.temperature:g} cannot be used: give 0 or more, finite")
        if self.top_k < 0:
            raise OptionFault(f"top-k {self.top_k} cannot be used: give 1 or more, or 0 for all codes")
        if not 0 < self.top_p <= 1:
            raise OptionFault(f"top-p {self.top_p:g} cannot be used: give more than 0 and at most 1")
        if not math.isfinite(self.guidance):
            raise OptionFault(f"guidance {self.guidance:g} cannot be used: give a finite number")
        if not 0 <= self.falloff <= 1:
            raise OptionFault(f"a falloff of {self.falloff:g} cannot be used: give 0 to 1")

    def of_level(self, level: int) -> Drawing:
        """That of the first level that is drawn (0), the one after it (1), and so on."""
        return replace(self, temperature=self.temperature * self.falloff**level, falloff=1.0)

    @property
    def is_filtered(self) -> bool:
        """Whether some codes are never drawn."""
        return self.top_k > 0 or self.top_p < 1


AS_TRAINED = Drawing()
_SMALLEST = 1e-300
"""Temperature, without becoming infinite what is divided by it: only the likeliest code has a weight then."""


def guided(with_label: Logits, without: Logits, guidance: float) -> Logits:
    """Logits (B, K) moved away from those of no label."""
    return without + guidance * (with_label - without)


def draw(logits: Logits, uniforms: NDArray[np.float64], drawing: Drawing) -> NDArray[np.int64]:
    """A code (B,) per row of logits (B, K): the first whose cumulative probability exceeds uniforms (B,)."""
    if drawing.temperature == 0:
        return np.asarray(logits.argmax(axis=1), np.int64)
    # Ufuncs themselves, and in place: what wraps them costs as much as they do, for every cell of a grid.
    cumulative = weights_of(logits, drawing)
    np.add.accumulate(cumulative, axis=1, out=cumulative)
    passed = cumulative <= uniforms[:, None] * cumulative[:, -1:]
    return np.asarray(np.add.reduce(passed, axis=1, dtype=np.int64))


def nats_of(logits: Logits, codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """-log softmax(logits)[code] per row of logits (B, K): (B,)."""
    exact = logits.astype(np.float64)
    highest = exact.max(axis=1)
    total = np.exp(exact - highest[:, None]).sum(axis=1)
    return np.asarray(np.log(total) + highest - exact[np.arange(len(codes)), codes])


def weights_of(logits: Logits, drawing: Drawing) -> NDArray[np.float64]:
    """Of what each code is drawn with the probability, up to a factor: (B, K), the likeliest 1, 0 for never.

    Needs a temperature above 0.
    """
    weights = logits.astype(np.float64)
    weights -= np.maximum.reduce(weights, axis=1, keepdims=True)
    if drawing.temperature != 1:
        weights /= max(drawing.temperature, _SMALLEST)
    np.exp(weights, out=weights)
    return _kept(weights, drawing) if drawing.is_filtered else weights


def _kept(weights: NDArray[np.float64], drawing: Drawing) -> NDArray[np.float64]:
    order = np.argsort(-weights, axis=1, kind="stable")  # likeliest first
    ranked = np.take_along_axis(weights, order, axis=1)
    if drawing.top_k:
        ranked[:, drawing.top_k :] = 0
    before = np.cumsum(ranked, axis=1) - ranked
    ranked[before >= drawing.top_p * ranked.sum(axis=1, keepdims=True)] = 0
    kept = np.empty_like(weights)
    np.put_along_axis(kept, order, ranked, axis=1)
    return kept
