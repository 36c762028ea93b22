"""More like this: what stays, what is drawn anew, and that the seed decides it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import CodesFault, OptionFault, PriorFault
from engine.priors.drawing import Drawing
from engine.sampling.more_like import draw_more_like, open_more_like, part_anew
from engine.sampling.requests import MoreLikeRequest, SampleRequest
from engine.sampling.samples import draw_samples, open_model
from tests.small import (
    write_small_model,
    write_small_priors,
    write_small_two_level_model,
    write_small_vector_model,
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_small_priors(folder / "one.safetensors", write_small_model(folder / "bare.safetensors"))
    two = write_small_two_level_model(folder / "bare two.safetensors")
    write_small_priors(folder / "two.safetensors", two)
    write_small_vector_model(folder / "vae.safetensors")
    return folder


def like(path: Path, number: int = 1, count: int = 3, **changes: object) -> MoreLikeRequest:
    """Of a picture that the model has drawn."""
    samples = draw_samples(SampleRequest(path, number + 1, seed=6))
    codes = tuple(level[number] for level in samples.codes)
    latent = None if samples.latents is None else samples.latents[number]
    return MoreLikeRequest(path, count, codes, latent, **{"seed": 2, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["one", "two"])
def test_all_codes_stay_but_those_of_a_part(models: Path, name: str) -> None:
    request = like(models / f"{name}.safetensors", count=6)
    more = draw_more_like(request)
    assert more.pictures.shape == (6, 16, 16, 3)
    for number in range(6):
        masks = part_anew(request.codes, request.seed, number)
        for new, old, mask in zip(more.codes, request.codes, masks, strict=True):
            np.testing.assert_array_equal(new[number][~mask], old[~mask])
    assert len(np.unique(more.codes[-1], axis=0)) == 6
    assert all((level != request.codes[-1]).any() for level in more.codes[-1])


def test_the_seed_and_the_number_decide_what_comes(models: Path) -> None:
    path = models / "one.safetensors"
    more = draw_more_like(like(path, count=4, label="odd", drawing=Drawing(temperature=0.8)))
    last = draw_more_like(like(path, count=2, first=2, label="odd", drawing=Drawing(temperature=0.8)))
    np.testing.assert_array_equal(more.codes[0][2:], last.codes[0])
    np.testing.assert_array_equal(more.pictures[2:], last.pictures)
    other = draw_more_like(like(path, count=4, seed=3, label="odd", drawing=Drawing(temperature=0.8)))
    assert not np.array_equal(more.codes[0], other.codes[0])


@given(
    st.integers(1, 12),
    st.integers(1, 12),
    st.sampled_from([1, 2, 4]),
    st.integers(0, 2**31),
    st.integers(0, 99),
)
def test_the_part_is_a_rectangle_of_about_half_the_picture(
    height: int, width: int, ratio: int, seed: int, number: int
) -> None:
    grids = [(height, width), (height * ratio, width * ratio)]
    coarse, fine = part_anew([np.zeros(grid, np.int64) for grid in grids], seed, number)
    rows, columns = np.flatnonzero(coarse.any(axis=1)), np.flatnonzero(coarse.any(axis=0))
    assert coarse.sum() == len(rows) * len(columns) > 0
    assert coarse[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
    assert abs(coarse.sum() - height * width / 2) <= max(1, len(columns) / 2)
    np.testing.assert_array_equal(fine, coarse.repeat(ratio, axis=0).repeat(ratio, axis=1))


def test_the_part_lies_elsewhere_for_each_picture() -> None:
    codes = [np.zeros((16, 16), np.int64)]
    masks = np.array([part_anew(codes, 0, number)[0] for number in range(200)])
    assert len(np.unique(masks, axis=0)) > 100
    assert masks.mean(axis=0).min() > 0
    assert 0.45 < masks.mean() < 0.55


@pytest.mark.parametrize("name", ["one", "two"])
def test_who_watches_sees_each_picture_grow(models: Path, name: str) -> None:
    request = like(models / f"{name}.safetensors")
    steps = list(open_more_like(request, open_model(request.model)))
    shares = [step.share for step in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    parts = [step.part for step in steps if step.part is not None]
    assert [part.first for part in parts if part.is_whole] == [0, 1, 2]
    for number in range(3):
        seen = [part.seen_px for part in parts if part.first == number]
        assert seen == sorted(set(seen))
        assert seen[-1] == 16
    drafts = [part for part in parts if not part.is_whole]
    assert drafts
    for part in drafts:  # above the part nothing changes
        mask = part_anew(request.codes, request.seed, part.first)[-1]
        np.testing.assert_array_equal(part.codes[-1][0][~mask], request.codes[-1][~mask])


def test_latents_lie_around_the_one(models: Path) -> None:
    path = models / "vae.safetensors"
    request = like(path, count=2000)
    more = draw_more_like(request)
    assert more.latents is not None
    assert request.latent is not None
    assert more.pictures.shape == (2000, 16, 16, 3)
    np.testing.assert_allclose(more.latents.mean(axis=0), np.sqrt(0.75) * request.latent, atol=0.05)
    np.testing.assert_allclose(more.latents.std(axis=0), 0.5, atol=0.03)
    few = draw_more_like(like(path, count=1, first=5))
    np.testing.assert_array_equal(few.latents, more.latents[5:6])
    still = draw_more_like(like(path, count=2, drawing=Drawing(temperature=0)))
    assert len(np.unique(still.pictures, axis=0)) == 1


def test_the_built_in_autoencoder_draws_around_a_picture_of_its_own() -> None:
    request = like(Path("mnist-ae"), count=4)
    more = draw_more_like(request)
    assert (more.source, more.pictures.shape) == ("gaussian", (4, 28, 28, 1))
    assert len(np.unique(more.pictures, axis=0)) == 4


def test_what_cannot_be_is_refused(models: Path) -> None:
    one, vae = models / "one.safetensors", models / "vae.safetensors"
    own = like(one)
    with pytest.raises(PriorFault, match=r"bare has no prior to draw more like this from: .*train-prior"):
        draw_more_like(MoreLikeRequest(models / "bare.safetensors", 1, own.codes))
    with pytest.raises(OptionFault, match="one has changed since"):
        draw_more_like(like(one, model_id="0" * 64))
    with pytest.raises(CodesFault, match="0 levels of codes"):
        draw_more_like(MoreLikeRequest(one, 1))
    with pytest.raises(CodesFault, match="1 levels of codes for a prior of 2"):
        draw_more_like(MoreLikeRequest(models / "two.safetensors", 1, own.codes))
    with pytest.raises(OptionFault, match="did you mean 'odd'"):
        draw_more_like(like(one, label="ood"))
    with pytest.raises(OptionFault, match="guidance"):
        draw_more_like(like(one, drawing=Drawing(guidance=2.0)))
    with pytest.raises(OptionFault, match="a latent vector of 4 numbers"):
        draw_more_like(MoreLikeRequest(vae, 1, own.codes))
    with pytest.raises(OptionFault, match="top-k"):
        draw_more_like(like(vae, drawing=Drawing(top_k=3)))
