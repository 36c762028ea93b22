from __future__ import annotations

import numpy as np
import pytest

from engine.layers.quantizer import RESTART_BELOW
from gui.train.code_colours import DEAD_BELOW, LEAST, MOST, UNUSED, is_alive, scale_colours, use_colours


def test_unused_is_what_the_trainer_counts_as_unused() -> None:
    assert DEAD_BELOW == RESTART_BELOW
    use = np.array([0.029, 0.03, 1.0, 0.0], dtype=np.float64) / 4
    assert list(is_alive(use.astype(np.float64))) == [False, True, True, False]


def test_more_used_is_brighter_and_unused_is_grey() -> None:
    times = np.array([0.0, LEAST, 0.5, 1.0, 2.0, MOST])
    colours = use_colours((times / len(times)).astype(np.float32))
    assert colours[0] == pytest.approx(UNUSED)
    luminance = colours[1:] @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luminance) > 0).all()
    assert luminance[0] > UNUSED.mean()


def test_beyond_its_ends_the_scale_stays() -> None:
    ends = scale_colours(np.array([-1.0, 0.0, 1.0, 2.0]))
    assert ends[0] == pytest.approx(ends[1])
    assert ends[2] == pytest.approx(ends[3])
    assert ends[3] == pytest.approx([0xFD, 0xE7, 0x25])
