"""Codes are extracted once: the same for every run, whatever lies in the cache, the mirror images too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.data.cache import VARIABLE
from engine.decoding.decoder import from_pixels
from engine.errors import CannotWrite
from engine.models.base import DiscreteAutoencoder
from engine.priors import code_cache
from engine.priors.code_cache import cached_codes
from engine.progress import tell_nobody
from tests.small import small_model, small_pictures, small_two_level_model

PICTURES = small_pictures(12)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path / "codes"


def codes(model: DiscreteAutoencoder, mirrored: bool = True) -> list[np.ndarray]:
    return list(cached_codes(model, "id", PICTURES, mirrored, tell_nobody))


def encoded(model: DiscreteAutoencoder, images: np.ndarray) -> list[np.ndarray]:
    return [level.numpy() for level in model.encode_codes(torch.from_numpy(from_pixels(images)))]


@pytest.mark.parametrize("model", [small_model(), small_two_level_model()], ids=["one level", "two levels"])
def test_pictures_are_followed_by_their_mirror_images(model: DiscreteAutoencoder) -> None:
    images = np.asarray(PICTURES.images)
    plain, mirrored = encoded(model, images), encoded(model, images[:, :, ::-1])
    for level, grids in enumerate(codes(model)):
        assert isinstance(grids, np.memmap)
        assert np.array_equal(grids, np.concatenate([plain[level], mirrored[level]]))
    for level, grids in enumerate(codes(model, mirrored=False)):
        assert np.array_equal(grids, plain[level])


def test_a_second_run_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_model()
    first = codes(model)
    monkeypatch.setattr(model, "encode_codes", None)
    assert np.array_equal(codes(model)[0], first[0])


def test_other_pictures_and_other_models_have_others(cache: Path) -> None:
    model = small_model()
    for pictures, model_id in [(PICTURES, "a"), (PICTURES, "b"), (PICTURES.head(5), "a")]:
        cached_codes(model, model_id, pictures, True, tell_nobody)
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
        cached_codes(model, model_id, PICTURES, False, tell_nobody)
    assert len(list(cache.iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_named(cache: Path) -> None:
    cache.write_bytes(b"")
    with pytest.raises(CannotWrite, match="codes"):
        codes(small_model())
    assert cache.is_file()
