"""Training priors: the model's file grows by them, resuming changes nothing, and they learn."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import engine
from engine.analysis import evaluate as evaluation
from engine.analysis.evaluate import evaluate
from engine.checkpoint import read_card, read_prior_weights, read_statistics, read_tensors
from engine.data.cache import VARIABLE
from engine.data.source import Pictures
from engine.errors import OptionFault, RunFault
from engine.models.base import DiscreteAutoencoder
from engine.training import prior_stage, start
from engine.training.config import Length
from engine.training.events import Event
from engine.training.shelf import read_run, read_settings
from engine.training.start import TrainRequest, train
from tests.small import small_pictures, write_small_model, write_small_priors, write_small_two_level_model

SMALL = (
    "channels=8", "layers=2", "head=8", "context=8", "context_blocks=1", "validations=3", "warmup_steps=4",
)  # fmt: skip
WRITERS = {"vqvae": write_small_model, "vqvae2": write_small_two_level_model}


@pytest.fixture(autouse=True)
def _own_cache(small_data: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))


@pytest.fixture(params=WRITERS)
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return WRITERS[request.param](tmp_path / "small.safetensors")


def request(model: Path | None, out: Path, *settings: str, **changes: object) -> TrainRequest:
    values: dict[str, object] = {
        "data": "blobs",
        "length": Length(steps=12),
        "batch_size": 8,
        "settings": (*SMALL, *settings),
        "device": "cpu",
        "threads": 1,
        "trains_priors": True,
        "prior_of": None if model is None else str(model),
    }
    return TrainRequest(out=out, **{**values, **changes})  # type: ignore[arg-type]


def finish(model: Path, out: Path, *settings: str, **changes: object) -> list[Event]:
    return list(train(request(model, out, *settings, **changes)))


def resume(out: Path, **changes: object) -> list[Event]:
    return list(train(TrainRequest(out=out, resume=True, **changes)))  # type: ignore[arg-type]


def test_the_model_file_gets_its_priors_and_keeps_all_else(model: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    events = finish(model, run)
    assert (events[-1].event, events[-1].path) == ("finished", str(run / "model.safetensors"))
    assert events[-1].message is not None
    assert "bits per code on the validation split" in events[-1].message
    for path in (run / "model.safetensors", run / "last" / "weights.safetensors"):
        before, after = read_card(model), read_card(path)
        assert (after.model_id, after.metrics, after.recipe) == (
            before.model_id,
            before.metrics,
            before.recipe,
        )
        kept = {name: t for name, t in read_tensors(path, "").items() if name[:5] in ("autoe", "stats")}
        known = read_tensors(model, "")
        assert kept.keys() == known.keys()
        assert all(np.array_equal(kept[name], known[name]) for name in known)
        loaded = engine.load(path)
        assert isinstance(loaded, DiscreteAutoencoder)
        assert loaded.priors is not None
        assert loaded.priors.label_count == 2
    assert len(read_statistics(run / "model.safetensors")) == len(read_card(model).levels)
    assert not read_tensors(run / "model.safetensors", "train.")


def test_the_file_says_how_its_priors_were_trained(model: Path, tmp_path: Path) -> None:
    finish(model, tmp_path / "run")
    prior = read_card(tmp_path / "run" / "model.safetensors").prior
    assert prior is not None
    assert (prior.data, prior.labels, prior.config["channels"]) == ("blobs", ["even", "odd"], 8)
    assert (prior.training["total_steps"], prior.training["finished"]) == (12, True)
    levels = range(len(read_card(model).levels))
    assert prior.metrics.keys() == {"valid_bits", *(f"valid_bits_{level}" for level in levels)}
    assert read_card(tmp_path / "run" / "model.safetensors").last_training == prior.training
    assert prior.recipe["prior"]["model"] == "small"  # it travels without somebody's paths
    assert str(tmp_path) not in json.dumps(prior.recipe)


def test_a_run_writes_what_followers_read(model: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    finish(model, run)
    metrics = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert {"bits_0", "loss", "learning_rate", "gradient_norm"} <= metrics[0].keys()
    assert [m["step"] for m in metrics if "valid_bits" in m] == [4, 8, 12]
    assert sorted(p.name for p in (run / "previews").iterdir()) == [f"step-{s:07d}.png" for s in (4, 8, 12)]
    assert not (run / "codes.npz").exists()  # no code is learned
    card = read_run(run)
    assert (card.status, card.family) == ("finished", read_card(model).family)
    assert card.best["valid_bits"] > 0
    assert "valid_psnr" not in card.best
    asked = read_settings(run)
    assert (asked.prior_of, asked.prior_name, card.prior_of) == (str(model), "small", "small")
    assert {"layers=2", "batch_size=8", "flips=0.5"} <= set(asked.settings)
    assert not any(setting.startswith(("codes=", "crops=")) for setting in asked.settings)


def test_the_best_on_the_validation_split_is_kept(model: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    finish(model, run)
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    prior = read_card(run / "model.safetensors").prior
    assert prior is not None
    assert prior.metrics["valid_bits"] == min(line["valid_bits"] for line in lines if "valid_bits" in line)


LAID_OUT = ("layout=3", "varied=0.5", "variations=2", "label_balance=0.5")


@pytest.mark.parametrize("settings", [(), LAID_OUT], ids=["plain", "layout and variations"])
def test_stopping_and_going_on_changes_not_a_bit(
    model: Path, tmp_path: Path, settings: tuple[str, ...]
) -> None:
    finish(model, tmp_path / "whole", "dropout=0.3", *settings)
    stopped = finish(model, tmp_path / "parts", "dropout=0.3", *settings, stop_after=5)[-1]
    assert stopped.message == (
        f"stopped at step 5; go on with: train-prior --out {tmp_path / 'parts'} --resume"
    )
    resume(tmp_path / "parts", stop_after=7)
    model.unlink()  # the run has it
    assert resume(tmp_path / "parts")[-1].event == "finished"
    for name in ("model.safetensors", "last/weights.safetensors"):
        whole, parts = (read_tensors(tmp_path / run / name, "") for run in ("whole", "parts"))
        assert whole.keys() == parts.keys()
        assert all(np.array_equal(whole[key], parts[key]) for key in whole), name
    assert resume(tmp_path / "parts")[-1].message is not None


def test_what_was_asked_for_is_on_record_and_may_not_change(model: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    finish(model, run, *LAID_OUT, stop_after=5)
    assert set(LAID_OUT) <= set(read_settings(run).settings)
    for other in ("variations=3", "layout=4"):
        with pytest.raises(OptionFault, match=other.partition("=")[0]):
            resume(run, settings=(other,))
    assert resume(run, settings=("variations=2",))[-1].event == "finished"


def test_weights_too_large_for_float16_are_stored_as_they_are() -> None:
    small, large = np.ones(3, np.float32), np.array([1, 1e6], np.float32)
    assert prior_stage._halved(small).dtype == np.float16
    assert prior_stage._halved(large) is large


def test_finished_weights_may_take_half_the_room(model: Path, tmp_path: Path) -> None:
    whole, half = tmp_path / "whole", tmp_path / "half"
    for run, precision in ((whole, "float32"), (half, "float16")):
        finish(model, run, "layout=3", f"file_precision={precision}")
    stored = read_tensors(half / "model.safetensors", "prior.")
    exact = read_tensors(whole / "model.safetensors", "prior.")
    assert {name for name, t in stored.items() if t.dtype != np.float16} == {
        "prior.layout.centres",
        "prior.layout.vectors",
    }
    # Snapshots, which runs go on from, are exact; what is read is what the file's id is of.
    snapshot = read_tensors(half / "last" / "weights.safetensors", "prior.")
    assert all(tensor.dtype == np.float32 for tensor in snapshot.values())
    read = read_prior_weights(half / "model.safetensors")
    assert read.keys() == exact.keys()
    for name, tensor in read.items():
        assert tensor.dtype == np.float32
        np.testing.assert_allclose(tensor, exact[name], rtol=1e-3, atol=1e-6, err_msg=name)
    loaded = engine.load(half)
    assert isinstance(loaded, DiscreteAutoencoder)
    assert loaded.priors is not None
    again = tmp_path / "again"
    started = finish(model, again, "layout=3", start_from=str(half / "model.safetensors"))
    assert started[-1].event == "finished"
    assert read_tensors(again / "model.safetensors", "prior.")["prior.layout.centres"].dtype == np.float32
    card = read_card(again / "model.safetensors")
    assert card.prior is not None
    assert card.prior.config["file_precision"] == "float32"


def test_levels_that_do_not_learn_need_to_have_learned(model: Path, tmp_path: Path) -> None:
    levels = len(read_card(model).levels)
    said = "several levels" if levels == 1 else "needs --start-from"
    for learn in ("coarser", "finest"):
        with pytest.raises(OptionFault, match=said):
            finish(model, tmp_path / "run", f"learn={learn}")
    if levels > 1:
        first = write_small_priors(tmp_path / "first.safetensors", model)
        with pytest.raises(OptionFault, match="this one would be new"):
            finish(model, tmp_path / "run", "learn=finest", "layout=3", start_from=str(first))
    assert not (tmp_path / "run").exists()


def test_priors_that_are_there_are_replaced(model: Path, tmp_path: Path) -> None:
    first = write_small_priors(tmp_path / "first.safetensors", model, layers=4)
    finish(first, tmp_path / "run")
    loaded = engine.load(tmp_path / "run")
    assert isinstance(loaded, DiscreteAutoencoder)
    assert loaded.priors is not None
    assert loaded.priors.config.layers == 2


def test_without_a_validation_split_the_newest_is_kept(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "open_data", lambda *_: small_pictures().split("train"))
    assert finish(model, tmp_path / "run")[-1].event == "finished"
    prior = read_card(tmp_path / "run" / "model.safetensors").prior
    assert prior is not None
    assert prior.metrics == {}


def test_pictures_without_labels_condition_nothing(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlabelled() -> Pictures:
        pictures = small_pictures()
        return replace(pictures, labels=np.zeros_like(pictures.labels), label_names=("unlabelled",))

    monkeypatch.setattr(start, "open_data", lambda *_: unlabelled())
    finish(model, tmp_path / "run", "flips=0")
    loaded = engine.load(tmp_path / "run")
    assert isinstance(loaded, DiscreteAutoencoder)
    assert loaded.priors is not None
    assert loaded.priors.label_count == 0


def test_minutes_become_steps(model: Path, tmp_path: Path) -> None:
    events = finish(model, tmp_path / "run", length=Length(minutes=0.05))
    assert events[-1].event == "finished"
    total = json.loads((tmp_path / "run" / "config.json").read_text())["total_steps"]
    assert events[-1].step == total > 12


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("codes=12",), r"--set codes=12: use key=value with a key of .*channels.*flips"),
        (("zooms=0.1",), "--set zooms=0.1: use key=value"),
        (("channels=1",), "option channels: expected"),
        (("labels=7",), "labels=7: blobs has 2 labels; leave the option out"),
    ],
)
def test_options_that_make_no_sense_are_named(
    tmp_path: Path, settings: tuple[str, ...], message: str
) -> None:
    model = write_small_model(tmp_path / "small.safetensors", with_statistics=False)
    with pytest.raises(OptionFault, match=message):
        finish(model, tmp_path / "run", *settings)
    assert not (tmp_path / "run" / "config.json").exists()


def test_a_run_goes_on_with_its_own_model_and_options(tmp_path: Path) -> None:
    model = write_small_model(tmp_path / "small.safetensors", with_statistics=False)
    run = tmp_path / "run"
    finish(model, run, stop_after=1)
    with pytest.raises(OptionFault, match=r"MODEL .*other\.safetensors: .* was started with .*small"):
        resume(run, prior_of=str(tmp_path / "other.safetensors"))
    with pytest.raises(OptionFault, match=r"--set layers 9: .* was started with 2"):
        resume(run, settings=("layers=9",))
    assert resume(run, prior_of=str(model), settings=SMALL, stop_after=2)[-1].step == 2


def test_a_model_that_has_become_another_is_refused(tmp_path: Path) -> None:
    model = write_small_model(tmp_path / "small.safetensors", with_statistics=False)
    run = tmp_path / "run"
    finish(model, run, stop_after=1)
    (run / "last" / "weights.safetensors").unlink()  # as if it had been killed before its first snapshot
    write_small_model(model, with_statistics=False, codes=25)
    with pytest.raises(RunFault, match="its priors are for another model than"):
        resume(run)


def patterned(count: int = 60) -> Pictures:
    """Pictures of one colour each: given the first code, nothing is left to guess."""
    pictures = small_pictures(count)
    colours = np.asarray(pictures.images)[:, :1, :1]
    return replace(pictures, images=np.broadcast_to(colours, pictures.images.shape).copy())


def test_priors_learn_what_frequencies_do_not_say(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "open_data", lambda *_: patterned())
    monkeypatch.setattr(evaluation, "open_data", lambda *_: patterned())
    quick = "channels=16", "dropout=0", "ema_decay=0.9", "learning_rate=0.02"
    finish(model, tmp_path / "run", *quick, length=Length(steps=150))
    figures = evaluate(tmp_path / "run", "blobs", "valid")
    assert "given those before them, the coarser levels and the true label" in figures["protocol"]
    for level in figures["levels"]:
        assert 0 < level["bits_per_code"] < 0.6 * level["unigram_bits"]
    prior = read_card(tmp_path / "run" / "model.safetensors").prior
    assert prior is not None
    for index, level in enumerate(figures["levels"]):
        assert level["bits_per_code"] == pytest.approx(prior.metrics[f"valid_bits_{index}"], rel=1e-4)


def test_other_labels_than_the_priors_are_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = write_small_model(tmp_path / "plain.safetensors", with_statistics=False)
    path = write_small_priors(tmp_path / "small.safetensors", plain)
    monkeypatch.setattr(evaluation, "open_data", lambda *_: small_pictures())
    given = evaluate(path, "blobs")
    monkeypatch.setattr(
        evaluation, "open_data", lambda *_: replace(small_pictures(), label_names=("left", "right"))
    )
    other = evaluate(path, "blobs")
    assert "and no label (they are not the prior's)" in other["protocol"]
    assert other["levels"][0]["bits_per_code"] != given["levels"][0]["bits_per_code"]
