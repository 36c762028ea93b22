from __future__ import annotations

import csv
import io

import numpy as np

from gui.plots.curves import Curve
from gui.plots.export import csv_text


def _curve(title: str, steps: list[float], values: list[float]) -> Curve:
    return Curve(title, title, "#ffffff", np.array(steps), np.array(values))


def test_values_are_written_exactly_with_gaps_where_a_curve_has_none() -> None:
    text = csv_text([_curve("Loss", [1, 2, 3], [0.1, 1 / 3, 2e-9]), _curve("PSNR, validation", [2], [30.5])])
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["step", "Loss", "PSNR, validation"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3"]
    assert [float(row[1]) for row in rows[1:]] == [0.1, 1 / 3, 2e-9]
    assert [row[2] for row in rows[1:]] == ["", "30.5", ""]


def test_without_curves_there_is_only_the_head() -> None:
    assert csv_text([]).strip() == "step"
