"""Codes are extracted once: the same for every run, whatever lies in the cache, those of copies too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.data.cache import VARIABLE
from engine.data.variations import variation_draws, varied
from engine.decoding.decoder import from_pixels
from engine.errors import CannotWrite
from engine.models.base import DiscreteAutoencoder
from engine.priors import code_cache
from engine.priors.code_cache import AS_THEY_ARE, Copies, cached_codes
from engine.progress import tell_nobody
from tests.small import small_model, small_pictures, small_two_level_model

PICTURES = small_pictures(12)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path / "codes"


MIRRORED = Copies(mirrored=True)


def codes(model: DiscreteAutoencoder, copies: Copies = MIRRORED) -> list[np.ndarray]:
    return list(cached_codes(model, "id", PICTURES, copies, tell_nobody))


def encoded(model: DiscreteAutoencoder, images: np.ndarray) -> list[np.ndarray]:
    return [level.numpy() for level in model.encode_codes(torch.from_numpy(from_pixels(images)))]


@pytest.mark.parametrize("model", [small_model(), small_two_level_model()], ids=["one level", "two levels"])
def test_pictures_are_followed_by_their_mirror_images(model: DiscreteAutoencoder) -> None:
    images = np.asarray(PICTURES.images)
    plain, mirrored = encoded(model, images), encoded(model, images[:, :, ::-1])
    for level, grids in enumerate(codes(model)):
        assert isinstance(grids, np.memmap)
        assert np.array_equal(grids, np.concatenate([plain[level], mirrored[level]]))
    for level, grids in enumerate(codes(model, AS_THEY_ARE)):
        assert np.array_equal(grids, plain[level])


@pytest.mark.parametrize("mirrored", [False, True])
def test_variations_follow_each_with_its_mirror_image(
    mirrored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Batches of 5: what is drawn for a picture does not depend on those beside it.
    monkeypatch.setattr(code_cache, "batches_of", lambda pictures, device: _batches(pictures.images, 5))
    model, copies = small_model(), Copies(mirrored, variations=2)
    (found,) = codes(model, copies)
    images = torch.from_numpy(from_pixels(np.asarray(PICTURES.images)))
    for variation in range(3):
        pictured = images if variation == 0 else varied(images, variation_draws(12, variation))
        for flip in [False, True][: 1 + mirrored]:
            expected = model.encode_codes(pictured.flip(3) if flip else pictured)[0]
            copy = int(copies.place(np.array([variation]), np.array([flip]))[0])
            assert np.array_equal(found[copy * 12 :][:12], expected)
    assert len(found) == 12 * len(copies)


def _batches(images: np.ndarray, size: int) -> Iterator[torch.Tensor]:
    for first in range(0, len(images), size):
        yield torch.from_numpy(from_pixels(np.asarray(images[first : first + size])))


def test_a_second_run_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_model()
    first = codes(model)
    monkeypatch.setattr(model, "encode_codes", None)
    assert np.array_equal(codes(model)[0], first[0])


def test_other_pictures_and_other_models_have_others(cache: Path) -> None:
    model = small_model()
    for pictures, model_id in [(PICTURES, "a"), (PICTURES, "b"), (PICTURES.head(5), "a")]:
        cached_codes(model, model_id, pictures, MIRRORED, tell_nobody)
    assert len(list(cache.iterdir())) == 3


@pytest.mark.parametrize("damage", ["cut", "too large", "foreign", "gone"])
def test_what_is_damaged_is_made_again(cache: Path, damage: str) -> None:
    model = small_two_level_model()
    expected = [np.array(level) for level in codes(model)]
    (file,) = cache.glob("*/level_1.npy")
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-7])
    elif damage == "too large":
        np.save(file, np.full_like(expected[1], model.levels[1].codes))
    elif damage == "foreign":
        np.save(file, expected[1][:, :2])
    else:
        file.unlink()
    for found, level in zip(codes(model), expected, strict=True):
        assert np.array_equal(found, level)


def test_the_sets_used_last_are_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_cache, "MOST_SETS", 2)
    model = small_model()
    for model_id in "abcd":
        cached_codes(model, model_id, PICTURES, AS_THEY_ARE, tell_nobody)
    assert len(list(cache.iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_named(cache: Path) -> None:
    cache.write_bytes(b"")
    with pytest.raises(CannotWrite, match="codes"):
        codes(small_model())
    assert cache.is_file()
