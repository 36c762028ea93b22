"""The embedded pictures: their number, their splits, their labels."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pytest

from engine.data.builtin import BUILTIN, BUILTIN_SHAPES, emoji, emoji_designs
from engine.data.names import DATA_TITLES
from engine.data.open import natural_shape, open_data
from engine.data.source import DataShape, Pictures, split_by_hash
from engine.errors import DataFault


def test_the_splits_have_the_sizes_that_are_fixed() -> None:
    pictures = emoji()
    assert pictures.images.shape == (3786, 64, 64, 3)
    assert Counter(pictures.split_of.tolist()) == {"train": 3072, "valid": 367, "test": 347}
    assert len(pictures.split("test")) == 347
    assert pictures.split("all") is pictures


def test_tones_of_one_emoji_never_part() -> None:
    pictures = emoji()
    homes: dict[str, set[str]] = {}
    for name, split in zip(pictures.names, pictures.split_of, strict=True):
        homes.setdefault(name, set()).add(str(split))
    assert all(len(splits) == 1 for splits in homes.values())


def test_labels_are_categories_and_corners_are_white() -> None:
    pictures = emoji()
    assert pictures.label_names[3] == "Flags"
    assert len(pictures.label_names) == 10
    jack = pictures.names.index("jack_o_lantern")
    assert pictures.label_names[pictures.labels[jack]] == "Activities"
    assert (pictures.images[jack, 0, 0] == 255).all()
    assert pictures.images[jack].min() < 100


def test_other_designs_follow_the_emoji_and_never_part_from_them() -> None:
    own, all_designs = emoji(), emoji_designs()
    assert len(all_designs) == 12_778
    assert np.array_equal(all_designs.images[: len(own)], own.images)
    assert all_designs.label_names == own.label_names
    assert np.array_equal(all_designs.labels[: len(own)], own.labels)
    homes = dict(zip(own.names, own.split_of.tolist(), strict=True))
    for name, split in zip(all_designs.names, all_designs.split_of.tolist(), strict=True):
        assert homes.get(name, split) == split
    # Of each emoji several, of animals, for one, five and more.
    animals = all_designs.labels == own.label_names.index("Animals & Nature")
    assert animals.sum() > 1000
    # Pictures that look the same do not part either, but for those of `emoji` itself.
    digests = [hashlib.sha256(image.tobytes()).hexdigest() for image in all_designs.images]
    first = dict(zip(reversed(digests), reversed(all_designs.split_of.tolist()), strict=True))
    assert all(
        first[digest] == split
        for digest, split in zip(digests[len(own) :], all_designs.split_of[len(own) :], strict=True)
    )
    dog = [image for image, name in zip(all_designs.images, all_designs.names, strict=True) if name == "dog"]
    assert len(dog) >= 5
    assert all((image[0, 0] == 255).all() for image in dog)


def test_other_sizes_and_grey() -> None:
    grey = open_data("emoji", 16, 1)
    assert grey.images.shape == (3786, 16, 16, 1)
    assert grey.images.std() > 20


@pytest.fixture(scope="module")
def digits() -> Pictures:
    return open_data("mnist")


def test_mnist_is_what_its_authors_made(digits: Pictures) -> None:
    assert digits.images.shape == (70_000, 28, 28, 1)
    assert digits.label_names == tuple("0123456789")
    assert digits.data_name == "mnist"
    assert digits.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert digits.labels[60_000:60_010].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    # The mean and standard deviation of the training pictures that the literature normalises by.
    train = digits.images[:60_000] / np.float32(255)
    assert train.mean(dtype=np.float64) == pytest.approx(0.1307, abs=5e-5)
    assert train.std(dtype=np.float64) == pytest.approx(0.3081, abs=5e-5)


def test_mnist_is_split_as_it_is_in_the_literature(digits: Pictures) -> None:
    places = {name: digits.split(name).names for name in ("train", "valid", "test")}
    assert places["train"] == tuple(map(str, range(50_000)))
    assert places["valid"] == tuple(map(str, range(50_000, 60_000)))
    assert places["test"] == tuple(map(str, range(60_000, 70_000)))


def test_mnist_at_32_px_has_a_black_frame(digits: Pictures) -> None:
    padded = open_data("mnist", 32, 1)
    assert np.array_equal(padded.images[:, 2:30, 2:30], digits.images)
    assert padded.images.astype(np.int64).sum() == digits.images.astype(np.int64).sum()


def test_every_built_in_set_has_a_name_a_reader_and_a_shape() -> None:
    assert DATA_TITLES.keys() == BUILTIN.keys() == BUILTIN_SHAPES.keys()


def test_natural_shapes() -> None:
    assert natural_shape("mnist") == DataShape(28, 1)
    assert natural_shape("emoji") == natural_shape("emoji-designs") == DataShape(64, 3)


def test_a_hash_decides_the_split() -> None:
    assert split_by_hash(["grinning", "grinning"]).tolist() == [split_by_hash(["grinning"])[0]] * 2
    counts = Counter(split_by_hash([str(n) for n in range(5000)]).tolist())
    assert counts["test"] / 5000 == pytest.approx(0.1, abs=0.02)
    assert counts["valid"] / 5000 == pytest.approx(0.1, abs=0.02)


def test_sources_and_splits_that_do_not_exist_are_named() -> None:
    with pytest.raises(
        DataFault,
        match=r"'emojis': neither a built-in set \(emoji, emoji-designs, mnist\) nor a file or folder",
    ):
        open_data("emojis", 64, 3)
    with pytest.raises(DataFault, match="'dev' does not exist: use train, valid, test or all"):
        emoji().split("dev")
    assert np.array_equal(emoji().split("valid").labels, emoji().labels[emoji().split_of == "valid"])
