"""Batches of codes: functions of (seed, step), each picture once an epoch, mirrored as asked."""

from __future__ import annotations

import numpy as np
import torch

from engine.data.batches import CodeAugmentation
from engine.data.variations import Variations
from engine.priors.batches import CodeBatches

COUNT = 10
LABELS = np.arange(COUNT, dtype=np.int64) % 3
# Every cell names its picture, mirror images from 100 on.
CODES = [
    np.concatenate([np.arange(COUNT), 100 + np.arange(COUNT)])[:, None, None] * np.ones((1, side, side), int)
    for side in (1, 2)
]
CODES = [level.astype(np.uint16) for level in CODES]


def batches(size: int = 5, seed: int = 0, flips: float = 0.5, rank: int = 0, ranks: int = 1) -> CodeBatches:
    return CodeBatches(CODES, LABELS, size, seed, CodeAugmentation(flips=flips), rank=rank, ranks=ranks)


def test_each_picture_comes_once_an_epoch_on_all_levels_at_once() -> None:
    steps = [batches().at(step) for step in range(2)]
    seen = []
    for batch in steps:
        coarse, fine = batch.inputs
        assert (coarse.dtype, coarse.shape, fine.shape) == (torch.int64, (5, 1, 1), (5, 2, 2))
        assert torch.equal(fine, coarse.expand(5, 2, 2))
        assert torch.equal(batch.labels, coarse.flatten() % 100 % 3)
        seen += (coarse.flatten() % 100).tolist()
    assert sorted(seen) == list(range(COUNT))


def test_the_share_of_mirror_images_is_as_asked() -> None:
    for flips, share in [(0.0, 0.0), (1.0, 1.0), (0.3, 0.3)]:
        mirrored = torch.cat(
            [batches(flips=flips).at(step).inputs[0].flatten() >= 100 for step in range(200)]
        )
        assert abs(mirrored.float().mean().item() - share) < 0.05


def test_variations_are_drawn_as_often_as_asked_and_alike() -> None:
    # Of 10 pictures: themselves, mirrored, and the same of three variations.
    codes = [np.arange(80, dtype=np.uint16)[:, None, None]]
    how = Variations(varied=0.6, variations=3)
    drawn = CodeBatches(codes, LABELS, 10, 0, CodeAugmentation(flips=0.5), how)
    copies = np.concatenate([drawn.at(step).inputs[0].flatten().numpy() // 10 for step in range(300)])
    variation, flip = np.divmod(copies, 2)
    shares = np.bincount(variation, minlength=4) / len(variation)
    assert np.abs(shares - [0.4, 0.2, 0.2, 0.2]).max() < 0.04
    for which in range(4):
        assert abs(flip[variation == which].mean() - 0.5) < 0.06


def test_a_batch_is_a_function_of_seed_and_step() -> None:
    one, same, other = batches(seed=1).at(7), batches(seed=1).at(7), batches(seed=2).at(7)
    assert torch.equal(one.inputs[0], same.inputs[0])
    assert not torch.equal(one.inputs[0], other.inputs[0])


def test_processes_share_a_batch_out() -> None:
    whole = batches(size=6).at(4)
    parts = [batches(size=6, rank=rank, ranks=2).at(4) for rank in range(2)]
    assert torch.equal(torch.cat([part.inputs[1] for part in parts]), whole.inputs[1])
    assert torch.equal(torch.cat([part.labels for part in parts]), whole.labels)


def test_rare_labels_come_more_often_where_they_are_balanced() -> None:
    labels = np.array([0] * 8 + [1] * 2, dtype=np.int64)
    even = CodeBatches(CODES, labels, 10, 3, CodeAugmentation(label_balance=1.0))
    assert even.at(0).labels.bincount().tolist() == [5, 5]
