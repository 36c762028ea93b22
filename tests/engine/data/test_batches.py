"""Batches: functions of (seed, step), each picture once an epoch, varied as asked."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.data.batches import Augmentation, PictureBatches, _draws
from engine.data.rows import Rows
from tests.small import small_pictures

NONE = {"flips": 0.0, "crops": 0.0, "zooms": 0.0, "flats": 0.0, "gradients": 0.0}
PLAIN = Augmentation(**NONE)
TRAIN = small_pictures().split("train")  # 32 pictures


def test_a_batch_depends_on_seed_and_step_alone() -> None:
    first, second = (PictureBatches(TRAIN, 8, 7, Augmentation()) for _ in range(2))
    second.at(3)
    assert torch.equal(first.at(11).images, second.at(11).images)
    assert not torch.equal(first.at(11).images, first.at(12).images)
    assert not torch.equal(first.at(11).images, PictureBatches(TRAIN, 8, 8, Augmentation()).at(11).images)


def test_each_picture_comes_once_an_epoch_in_another_order() -> None:
    batches = PictureBatches(TRAIN, 8, 0, PLAIN)
    assert batches.steps_per_epoch == 4
    epochs = [np.concatenate([batches.at(4 * e + s).images.numpy() for s in range(4)]) for e in range(2)]
    expected = np.sort(TRAIN.images[:].reshape(32, -1).sum(axis=1, dtype=np.int64))
    for epoch in epochs:
        assert np.array_equal(np.sort(np.rint(epoch * 255).reshape(32, -1).sum(axis=1)), expected)
    assert not np.array_equal(epochs[0], epochs[1])


def test_a_batch_crosses_from_one_epoch_to_the_next() -> None:
    batches = PictureBatches(TRAIN, 20, 0, PLAIN)
    seen = np.concatenate([batches.at(step).images.numpy() for step in range(8)])  # five epochs of 32
    sums = np.rint(seen * 255).reshape(160, -1).sum(axis=1)
    assert set(np.unique(sums, return_counts=True)[1]) == {5}


def test_range_type_and_memory() -> None:
    batch = PictureBatches(TRAIN, 8, 0, Augmentation(zooms=0.5)).at(0).images
    assert batch.shape == (8, 3, 16, 16)
    assert batch.dtype == torch.float32
    assert batch.is_contiguous(memory_format=torch.channels_last)
    assert 0 <= batch.min() <= batch.max() <= 1


@pytest.mark.parametrize("channels", [1, 3])
def test_each_kind_of_variation(channels: int) -> None:
    pictures = small_pictures(channels=channels)

    def only(**chances: float) -> torch.Tensor:
        return PictureBatches(pictures, 16, 1, Augmentation(**{**NONE, **chances})).at(0).images

    plain = only()
    assert torch.equal(only(flips=1.0), plain.flip(3))
    assert only(flats=1.0).std(dim=(2, 3)).max() == 0
    steps = only(gradients=1.0).diff(dim=3).abs().max()
    assert 0 < steps < 0.15
    assert not torch.equal(only(zooms=1.0), plain)


@pytest.mark.parametrize(
    ("options", "most"),
    [({}, 2), ({"crop_shift": 0.01}, 1), ({"crop_shift": 0.07}, 1), ({"crop_shift": 0.4}, 6)],
)
def test_a_crop_shifts_by_an_eighth_or_what_is_asked_and_repeats_the_border(
    options: dict[str, float], most: int
) -> None:
    rows, columns = np.mgrid[:16, :16]
    place = (16 * rows + columns).astype(np.uint8)[..., None]
    pictures = replace(small_pictures(channels=1), images=np.repeat(place[None], 40, axis=0))
    asked = Augmentation(**{**NONE, "crops": 1.0, **options})
    batch = PictureBatches(pictures, 4000, 2, asked).at(0).images
    seen = set()
    for picture in np.rint(batch[:, 0].numpy() * 255).astype(int):
        # What stands in the middle says where from.
        down, right = picture[7, 7] // 16 - 7, picture[7, 7] % 16 - 7
        expected = 16 * np.clip(np.arange(16) + down, 0, 15)[:, None] + np.clip(np.arange(16) + right, 0, 15)
        assert np.array_equal(picture, expected)
        seen.add((down, right))
    steps = range(-most, most + 1)
    assert seen == {(down, right) for down in steps for right in steps}


@pytest.mark.parametrize("name", ["flips", "crops", "zooms", "flats", "gradients"])
def test_each_variation_comes_as_often_as_asked(name: str) -> None:
    images = np.random.default_rng(1).integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)
    pictures = replace(small_pictures(), images=images)
    varied, plain = (
        PictureBatches(pictures, 2000, 3, Augmentation(**chances)).at(0).images
        for chances in ({**NONE, name: 0.3}, NONE)
    )
    share = float((varied != plain).any(dim=(1, 2, 3)).float().mean())
    # One in 25 crops does not shift.
    expected = 0.3 * (24 / 25 if name == "crops" else 1)
    assert share == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("ranks", [2, 3])
def test_processes_share_the_rows_of_what_one_would_see(ranks: int) -> None:
    every = Augmentation(flips=0.5, crops=0.3, zooms=0.2, flats=0.1, gradients=0.1)
    for step in (0, 5):  # the second crosses an epoch
        whole = PictureBatches(TRAIN, 12, 4, every).at(step)
        parts = [PictureBatches(TRAIN, 12, 4, every, rank, ranks).at(step) for rank in range(ranks)]
        assert torch.equal(torch.cat([part.images for part in parts]), whole.images)
        assert torch.equal(torch.cat([part.labels for part in parts]), whole.labels)


def test_labels_belong_to_their_pictures() -> None:
    batch = PictureBatches(TRAIN, 32, 0, PLAIN).at(0)
    whole = TRAIN.images[:]
    for image, label in zip(batch.images, batch.labels, strict=True):
        pixels = np.rint(image.permute(1, 2, 0).numpy() * 255)
        assert TRAIN.labels[int(np.flatnonzero((whole == pixels).all(axis=(1, 2, 3)))[0])] == label


def test_draws_of_neighbouring_steps_and_epochs_have_nothing_in_common() -> None:
    batches = PictureBatches(TRAIN, 32, 0, PLAIN)
    orders = [batches._order(epoch) for epoch in range(6)]
    for first, second in itertools.pairwise(orders):
        places = np.argsort(first), np.argsort(second)
        assert max(np.mean(np.roll(places[0], by) == places[1]) for by in range(32)) < 0.3
    flips = [_draws(0, np.arange(32 * step, 32 * step + 32))[:, 1] for step in range(6)]
    assert len(np.unique(np.concatenate(flips))) == 6 * 32


def test_the_order_of_an_epoch_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = PictureBatches(TRAIN, 8, 0, PLAIN)
    found: list[int] = []
    order = batches._order
    monkeypatch.setattr(batches, "_order", lambda epoch: (found.append(epoch), order(epoch))[1])
    for step in range(9):
        batches.at(step)
    assert found == [0, 1, 2]


def test_the_pictures_themselves_stay_as_they_are(tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", TRAIN.images[:])
    mapped = replace(TRAIN, images=Rows.all_of(np.load(tmp_path / "images.npy", mmap_mode="r")))
    before = small_pictures().images
    array = replace(TRAIN, images=TRAIN.images[:])
    every = Augmentation(flips=0.5, crops=0.3, zooms=0.2, flats=0.1, gradients=0.1)
    for step in range(4):
        expected = PictureBatches(TRAIN, 16, 0, every).at(step).images
        assert torch.equal(PictureBatches(mapped, 16, 0, every).at(step).images, expected)
        assert torch.equal(PictureBatches(array, 16, 0, every).at(step).images, expected)
    assert np.array_equal(TRAIN.images.base, before)  # type: ignore[union-attr]


def labelled(counts: list[int], balance: float, seed: int = 0) -> PictureBatches:
    """So many pictures of each label, all in one batch."""
    labels = np.repeat(np.arange(len(counts)), counts)
    images = np.zeros((len(labels), 1, 1, 1), np.uint8)
    pictures = replace(small_pictures(channels=1), images=images, labels=labels)
    return PictureBatches(pictures, len(labels), seed, Augmentation(**NONE, label_balance=balance))


@given(
    counts=st.lists(st.integers(1, 60), min_size=1, max_size=6),
    balance=st.sampled_from([0.1, 0.5, 1.0]),
    seed=st.integers(0, 2**32),
)
def test_balanced_labels_have_their_share_of_every_epoch(
    counts: list[int], balance: float, seed: int
) -> None:
    batches = labelled(counts, balance, seed)
    wanted = np.array(counts) ** (1 - balance)
    wanted *= sum(counts) / wanted.sum()
    for epoch in range(3):
        order = batches._order(epoch)
        assert len(order) == sum(counts)
        times = np.bincount(order, minlength=sum(counts))
        each = (wanted / counts)[batches.labels]
        assert (times >= np.floor(each - 1e-9)).all()
        assert (times <= np.ceil(each + 1e-9)).all()


def test_over_many_epochs_balanced_pictures_come_as_often_as_their_share_says() -> None:
    batches = labelled([40, 10, 5], 0.5)
    times = np.bincount(np.concatenate([batches._order(epoch) for epoch in range(400)]), minlength=55)
    wanted = np.sqrt([40, 10, 5]) / np.sqrt([40, 10, 5]).sum() * 55 * 400
    seen = np.bincount(batches.labels, times)
    assert seen == pytest.approx(wanted, rel=0.03)
    assert times == pytest.approx((wanted / [40, 10, 5])[batches.labels], rel=0.15)


def test_a_picture_that_comes_again_comes_somewhere_else_in_the_epoch() -> None:
    order = labelled([300, 3], 1.0)._order(0)
    places = np.flatnonzero(order >= 300)
    assert len(places) in (151, 152)
    assert np.diff(places).max() > 5  # they would be neighbours if drawn in a row
    assert 60 < np.median(places) < 240


def test_without_balance_and_with_equally_many_of_each_label_a_picture_comes_once() -> None:
    for balance in (0.0, 1.0):
        batches = labelled([7, 7, 7], balance)
        for epoch in range(3):
            assert sorted(batches._order(epoch)) == list(range(21))
