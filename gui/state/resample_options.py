"""What can be chosen for resampling a selection; the strip of variations shows and sets it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from gui.state.asked_label import AskedLabel
from gui.state.setting import Setting

MOST_VARIATIONS = 16
MOST_TEMPERATURE = 2.0
LEAST_TOP_P = 0.01
MOST_GUIDANCE = 5.0
"""Beyond it, what is drawn is what no picture had."""
MOST_SEED = 2**31 - 1
"""As far as a spin box counts."""


def _within(low: float, high: float, value: float) -> float:
    return min(max(value, low), high)


@dataclass(frozen=True, slots=True)
class Wishes:
    """All of the options at one moment."""

    count: int
    temperature: float
    top_p: float
    label: str
    guidance: float  # towards the label; without one it means nothing
    seed: int


class ResampleOptions(QObject):
    """How many variations, how bold, of which label (empty: any), how true to it, and the seed.

    The label is that of all that is asked of the prior.
    """

    changed = Signal(str)

    count = Setting(4, lambda _, value: int(_within(1, MOST_VARIATIONS, value)))
    temperature = Setting(1.0, lambda _, value: round(_within(0.0, MOST_TEMPERATURE, value), 2))
    top_p = Setting(1.0, lambda _, value: round(_within(LEAST_TOP_P, 1.0, value), 2))
    guidance = Setting(1.0, lambda _, value: round(_within(0.0, MOST_GUIDANCE, value), 2))
    seed = Setting(0, lambda _, value: int(_within(0, MOST_SEED, value)))

    def __init__(self, asked: AskedLabel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked = asked
        asked.changed.connect(self.changed)

    @property
    def label(self) -> str:
        return self._asked.label

    @label.setter
    def label(self, label: str) -> None:
        self._asked.label = label

    @property
    def wishes(self) -> Wishes:
        about = self.count, self.temperature, self.top_p, self.label, self.guidance, self.seed
        return Wishes(*about)

    def next_seed(self) -> None:
        """After the last one comes the first."""
        self.seed = (self.seed + 1) % (MOST_SEED + 1)
