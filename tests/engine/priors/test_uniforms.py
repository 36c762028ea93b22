"""Uniform numbers are functions of seed, image, level and cell."""

from __future__ import annotations

import numpy as np

from engine.priors.uniforms import uniforms_of


def test_they_do_not_depend_on_what_else_is_asked_for() -> None:
    several = uniforms_of(7, [0, 1, 2, 3], 1, 5, 6)
    assert np.array_equal(uniforms_of(7, [3], 1, 5, 6)[0], several[3])
    assert np.array_equal(uniforms_of(7, [3, 1], 1, 3, 2)[1], several[1, :3, :2])
    assert np.array_equal(uniforms_of(7, [2], 1, 9, 20)[0, :5, :6], several[2])


def test_each_is_its_own() -> None:
    numbers = [uniforms_of(seed, [0, 2**40], level, 8, 8) for seed in (1, 2**63) for level in (0, 1)]
    assert len(np.unique(np.stack(numbers))) == 4 * 2 * 64


def test_they_are_uniform() -> None:
    numbers = uniforms_of(3, range(20), 0, 32, 32)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    counts = np.histogram(numbers, bins=16, range=(0, 1))[0] / numbers.size
    assert np.abs(counts - 1 / 16).max() < 0.005
    flat = numbers.reshape(20, -1)
    assert abs(np.corrcoef(flat[0], flat[1])[0, 1]) < 0.1
