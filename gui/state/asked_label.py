"""What a painting is meant to be of, for all that is asked of a prior."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.sampling.labels import weights_of_label
from gui.state.setting import Setting


class AskedLabel(QObject):
    """One label, or any (""); it stays while a model is in use that does not know it."""

    changed = Signal(str)

    label = Setting("")

    def among(self, labels: Sequence[str]) -> str:
        """The label as far as a prior knows these; any where it does not."""
        return self.label if self.label in labels else ""

    def condition(self, labels: Sequence[str]) -> NDArray[np.float32] | None:
        """The condition (L,) over a prior's labels; None for any."""
        label = self.among(labels)
        return weights_of_label(label, labels) if label else None
