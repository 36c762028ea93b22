"""Training: what it writes, and that stopping and going on changes nothing."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import engine
from engine.checkpoint import read_card, read_statistics
from engine.data.source import Pictures
from engine.models.vqvae import VQVAE
from engine.progress import Progress
from engine.training import loop, start
from engine.training.autoencoder_stage import AutoencoderStage
from engine.training.config import Length, RunConfig
from engine.training.events import Event
from engine.training.run import Run
from engine.training.start import TrainRequest, train
from tests.engine.training.small_run import SMALL, finish, request, same_tensors
from tests.small import small_pictures

pytestmark = pytest.mark.usefixtures("small_data")


def test_a_run_writes_all_that_is_promised(tmp_path: Path) -> None:
    run = tmp_path / "run"
    events = finish(run)
    assert [e.step for e in events if e.event == "step"] == list(range(1, 13))
    assert [e.step for e in events if e.event == "preview"] == [4, 8, 12]
    assert (events[-1].event, events[-1].path) == ("finished", str(run / "model.safetensors"))
    written = [json.loads(line)["event"] for line in (run / "events.jsonl").read_text().splitlines()]
    assert written == [event.event for event in events]
    assert sorted(p.name for p in (run / "previews").iterdir()) == [f"step-{s:07d}.png" for s in (4, 8, 12)]
    config = json.loads((run / "config.json").read_text())
    assert (config["total_steps"], config["model"]["codes"], config["seed"]) == (12, 24, 0)
    metrics = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert {"mse", "loss", "learning_rate"} <= metrics[0].keys()
    assert [m["step"] for m in metrics if "valid_psnr" in m] == [4, 8, 12]
    # Readers keep the last record of a step: it must say all of it.
    newest = {m["step"]: m for m in metrics}
    assert sorted(newest) == list(range(1, 13))
    assert all("loss" in m for m in newest.values())
    assert isinstance(engine.load(run), VQVAE)
    assert isinstance(engine.load(run / "last" / "weights.safetensors"), VQVAE)
    assert len(read_statistics(run / "model.safetensors")) == 1


def test_codes_npz_says_how_alive_each_code_is(tmp_path: Path) -> None:
    finish(tmp_path / "run")
    with np.load(tmp_path / "run" / "codes.npz", allow_pickle=False) as life:
        assert sorted(life) == ["restarted_0", "step", "use_0"]
        assert life["step"] == 12
        assert life["use_0"].dtype == np.float32
        assert life["use_0"].sum() == pytest.approx(1.0)
        assert (life["restarted_0"].shape, life["restarted_0"].dtype) == ((24,), np.int64)


def test_the_newest_preview_is_replaced_and_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "FIRST_LATEST_S", 0.0)
    latest = tmp_path / "run" / "previews" / "latest.png"
    told = [event for event in finish(tmp_path / "run") if event.path == str(latest)]
    assert [(event.event, event.step) for event in told] == [("preview", 1)]
    with Image.open(latest) as image:
        assert image.size == (16 * 4, 2 * 16)  # as many columns as there are pictures, two rows


def test_the_best_on_the_validation_split_is_kept(tmp_path: Path) -> None:
    finish(tmp_path / "run")
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    best = min((m["valid_mse"], m["step"]) for m in lines if "valid_mse" in m)
    card = read_card(tmp_path / "run" / "model.safetensors")
    assert (card.metrics["valid_mse"], card.training["step"]) == best
    assert card.recipe["seed"] == 0


@pytest.mark.parametrize(("keep", "step"), [("best", 4), ("newest", 12)])
def test_of_a_run_that_gets_worse_the_best_is_kept_or_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: str, step: int
) -> None:
    scores = itertools.count(0, -1)
    monkeypatch.setattr(AutoencoderStage, "score", lambda *_: float(next(scores)))
    settings = (*request(tmp_path / "run").settings, f"keep={keep}")
    finish(tmp_path / "run", settings=settings)
    assert read_card(tmp_path / "run" / "model.safetensors").training["step"] == step


@pytest.mark.parametrize("stops", [(5,), (1, 4, 11)])
@pytest.mark.parametrize("extra", [(), ("ema_decay=0.9", "clip_norm=0.5", "weight_decay=0.01")])
def test_stopping_and_going_on_ends_bit_identical(
    tmp_path: Path, stops: tuple[int, ...], extra: tuple[str, ...]
) -> None:
    settings = (*request(tmp_path).settings, *extra)
    finish(tmp_path / "whole", settings=settings)
    parts = tmp_path / "parts"
    first, *later = stops
    last = list(train(request(parts, stop_after=first, settings=settings)))[-1]
    assert (last.event, last.step) == ("saved", first)
    assert "--resume" in (last.message or "")
    for stop in later:
        assert list(train(TrainRequest(out=parts, resume=True, stop_after=stop)))[-1].step == stop
    assert list(train(TrainRequest(out=parts, resume=True)))[-1].event == "finished"
    for name in ("model.safetensors", "last/weights.safetensors"):
        assert same_tensors(tmp_path / "whole" / name, parts / name)


def test_being_asked_to_stop_saves_and_says_how_to_go_on(tmp_path: Path) -> None:
    seen: list[Event] = []
    for event in train(request(tmp_path / "run"), should_stop=lambda: len(seen) >= 3):
        seen.append(event)
    assert (seen[-1].event, seen[-1].step) == ("saved", 3)
    assert read_card(tmp_path / "run" / "last" / "weights.safetensors").training["step"] == 3


def test_control_json_stops_and_pauses(tmp_path: Path) -> None:
    run = tmp_path / "run"
    training = train(request(run))
    next(training)
    (run / "control.json").write_text('{"command": "stop"}')
    assert [event.event for event in training] == ["saved"]
    resumed = train(TrainRequest(out=run, resume=True))
    assert next(resumed).step == 2  # an old request does not stop the run again
    (run / "control.json").write_text('{"command": "pause"')  # torn: being written
    assert next(resumed).step == 3
    resumed.close()


def test_minutes_become_steps_once_the_pace_is_known(tmp_path: Path) -> None:
    events = finish(tmp_path / "run", length=Length(minutes=0.05))
    config = Run(tmp_path / "run").read_config()
    assert isinstance(config, RunConfig)
    assert config.total_steps is not None
    assert config.total_steps >= 20
    assert [e.step for e in events if e.event == "step"][-1] == config.total_steps
    assert config.validations is not None
    assert sum(e.event == "preview" for e in events) <= config.validations


def test_epochs_become_steps(tmp_path: Path) -> None:
    events = finish(tmp_path / "run", length=Length(epochs=1.5))
    assert events[-1].step == 6  # 32 train pictures in batches of 8


def test_without_a_validation_split_the_newest_is_the_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "open_data", lambda *_: small_pictures().split("train"))
    run = tmp_path / "run"
    events = list(train(request(run, stop_after=5)))
    assert [e.event for e in events if e.event != "step"] == ["preview", "saved", "saved"]
    assert read_card(run / "model.safetensors").training["step"] == 4  # a kill would leave a model
    assert list(train(TrainRequest(out=run, resume=True)))[-1].event == "finished"
    best, last = run / "model.safetensors", run / "last" / "weights.safetensors"
    assert read_card(best).model_id == read_card(last).model_id
    assert read_card(best).metrics == {}
    assert len(read_statistics(best)) == 1


def test_stopping_after_what_is_done_stops_at_once(tmp_path: Path) -> None:
    list(train(request(tmp_path / "run", stop_after=5)))
    for stop in (5, 2):
        events = list(train(TrainRequest(out=tmp_path / "run", resume=True, stop_after=stop)))
        assert [(e.event, e.step) for e in events] == [("saved", 5)]


def test_a_finished_run_says_so_and_is_left_alone(tmp_path: Path) -> None:
    run = tmp_path / "run"
    finish(run, steps=3)
    files = [run / "model.safetensors", run / "last" / "weights.safetensors"]
    kept = [path.read_bytes() for path in files]
    (event,) = train(TrainRequest(out=run, resume=True))
    assert event.event == "finished"
    assert event.message is not None
    assert event.message.startswith("already finished: 3 steps, ")
    assert [path.read_bytes() for path in files] == kept


def test_a_run_cut_off_before_its_statistics_gets_them(tmp_path: Path) -> None:
    run = tmp_path / "run"
    training = train(request(run, steps=3))
    while next(training).path != str(run / "last" / "weights.safetensors"):
        pass
    training.close()
    assert read_statistics(run / "model.safetensors") == ()
    assert list(train(TrainRequest(out=run, resume=True)))[-1].event == "finished"
    assert len(read_statistics(run / "model.safetensors")) == 1


def test_asked_to_stop_while_reading_pictures_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reading(_name: str, _size: int, _channels: int, progress: Progress) -> Pictures:
        progress("Reading pictures", 0.5)
        raise AssertionError("went on reading")

    monkeypatch.setattr(start, "open_data", reading)
    assert list(train(request(tmp_path / "run"), should_stop=lambda: True)) == []
    assert not (tmp_path / "run").exists()


def test_skipped_files_are_named_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "open_data", lambda *_: replace(small_pictures(), skipped=("a.png", "b.png")))
    stopped = list(train(request(tmp_path / "run", steps=3, stop_after=2)))[-1]
    finished = list(train(TrainRequest(out=tmp_path / "run", resume=True)))[-1]
    assert stopped.skipped == finished.skipped == ("a.png", "b.png")


def test_a_grey_model_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []

    def open_grey(*wanted: object) -> Pictures:
        asked.append(wanted[:3])
        return small_pictures(channels=1)

    monkeypatch.setattr(start, "open_data", open_grey)
    finish(tmp_path / "run", steps=2, settings=(*SMALL, "channels=1"))
    assert asked == [("blobs", 16, 1)]
    assert engine.load(tmp_path / "run").config.channels == 1


def test_what_takes_long_at_the_end_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    list(train(request(tmp_path / "run", steps=1), progress=lambda *now: told.append(now)))
    assert told[-1] == ("Looking at codes", 1.0)


def test_training_learns(tmp_path: Path) -> None:
    settings = (*SMALL, "hidden=32", "learning_rate=0.001", "warmup_steps=4", "restart_every=20", "zooms=0")
    finish(tmp_path / "run", steps=300, settings=settings)
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    errors = [m["mse"] for m in lines if "mse" in m]
    assert np.mean(errors[-10:]) < 0.6 * np.mean(errors[:5])
