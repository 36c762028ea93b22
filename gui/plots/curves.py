"""A curve as the plots take it, what can be read off it, and as much of it as a screen can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gui.plots.smoothing import smoothed

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line: values (n,) at steps (n,), ascending. `title` names it in legend, read-out and export.

    `sparse` is for a few measurements, as those of validations: dashed, with dots, never smoothed.
    """

    key: str
    title: str
    colour: str
    steps: Values
    values: Values
    sparse: bool = False

    def smoothed(self, weight: float) -> Curve:
        """The curve as it is drawn, itself where nothing is to be smoothed."""
        if self.sparse or weight == 0:
            return self
        return replace(self, values=smoothed(self.values, weight))

    def at(self, step: float) -> tuple[float, float] | None:
        """Step and value of the measurement nearest to `step`; None for an empty curve."""
        if len(self.steps) == 0:
            return None
        right = int(np.clip(np.searchsorted(self.steps, step), 0, len(self.steps) - 1))
        left = max(0, right - 1)
        nearest = left if step - self.steps[left] <= self.steps[right] - step else right
        return float(self.steps[nearest]), float(self.values[nearest])

    def drawable(self, log: bool) -> Curve:
        """Without gaps, and on a log scale the logarithms of what lies above zero."""
        good = np.isfinite(self.values)
        if log:
            good &= self.values > 0
        values = self.values[good]
        return replace(self, steps=self.steps[good], values=np.log10(values) if log else values)

    def between(self, first: float, last: float) -> Curve:
        """The part over these steps, and a point more at each end, so that lines reach the edges."""
        start = max(0, int(np.searchsorted(self.steps, first)) - 1)
        end = int(np.searchsorted(self.steps, last, side="right")) + 1
        return replace(self, steps=self.steps[start:end], values=self.values[start:end])

    def means(self, most: int) -> Curve:
        """At most `most` points: means over equal stretches."""
        stretch = _stretch(len(self.steps), most)
        if stretch == 1:
            return self
        edges = np.arange(0, len(self.steps), stretch)
        counts = np.diff(edges, append=len(self.steps))
        steps, values = (np.add.reduceat(part, edges) / counts for part in (self.steps, self.values))
        return replace(self, steps=steps, values=values)

    def peaks(self, most: int) -> Curve:
        """At most `most` points that keep the smallest and the largest value of every stretch."""
        stretch = _stretch(len(self.steps), most // 2)
        if stretch == 1:
            return self
        edges = np.arange(0, len(self.steps), stretch)
        pairs = (np.minimum.reduceat(self.values, edges), np.maximum.reduceat(self.values, edges))
        return replace(self, steps=self.steps[edges].repeat(2), values=np.stack(pairs, axis=1).reshape(-1))


def span(curves: Sequence[Curve]) -> tuple[float, float] | None:
    """The first and the last step there is."""
    ends = [curve.steps[[0, -1]] for curve in curves if len(curve.steps)]
    return (float(min(e[0] for e in ends)), float(max(e[1] for e in ends))) if ends else None


def _stretch(count: int, most: int) -> int:
    """Points per stretch: a power of two, so that a growing curve keeps its stretches for long."""
    stretch = 1
    while count > stretch * max(1, most):
        stretch *= 2
    return stretch
