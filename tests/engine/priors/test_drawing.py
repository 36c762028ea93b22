"""Temperature, top-k, top-p and the draw, against hand arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.errors import OptionFault
from engine.priors.drawing import AS_TRAINED, Drawing, draw, guided, weights_of

P = np.array([[0.1, 0.4, 0.2, 0.3]])
LOGITS = np.log(P).astype(np.float32)


def shares(drawing: Drawing) -> list[float]:
    weights = weights_of(LOGITS, drawing)[0]
    return [round(float(weight), 6) for weight in weights / weights.sum()]


def test_a_temperature_is_a_power_of_the_probability() -> None:
    assert shares(AS_TRAINED) == pytest.approx(P[0].tolist(), abs=1e-6)
    squared = P[0] ** 2 / (P[0] ** 2).sum()
    assert shares(Drawing(temperature=0.5)) == pytest.approx(squared.tolist(), abs=1e-6)


@pytest.mark.parametrize(
    ("drawing", "kept"),
    [
        (Drawing(top_k=1), [0, 1, 0, 0]),
        (Drawing(top_k=2), [0, 0.4 / 0.7, 0, 0.3 / 0.7]),
        (Drawing(top_k=99), [0.1, 0.4, 0.2, 0.3]),
        (Drawing(top_p=0.39), [0, 1, 0, 0]),
        (Drawing(top_p=0.5), [0, 0.4 / 0.7, 0, 0.3 / 0.7]),
        (Drawing(top_p=0.89), [0, 0.4 / 0.9, 0.2 / 0.9, 0.3 / 0.9]),
        # The share is that of what top-k has left.
        (Drawing(top_k=2, top_p=0.5), [0, 1, 0, 0]),
    ],
)
def test_the_unlikely_are_left_out(drawing: Drawing, kept: list[float]) -> None:
    assert shares(drawing) == pytest.approx(kept, abs=1e-6)


def test_a_draw_is_where_the_cumulative_probability_passes_the_number() -> None:
    uniforms = np.array([0.0, 0.05, 0.15, 0.49, 0.51, 0.69, 0.71, 0.999999])
    rows = np.repeat(LOGITS, len(uniforms), axis=0)
    assert draw(rows, uniforms, AS_TRAINED).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert draw(rows, uniforms, Drawing(temperature=0)).tolist() == [1] * 8
    assert draw(rows, uniforms, Drawing(temperature=1e-300)).tolist() == [1] * 8
    assert draw(rows, uniforms, Drawing(top_k=2)).tolist() == [1, 1, 1, 1, 1, 3, 3, 3]


def test_guidance_moves_away_from_no_label() -> None:
    with_label, without = np.array([[1.0, 2.0]]), np.array([[3.0, 1.0]])
    assert guided(with_label, without, 1.0).tolist() == with_label.tolist()
    assert guided(with_label, without, 0.0).tolist() == without.tolist()
    assert guided(with_label, without, 2.0).tolist() == [[-1.0, 3.0]]


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": -0.1},
        {"temperature": math.inf},
        {"temperature": math.nan},
        {"top_k": -1},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"guidance": math.inf},
        {"falloff": -0.1},
        {"falloff": 1.1},
        {"falloff": math.nan},
    ],
)
def test_values_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(OptionFault, match="cannot be used"):
        Drawing(**options)  # type: ignore[arg-type]
