"""Batches: functions of (seed, step), each picture once an epoch, varied as asked."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.data.batches import Augmentation, Batches
from tests.small import small_pictures

PLAIN = Augmentation(flips=0.0, zooms=0.0, flats=0.0, gradients=0.0)
TRAIN = small_pictures().split("train")  # 32 pictures


def test_a_batch_depends_on_seed_and_step_alone() -> None:
    first, second = (Batches(TRAIN, 8, 7, Augmentation()) for _ in range(2))
    second.at(3)
    assert torch.equal(first.at(11).images, second.at(11).images)
    assert not torch.equal(first.at(11).images, first.at(12).images)
    assert not torch.equal(first.at(11).images, Batches(TRAIN, 8, 8, Augmentation()).at(11).images)


def test_each_picture_comes_once_an_epoch_in_another_order() -> None:
    batches = Batches(TRAIN, 8, 0, PLAIN)
    assert batches.steps_per_epoch == 4
    epochs = [np.concatenate([batches.at(4 * e + s).images.numpy() for s in range(4)]) for e in range(2)]
    expected = np.sort(TRAIN.images[:].reshape(32, -1).sum(axis=1, dtype=np.int64))
    for epoch in epochs:
        assert np.array_equal(np.sort(np.rint(epoch * 255).reshape(32, -1).sum(axis=1)), expected)
    assert not np.array_equal(epochs[0], epochs[1])


def test_a_batch_crosses_from_one_epoch_to_the_next() -> None:
    batches = Batches(TRAIN, 20, 0, PLAIN)
    seen = np.concatenate([batches.at(step).images.numpy() for step in range(8)])  # five epochs of 32
    sums = np.rint(seen * 255).reshape(160, -1).sum(axis=1)
    assert set(np.unique(sums, return_counts=True)[1]) == {5}


def test_range_type_and_memory() -> None:
    batch = Batches(TRAIN, 8, 0, Augmentation(zooms=0.5)).at(0).images
    assert batch.shape == (8, 3, 16, 16)
    assert batch.dtype == torch.float32
    assert batch.is_contiguous(memory_format=torch.channels_last)
    assert 0 <= batch.min() <= batch.max() <= 1


@pytest.mark.parametrize("channels", [1, 3])
def test_each_kind_of_variation(channels: int) -> None:
    pictures = small_pictures(channels=channels)

    def only(**chances: float) -> torch.Tensor:
        none = {"flips": 0.0, "zooms": 0.0, "flats": 0.0, "gradients": 0.0}
        return Batches(pictures, 16, 1, Augmentation(**{**none, **chances})).at(0).images

    plain = only()
    assert torch.equal(only(flips=1.0), plain.flip(3))
    assert only(flats=1.0).std(dim=(2, 3)).max() == 0
    steps = only(gradients=1.0).diff(dim=3).abs().max()
    assert 0 < steps < 0.15
    assert not torch.equal(only(zooms=1.0), plain)
