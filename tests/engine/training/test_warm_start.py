"""A run that starts from a trained model: its weights, its architecture, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.checkpoint import read_card, read_tensors
from engine.data.cache import VARIABLE
from engine.data.source import DataShape
from engine.errors import ModelFault, OptionFault
from engine.models.quantised import QuantisedAutoencoder
from engine.models.registry import FAMILIES, load
from engine.training import loop, start
from engine.training.config import Length
from engine.training.run import Run
from engine.training.shelf import read_run, read_settings
from engine.training.start import TrainRequest, train
from tests.engine.training.families import request
from tests.small import small_pictures, write_small_model, write_small_priors, write_small_two_level_model

STILL = ("learning_rate=1e-9", "weight_decay=0", "warmup_steps=0", "validations=1")


@pytest.fixture(autouse=True)
def _small_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    threads = torch.get_num_threads()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(
        start, "open_data", lambda _name, size, channels, *_: small_pictures(40, size, channels)
    )
    monkeypatch.setattr(start, "natural_shape", lambda _: DataShape(16, 3))
    monkeypatch.setattr(loop, "TELL_EVERY_S", 0.0)
    yield
    torch.set_num_threads(threads)


def trained(out: Path, family: str = "vqvae") -> Path:
    list(train(request(out, family)))
    return out / "model.safetensors"


def started(out: Path, model: Path, *settings: str, **changes: object) -> TrainRequest:
    values: dict[str, object] = {
        "data": "blobs", "length": Length(steps=1), "batch_size": 8, "device": "cpu", "threads": 1,
    }  # fmt: skip
    return TrainRequest(out=out, start_from=str(model), settings=settings, **{**values, **changes})  # type: ignore[arg-type]


def weights(path: Path, prefix: str) -> dict[str, NDArray[Any]]:
    return read_tensors(path, prefix)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_run_begins_with_the_weights_of_the_model(tmp_path: Path, family: str) -> None:
    first = trained(tmp_path / "first", family)
    list(train(started(tmp_path / "second", first, *STILL, seed=5)))
    second = tmp_path / "second" / "model.safetensors"
    before, after = weights(first, "autoencoder."), weights(second, "autoencoder.")
    assert before.keys() == after.keys()
    for name, weight in before.items():
        if name.endswith("embedding"):  # codebooks follow what they see, a hundredth of the way
            assert np.abs(after[name] - weight).max() < 0.05 * np.abs(weight).max(), name
        else:
            np.testing.assert_allclose(after[name], weight, atol=1e-6, err_msg=name)
    card = read_card(second)
    assert (card.family, card.config) == (family, read_card(first).config)
    assert card.recipe["start_from"]["model"] == "first"  # not where somebody keeps it


def test_it_goes_on_after_the_model_is_gone_and_ends_bit_identical(tmp_path: Path) -> None:
    first = trained(tmp_path / "first")
    asked = {"length": Length(steps=9), "settings": ("validations=2",)}
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for out, stop in ((whole, None), (parts, 4)):
        values: dict[str, object] = {"data": "blobs", "batch_size": 8, "device": "cpu", "threads": 1, **asked}
        list(train(TrainRequest(out=out, start_from=str(first), stop_after=stop, **values)))  # type: ignore[arg-type]
    first.unlink()
    assert list(train(TrainRequest(out=parts, resume=True)))[-1].event == "finished"
    a, b = weights(whole / "model.safetensors", ""), weights(parts / "model.safetensors", "")
    assert a.keys() == b.keys()
    assert all(np.array_equal(a[name], b[name]) for name in a)


def test_how_it_learns_is_its_own_and_its_architecture_is_not(tmp_path: Path) -> None:
    model = write_small_model(tmp_path / "small.safetensors", with_statistics=False)
    list(train(started(tmp_path / "own", model, "beta=0.5", "restart_every=0")))
    asked = Run(tmp_path / "own").read_config()
    assert (asked.model["beta"], asked.model["restart_every"]) == (0.5, 0)
    assert asked.model["hidden"] == read_card(model).config["hidden"]
    with pytest.raises(OptionFault, match="its weights do not fit the architecture asked for"):
        list(train(started(tmp_path / "other", model, "hidden=24")))
    assert not (tmp_path / "other" / "config.json").exists()


@pytest.mark.parametrize(
    ("family", "settings", "sizes"),
    [("vqvae", ["codes=16"], [16]), ("vqvae2", ["codes=16", "coarse_codes=5"], [5, 16])],
)
def test_codebooks_of_another_size_are_placed_on_what_the_encoder_says(
    tmp_path: Path, family: str, settings: list[str], sizes: list[int]
) -> None:
    first = trained(tmp_path / "first", family)
    list(train(started(tmp_path / "second", first, *STILL, *settings)))
    before = weights(first, "autoencoder.")
    after = weights(tmp_path / "second" / "model.safetensors", "autoencoder.")
    books = sorted(name for name in after if name.endswith("embedding"))
    assert [len(after[name]) for name in books] == sizes
    for name in after.keys() - set(books):
        np.testing.assert_allclose(after[name], before[name], atol=1e-6, err_msg=name)
    model = load(tmp_path / "second" / "model.safetensors")
    assert isinstance(model, QuantisedAutoencoder)
    codes = model.encode_codes(torch.from_numpy(small_pictures(40).images[:]).permute(0, 3, 1, 2) / 255)
    # Each is an encoding of the batch of eight, so among forty pictures most are somebody's nearest.
    assert all(len(level.unique()) > size / 2 for level, size in zip(codes, sizes, strict=True))


@pytest.mark.parametrize("write", [write_small_model, write_small_two_level_model])
def test_priors_begin_with_those_of_another_model(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    model = write(tmp_path / "small.safetensors")
    first = write_small_priors(tmp_path / "first.safetensors", model, layers=4)
    list(train(started(tmp_path / "run", first, *STILL, trains_priors=True, prior_of=str(model))))
    second = tmp_path / "run" / "model.safetensors"
    before, after = weights(first, "prior."), weights(second, "prior.")
    assert before.keys() == after.keys()
    for name, weight in before.items():
        np.testing.assert_allclose(after[name], weight, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("write", [write_small_model, write_small_two_level_model])
def test_priors_without_a_layout_are_given_one_that_says_nothing_yet(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    model = write(tmp_path / "small.safetensors")
    first = write_small_priors(tmp_path / "first.safetensors", model, layers=4)
    settings = (*STILL, "layout=3", "varied=0.5", "variations=1")
    list(train(started(tmp_path / "run", first, *settings, trains_priors=True, prior_of=str(model))))
    second = tmp_path / "run" / "model.safetensors"
    before, after = weights(first, "prior."), weights(second, "prior.")
    for name, weight in before.items():
        np.testing.assert_allclose(after[name], weight, atol=1e-6, err_msg=name)
    new = after.keys() - before.keys()
    assert {"prior.layout.centres", "prior.layout_prior.pixelcnn.embedding.weight"} < new
    told = [name for name in new if ".told." in name]
    assert len(told) == 4
    assert all(np.abs(after[name]).max() < 1e-6 for name in told)
    vectors = load(model).codebook(0).numpy()  # type: ignore[attr-defined]  # it has codes
    assert np.array_equal(after["prior.layout.vectors"], vectors)
    assert np.abs(after["prior.layout.centres"]).max() > 0


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [((), True), (("layout=5",), False), (("layout_block=4",), False), (("layout=0",), None)],
)
def test_another_layout_begins_anew_as_a_whole(
    tmp_path: Path, change: tuple[str, ...], is_kept: bool | None
) -> None:
    model = write_small_two_level_model(tmp_path / "small.safetensors")
    first = write_small_priors(tmp_path / "first.safetensors", model, layout=3)
    asked = started(tmp_path / "run", first, *STILL, *change, trains_priors=True, prior_of=str(model))
    list(train(asked))
    before = weights(first, "prior.")
    after = weights(tmp_path / "run" / "model.safetensors", "prior.")
    of_layout = {
        name
        for name in before
        if name.startswith(("prior.layout", "prior.0.context."))
        or (".told." in name and ".0.pixelcnn" in name)
    }
    for name in before.keys() - of_layout:
        np.testing.assert_allclose(after[name], before[name], atol=1e-6, err_msg=name)
    told = [name for name in of_layout if "told" in name]
    if is_kept is None:
        assert not of_layout & after.keys()
    elif is_kept:
        for name in of_layout:
            np.testing.assert_allclose(after[name], before[name], atol=1e-6, err_msg=name)
    else:
        assert all(np.abs(after[name]).max() < 1e-6 < np.abs(before[name]).max() for name in told)
        assert not any(
            before[name].shape == after[name].shape and np.allclose(before[name], after[name])
            for name in of_layout
            if name.endswith("across.weight")
        )


def test_which_levels_learned_is_not_taken_over(tmp_path: Path) -> None:
    model = write_small_two_level_model(tmp_path / "small.safetensors")
    first = write_small_priors(tmp_path / "first.safetensors", model, learn="finest")
    asked = started(tmp_path / "run", first, *STILL, trains_priors=True, prior_of=str(model))
    list(train(asked))
    prior = read_card(tmp_path / "run" / "model.safetensors").prior
    assert prior is not None
    assert prior.config["learn"] == "all"


def test_what_cannot_be_started_from_is_refused_before_there_is_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write_small_model(tmp_path / "small.safetensors", with_statistics=False)
    out = tmp_path / "run"
    refused = [
        (started(out, model, family="vae"), "--model vae: .*small.*, to start from, is of family vqvae"),
        (started(out, model, trains_priors=True, prior_of=str(model)), "has no priors to start from"),
        (started(out, model, data=None), "train needs --model and --data"),
    ]
    for asked, message in refused:
        with pytest.raises(OptionFault, match=message):
            list(train(asked))
    cvae = trained(tmp_path / "cvae", "cvae")
    pictures = small_pictures(40)
    other = replace(pictures, labels=np.arange(40, dtype=np.int64) % 3, label_names=("a", "b", "c"))
    monkeypatch.setattr(start, "open_data", lambda *_: other)
    with pytest.raises(OptionFault, match="cvae: it knows 2 labels, blobs has 3"):
        list(train(started(out, cvae)))
    assert not (out / "config.json").exists()


def test_a_model_that_has_become_another_is_refused(tmp_path: Path) -> None:
    model = write_small_model(tmp_path / "small.safetensors", with_statistics=False)
    out = tmp_path / "run"
    list(train(started(out, model, length=Length(steps=3), stop_after=1)))
    (out / "last" / "weights.safetensors").unlink()  # as if it had been killed before its first snapshot
    write_small_model(model, with_statistics=False, codes=25)
    with pytest.raises(ModelFault, match="is no longer what this run was to start from"):
        list(train(TrainRequest(out=out, resume=True)))


def test_resuming_takes_the_same_start_only(tmp_path: Path) -> None:
    model = write_small_model(tmp_path / "small.safetensors", with_statistics=False)
    out = tmp_path / "run"
    list(train(started(out, model, length=Length(steps=3), stop_after=1)))
    with pytest.raises(OptionFault, match=r"--start-from .*emoji-vqvae: .* was started with .*small"):
        list(train(TrainRequest(out=out, resume=True, start_from="emoji-vqvae")))
    assert list(train(TrainRequest(out=out, resume=True, start_from=str(model))))[-1].event == "finished"


def test_priors_that_know_other_labels_are_refused(tmp_path: Path) -> None:
    model = write_small_model(tmp_path / "small.safetensors")
    first = write_small_priors(tmp_path / "first.safetensors", model, labels=0)
    with pytest.raises(OptionFault, match="first: it knows 0 labels, blobs has 2"):
        list(train(started(tmp_path / "run", first, trains_priors=True, prior_of=str(model))))
    assert not (tmp_path / "run" / "config.json").exists()


def test_what_it_started_from_is_on_record(tmp_path: Path) -> None:
    model = write_small_model(tmp_path / "small.safetensors", with_statistics=False)
    list(train(started(tmp_path / "run", model, "beta=0.5")))
    assert read_run(tmp_path / "run").start_from == "small"
    asked = read_settings(tmp_path / "run")
    assert (asked.start_from, asked.start_name) == (str(model), "small")
    assert {"beta=0.5", f"codes={read_card(model).config['codes']}"} <= set(asked.settings)
    trained(tmp_path / "other")
    assert (read_run(tmp_path / "other").start_from, read_settings(tmp_path / "other").start_from) == ("", "")
