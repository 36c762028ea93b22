"""The figures of `evaluate` against arithmetic by hand, and the keys that are fixed."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.analysis import evaluate as evaluation
from engine.analysis.evaluate import evaluate
from engine.analysis.likelihood import measure_nats
from engine.analysis.reconstruction import mean_squared_error
from engine.analysis.usage import encode_all, mean_swatches, uniform_fields
from engine.checkpoint import write_model
from engine.data.source import Pictures
from engine.decoding.decoder import from_pixels
from engine.errors import DataFault, ModelNotFound, OptionFault
from engine.models.registry import build, load
from engine.training.snapshot import describe, model_tensors
from tests.small import (
    small_model,
    small_pictures,
    small_two_level_model,
    write_small_model,
    write_small_two_level_model,
)

KEYS = {
    "mse", "psnr", "levels", "elbo_nats", "nll_nats", "active_units", "images", "seconds", "protocol",
}  # fmt: skip
BERNOULLI = {"likelihood": "bernoulli"}
LEVEL_KEYS = {
    "codes", "used_codes", "perplexity", "unigram_bits", "bits_per_code", "fill_codes", "fill_field_sd_p95",
}  # fmt: skip


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_model(tmp_path_factory.mktemp("models") / "small.safetensors")


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> Pictures:
    return given(monkeypatch, small_pictures(count=60))


def given(monkeypatch: pytest.MonkeyPatch, pictures: Pictures) -> Pictures:
    monkeypatch.setattr(evaluation, "open_data", lambda *_: pictures)
    return pictures


def encoded(pictures: Pictures) -> np.ndarray:
    (codes,) = small_model().encode_codes(torch.from_numpy(from_pixels(pictures.images[:])))
    return np.asarray(codes.numpy())


def test_the_keys_are_those_that_are_fixed(model_file: Path, pictures: Pictures) -> None:
    figures = evaluate(model_file, "blobs")
    assert figures.keys() >= KEYS
    assert [level.keys() for level in figures["levels"]] == [LEVEL_KEYS]
    assert json.loads(json.dumps(figures)) == figures
    assert [figures[key] for key in ("elbo_nats", "nll_nats", "active_units")] == [None] * 3
    assert figures["levels"][0]["bits_per_code"] is None
    assert (figures["split"], figures["images"]) == ("test", len(pictures.split("test"))) == ("test", 6)


@pytest.mark.parametrize("split", ["test", "valid", "train", "all"])
def test_error_and_psnr_by_hand(model_file: Path, pictures: Pictures, split: str) -> None:
    chosen = pictures.split(split)
    images = from_pixels(chosen.images[:])
    decoded = small_model().decode_codes([torch.from_numpy(encoded(chosen))]).numpy()
    mse = ((decoded - images).astype(np.float64) ** 2).mean()
    figures = evaluate(model_file, "blobs", split)
    assert figures["mse"] == pytest.approx(mse, rel=1e-5)
    assert figures["psnr"] == pytest.approx(-10 * math.log10(mse), rel=1e-5)
    assert figures["images"] == len(chosen)


def test_codes_perplexity_and_bits_by_hand(model_file: Path, pictures: Pictures) -> None:
    (level,) = evaluate(model_file, "blobs")["levels"]
    codes = encoded(pictures.split("test")).ravel()
    shares = [np.mean(codes == code) for code in range(24) if (codes == code).any()]
    assert (level["codes"], level["used_codes"]) == (24, len(shares))
    assert level["perplexity"] == pytest.approx(2 ** -sum(p * math.log2(p) for p in shares))
    # Cross-entropy of the test codes under the train split's frequencies, add one.
    train = encoded(pictures.split("train")).ravel()
    bits = [-math.log2(((train == code).sum() + 1) / (len(train) + 24)) for code in codes]
    assert level["unigram_bits"] == pytest.approx(np.mean(bits))


def test_fills_by_hand(model_file: Path, pictures: Pictures) -> None:
    (level,) = evaluate(model_file, "blobs")["levels"]
    codes, model = encoded(pictures.split("train")), small_model()
    given_codes = [torch.from_numpy(codes)]
    found = uniform_fields(model, given_codes)
    swatches, fields = mean_swatches(model, given_codes, found)[0].numpy(), found[0].numpy()
    spread = swatches.astype(np.float64).std(axis=(2, 3)).max(axis=1)
    fills = [code for code in np.unique(codes) if spread[code] <= 4 / 255]
    deviations = [fields[code].astype(np.float64).std(axis=(1, 2)).max() for code in fills]
    assert 0 < level["fill_codes"] == len(fills)
    assert level["fill_field_sd_p95"] == pytest.approx(np.percentile(deviations, 95), abs=1e-9)


def test_a_fill_deviates_by_four_at_most() -> None:
    # Four codes with swatches of known deviation: flat, 4/255 (still a fill), 5/255, and flat but unused.
    half = torch.tensor([1.0, -1.0, 1.0, -1.0]).view(1, 1, 1, 4).expand(1, 3, 4, 4)
    swatches = torch.cat([0.5 + half * step / 255 for step in (0.0, 3.999, 5.0, 0.0)])
    fields = torch.cat([0.5 + half * step / 255 for step in (0.5, 0.25, 9.0, 9.0)])
    level = evaluation._level(torch.tensor([[[0, 1], [2, 2]]]), None, swatches, fields)
    assert level["fill_codes"] == 2
    assert level["fill_field_sd_p95"] * 255 == pytest.approx(np.percentile([0.5, 0.25], 95), abs=1e-4)


def test_each_level_is_counted_by_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(monkeypatch, pictures := small_pictures())
    levels = evaluate(write_small_two_level_model(tmp_path / "two.safetensors"), "blobs")["levels"]
    codes = encode_all(small_two_level_model(), pictures.split("test"))
    assert [level["used_codes"] for level in levels] == [len(grid.unique()) for grid in codes]
    assert [level["codes"] for level in levels] == [24, 24]


def test_without_a_train_split_there_are_no_unigram_bits(
    monkeypatch: pytest.MonkeyPatch, model_file: Path
) -> None:
    pictures = small_pictures(count=6)
    given(monkeypatch, replace(pictures, split_of=np.array(["test"] * 6)))
    (level,) = evaluate(model_file, "blobs")["levels"]
    assert level["unigram_bits"] is None
    assert level["used_codes"] > 0


def test_an_empty_split_is_named_with_those_that_are_not(
    monkeypatch: pytest.MonkeyPatch, model_file: Path
) -> None:
    pictures = small_pictures(count=6)
    given(monkeypatch, replace(pictures, split_of=np.array(["train"] * 6)))
    with pytest.raises(DataFault, match=r"blobs: its test split is empty \(train 6, valid 0, test 0\)"):
        evaluate(model_file, "blobs")
    assert evaluate(model_file, "blobs", "train")["images"] == 6


def test_what_does_not_exist_is_named(model_file: Path, pictures: Pictures) -> None:
    with pytest.raises(DataFault, match="'dev' does not exist: use train"):
        evaluate(model_file, "blobs", "dev")
    with pytest.raises(ModelNotFound, match="'nobody'"):
        evaluate("nobody", "blobs")
    with pytest.raises(OptionFault, match="'abacus' cannot be used here"):
        evaluate(model_file, "blobs", device="abacus")


def test_skipped_files_are_listed(monkeypatch: pytest.MonkeyPatch, model_file: Path) -> None:
    given(monkeypatch, replace(small_pictures(count=20), skipped=("a.png", "b.png")))
    assert evaluate(model_file, "blobs")["skipped"] == ["a.png", "b.png"]


def test_the_share_done_rises_to_all_of_it(model_file: Path, pictures: Pictures) -> None:
    told: list[float] = []
    evaluate(model_file, "blobs", progress=lambda _what, part: told.append(part))
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)


def vector_model(tmp_path: Path, family: str = "vae", **options: object) -> Path:
    """An untrained model of grey blobs, with vector latents."""
    sizes = {"image_size": 16, "channels": 1, "latent_dim": 3, "architecture": "mlp", "hidden": 8}
    torch.manual_seed(4)
    model = build(family, {**sizes, **options})
    path = tmp_path / f"{family}.safetensors"
    description = describe(model, small_pictures(channels=1), recipe={}, training={}, metrics={})
    write_model(path, model_tensors(model), description)
    return path


def test_nats_are_of_one_binary_draw_of_the_whole_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pictures = given(monkeypatch, small_pictures(count=60, channels=1))
    path = vector_model(tmp_path, **BERNOULLI)
    expected = measure_nats(load(path, "cpu"), pictures.binarised().split("valid"), samples=7)
    figures = evaluate(path, "blobs", "valid", samples=7)
    assert (figures["elbo_nats"], figures["nll_nats"]) == pytest.approx((expected.elbo, expected.nll))
    assert (figures["reconstruction_nats"], figures["kl_nats"]) == (expected.reconstruction, expected.kl)
    assert figures["active_units"] == expected.active_units
    assert "7 draws" in figures["protocol"]
    assert json.loads(json.dumps(figures)) == figures
    assert figures["levels"] == []


def test_without_samples_there_is_an_elbo_and_no_likelihood(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given(monkeypatch, small_pictures(count=60, channels=1))
    figures = evaluate(vector_model(tmp_path, **BERNOULLI), "blobs")
    assert figures["nll_nats"] is None
    assert figures["elbo_nats"] == pytest.approx(-figures["reconstruction_nats"] - figures["kl_nats"])


def test_a_gaussian_sees_the_pictures_as_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pictures = given(monkeypatch, small_pictures(count=60, channels=1))
    path = vector_model(tmp_path, likelihood="gaussian")
    expected = measure_nats(load(path, "cpu"), pictures.split("test"), samples=3)
    figures = evaluate(path, "blobs", samples=3)
    assert figures["nll_nats"] == expected.nll
    assert "densities" in figures["protocol"]


@pytest.mark.parametrize("binarise", ["none", "static", "dynamic"])
def test_errors_are_of_the_pictures_the_model_is_made_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, binarise: str
) -> None:
    pictures = given(monkeypatch, small_pictures(count=60, channels=1))
    path = vector_model(tmp_path, **BERNOULLI, binarise=binarise)
    seen = pictures.binarised() if binarise == "static" else pictures
    expected = mean_squared_error(load(path, "cpu"), seen.split("test"))
    assert evaluate(path, "blobs")["mse"] == expected


def test_true_labels_are_given_and_others_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pictures = given(monkeypatch, small_pictures(count=60, channels=1))
    path = vector_model(tmp_path, "cvae", **BERNOULLI, labels=2)
    told = evaluate(path, "blobs", samples=5)["nll_nats"]
    given(monkeypatch, replace(pictures, labels=1 - pictures.labels))
    assert evaluate(path, "blobs", samples=5)["nll_nats"] != told
    given(monkeypatch, replace(pictures, label_names=("even", "prime")))
    with pytest.raises(DataFault, match=r"blobs: its labels are not those .* \(even, odd\)"):
        evaluate(path, "blobs")


def test_a_plain_autoencoder_has_errors_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(monkeypatch, small_pictures(count=60, channels=1))
    figures = evaluate(vector_model(tmp_path, "ae"), "blobs", samples=5)
    assert figures["mse"] > 0
    assert figures["levels"] == []
    nats = ("elbo_nats", "reconstruction_nats", "kl_nats", "nll_nats", "active_units")
    assert [figures[key] for key in nats] == [None] * 5
