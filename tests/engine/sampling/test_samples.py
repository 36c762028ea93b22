"""Samples of each source, and that they are those of the sampler."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import engine
from engine.analysis.reconstruction import BATCH, condition_of
from engine.checkpoint import read_description, read_statistics, read_tensors, write_model
from engine.decoding.decoder import to_pixels
from engine.errors import DataFault, OptionFault, PriorFault
from engine.models.ae import AE, AEConfig
from engine.models.base import DiscreteAutoencoder
from engine.priors.drawing import Drawing
from engine.priors.sampler import Sampler
from engine.sampling import latents
from engine.sampling.requests import SampleRequest
from engine.sampling.samples import AT_ONCE, draw_samples, draw_steps, open_model, open_sampling
from engine.training.snapshot import describe, model_tensors
from tests.small import small_pictures, write_small_model, write_small_priors, write_small_two_level_model


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    return write_small_priors(folder / "one.safetensors", write_small_model(folder / "bare.safetensors"))


def autoencoder(path: Path) -> Path:
    torch.manual_seed(3)
    model = AE(AEConfig(image_size=28, channels=1, latent_dim=4, width=8)).eval()
    pictures = small_pictures(size=28, channels=1)
    write_model(path, model_tensors(model), describe(model, pictures, {"seed": 3}, {}, {}))
    return path


def test_those_of_a_prior_are_what_the_sampler_draws(model_file: Path) -> None:
    drawing = Drawing(temperature=0.8, guidance=2.0)
    samples = draw_samples(SampleRequest(model_file, 3, "odd", 7, drawing))
    model = engine.load(model_file)
    assert isinstance(model, DiscreteAutoencoder)
    assert model.priors is not None
    condition = condition_of(model.priors, torch.tensor([1, 1, 1]))
    assert condition is not None
    expected = np.zeros((3, 4, 4), np.int64)
    for drawn in Sampler(model.priors).sample([(4, 4)], range(3), 7, condition.numpy(), drawing):
        end = drawn.column + drawn.codes.shape[1]
        expected[:, drawn.row, drawn.column : end] = drawn.codes
    np.testing.assert_array_equal(samples.codes[0], expected)
    pictures = to_pixels(model.decode_codes([torch.from_numpy(expected)]).numpy())
    np.testing.assert_array_equal(samples.pictures, pictures)


def test_progress_rises_to_the_end(model_file: Path) -> None:
    shares: list[float] = []
    draw_samples(SampleRequest(model_file, 20), lambda _, share: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_unigram_follows_the_use_under_the_label(model_file: Path) -> None:
    samples = draw_samples(SampleRequest(model_file, 64, "even", source="unigram"))
    (statistics,) = read_statistics(model_file)
    use = statistics.use_by_label[0]
    shares = np.bincount(samples.codes[0].ravel(), minlength=len(use)) / samples.codes[0].size
    np.testing.assert_allclose(shares, use / use.sum(), atol=0.06)


def test_an_autoencoder_needs_its_data(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="blobs"):
        draw_samples(SampleRequest(autoencoder(tmp_path / "ae.safetensors"), 2))


def test_the_built_in_autoencoder_gives_pictures_that_differ() -> None:
    samples = draw_samples(SampleRequest("mnist-ae", 3))
    assert (samples.source, samples.codes, samples.pictures.shape) == ("gaussian", (), (3, 28, 28, 1))
    assert len(np.unique(samples.pictures, axis=0)) == 3


def test_a_model_without_statistics_says_so(tmp_path: Path) -> None:
    path = write_small_model(tmp_path / "bare.safetensors", with_statistics=False)
    with pytest.raises(OptionFault, match="draw uniform ones"):
        draw_samples(SampleRequest(path, 1, source="unigram"))
    with pytest.raises(PriorFault, match="has no prior"):
        draw_samples(SampleRequest(path, 1))


@pytest.mark.parametrize("levels", [1, 2])
def test_who_watches_sees_pictures_grow_by_rows_of_cells(tmp_path: Path, levels: int) -> None:
    write = write_small_model if levels == 1 else write_small_two_level_model
    path = write_small_priors(tmp_path / "one.safetensors", write(tmp_path / "bare.safetensors"))
    request = SampleRequest(path, 2)
    _, drawer = open_sampling(request, open_model(path))
    steps = list(draw_steps(request, drawer, watched=True))
    shares = [step.share for step in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    parts = [step.part for step in steps if step.part is not None]
    assert [part.seen_px for part in parts] == [4, 8, 12, 16]
    assert [part.is_whole for part in parts] == [False, False, False, True]
    for part in parts:  # what is finished stays
        rows = part.seen_px // 4
        np.testing.assert_array_equal(part.codes[-1][:, :rows], parts[-1].codes[-1][:, :rows])
    whole = draw_samples(SampleRequest(path, AT_ONCE + 1))
    np.testing.assert_array_equal(parts[-1].pictures, whole.pictures[:2])


def test_a_label_that_no_training_picture_has_is_refused(model_file: Path, tmp_path: Path) -> None:
    tensors = dict(read_tensors(model_file, ""))
    tensors["stats.0.use_by_label"] = tensors["stats.0.use_by_label"] * np.array([[1], [0]])
    write_model(tmp_path / "rare.safetensors", tensors, read_description(model_file))
    request = SampleRequest(tmp_path / "rare.safetensors", 1, "odd", source="unigram")
    with pytest.raises(OptionFault, match="trained on has the label 'odd'"):
        draw_samples(request)


def test_an_autoencoder_is_fitted_once() -> None:
    opened = open_model("mnist-ae")
    told: list[str] = []
    for seed in (0, 1):
        open_sampling(SampleRequest("mnist-ae", 1, seed=seed), opened, lambda what, _: told.append(what))
    assert set(told) == {"Encoding"}
    assert len(told) == -(-latents.MOST_PICTURES // BATCH)
