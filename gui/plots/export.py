"""The values behind a plot, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from gui.plots.curves import Curve


def csv_text(curves: Sequence[Curve]) -> str:
    """One row per step that any curve has: the step, then each curve's value, empty where it has none."""
    steps = np.unique(np.concatenate([curve.steps for curve in curves])) if curves else np.empty(0)
    columns: list[list[str]] = []
    for curve in curves:
        column = [""] * len(steps)
        for place, value in zip(np.searchsorted(steps, curve.steps), curve.values.tolist(), strict=True):
            column[place] = repr(value)
        columns.append(column)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["step", *(curve.title for curve in curves)])
    writer.writerows(zip((f"{step:.0f}" for step in steps), *columns, strict=True))
    return text.getvalue()
