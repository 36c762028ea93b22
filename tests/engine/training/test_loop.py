"""Training: what it writes, that stopping and going on changes nothing, and how it fails."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import engine
from engine.checkpoint import read_card, read_statistics, read_tensors
from engine.data.source import DataShape, Pictures
from engine.errors import CannotWrite, DataFault, ModelFault, OptionFault, RunFault, TrainingFault
from engine.models.vqvae import VQVAE
from engine.progress import Progress
from engine.training import loop, start
from engine.training.config import Length, RunConfig
from engine.training.events import Event
from engine.training.run import Run
from engine.training.start import TrainRequest, train
from tests.small import small_pictures, write_small_model

SMALL = ("image_size=16", "codes=24", "code_dim=6", "hidden=16", "residual_hidden=8")


@pytest.fixture(autouse=True)
def _small_data(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    threads = torch.get_num_threads()
    monkeypatch.setattr(start, "open_data", lambda *_: small_pictures())
    monkeypatch.setattr(start, "natural_shape", lambda _: DataShape(16, 3))
    monkeypatch.setattr(loop, "TELL_EVERY_S", 0.0)  # every step is told
    monkeypatch.setattr(loop, "FIRST_LATEST_S", 1000.0)
    yield
    torch.set_num_threads(threads)


def request(out: Path, steps: int = 12, **changes: object) -> TrainRequest:
    settings = (*SMALL, "validations=3", "warmup_steps=4", "restart_every=5", "snapshot_s=1000")
    values: dict[str, object] = {
        "family": "vqvae",
        "data": "blobs",
        "length": Length(steps=steps),
        "batch_size": 8,
        "settings": settings,
        "device": "cpu",
        "threads": 1,
    }
    return TrainRequest(out=out, **{**values, **changes})  # type: ignore[arg-type]


def finish(out: Path, **changes: object) -> list[Event]:
    return list(train(request(out, **changes)))


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


def same_tensors(first: Path, second: Path) -> bool:
    a, b = read_tensors(first, ""), read_tensors(second, "")
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


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


def test_a_loss_that_is_not_finite_stops_at_once_and_keeps_the_last_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    list(train(request(run, stop_after=6)))
    kept = (run / "last" / "weights.safetensors").read_bytes()
    real = VQVAE._to_image

    def nan_in_training(self: VQVAE, z_q: torch.Tensor) -> torch.Tensor:
        return real(self, z_q) * (float("nan") if self.training else 1.0)

    resumed = train(TrainRequest(out=run, resume=True))
    assert next(resumed).step == 7
    monkeypatch.setattr(VQVAE, "_to_image", nan_in_training)
    with pytest.raises(TrainingFault, match=r"no longer finite at step 8; .*weights.safetensors is kept"):
        next(resumed)
    assert (run / "last" / "weights.safetensors").read_bytes() == kept
    last = json.loads((run / "events.jsonl").read_text().splitlines()[-1])
    assert last["event"] == "failed"
    assert "finite" in last["message"]


def test_a_folder_with_a_run_is_not_trained_over(tmp_path: Path) -> None:
    finish(tmp_path / "run", steps=2)
    with pytest.raises(RunFault, match="already holds a run: go on with --resume"):
        finish(tmp_path / "run", steps=2)


def test_runs_that_cannot_go_on_say_why(tmp_path: Path) -> None:
    with pytest.raises(RunFault, match="holds no run to go on with"):
        list(train(TrainRequest(out=tmp_path / "none", resume=True)))
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{}")
    with pytest.raises(RunFault, match="damaged or of another version"):
        list(train(TrainRequest(out=broken, resume=True)))
    (tmp_path / "file").touch()
    with pytest.raises(RunFault, match="is a file, not a folder"):
        finish(tmp_path / "file")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"family": "gan"}, "'gan' does not exist"),
        ({"family": None}, "needs --model"),
        ({"settings": ("beta=often",)}, "beta"),
        ({"settings": ("learning_rate=2",)}, "learning_rate"),
        ({"settings": ("hue=3",)}, "--set hue=3: use key=value with a key of .*beta"),
        ({"settings": ("beta",)}, "--set beta: use key=value"),
        ({"device": "abacus"}, "'abacus' cannot be used here"),
    ],
)
def test_options_that_do_not_fit_are_named(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(OptionFault, match=message):
        finish(tmp_path / "run", **changes)
    assert not (tmp_path / "run").exists()


def test_weights_that_break_in_the_last_step_replace_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    list(train(request(run, stop_after=6)))
    kept = (run / "last" / "weights.safetensors").read_bytes()
    real = VQVAE.update

    def breaking(self: VQVAE, *arguments: object) -> object:
        result = real(self, *arguments)  # type: ignore[arg-type]
        with torch.no_grad():
            self.quantizer.embedding[3, 2] = float("inf")
        return result

    monkeypatch.setattr(VQVAE, "update", breaking)
    with pytest.raises(TrainingFault, match=r"no longer finite at step 7; .*weights.safetensors is kept"):
        list(train(TrainRequest(out=run, resume=True, stop_after=7)))
    assert (run / "last" / "weights.safetensors").read_bytes() == kept


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    ],
)
def test_too_little_memory_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def starving(*_: object) -> None:
        raise error

    monkeypatch.setattr(VQVAE, "loss", starving)
    with pytest.raises(TrainingFault, match="not enough memory for batches of 8: use a smaller --batch-size"):
        finish(tmp_path / "run")


def test_other_failures_are_left_as_they_are_and_told_in_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault of the program")

    monkeypatch.setattr(VQVAE, "loss", broken)
    with pytest.raises(RuntimeError, match="a fault of the program"):
        finish(tmp_path / "run")
    last = json.loads((tmp_path / "run" / "events.jsonl").read_text().splitlines()[-1])
    assert (last["event"], last["message"]) == ("failed", "a fault of the program")


def full(_handle: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_stays_full_ends_training_with_the_snapshot_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "LAST_TRY_S", 0.0)
    run = tmp_path / "run"
    list(train(request(run, stop_after=3)))
    kept = (run / "last" / "weights.safetensors").read_bytes()
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(CannotWrite, match="no space left on device"):
            list(train(TrainRequest(out=run, resume=True)))
    assert (run / "last" / "weights.safetensors").read_bytes() == kept
    assert not list(run.rglob("*.part"))
    assert list(train(TrainRequest(out=run, resume=True)))[-1].event == "finished"


def test_a_full_disk_at_a_checkpoint_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(tmp_path / "whole")
    run, told = tmp_path / "run", []
    with monkeypatch.context() as disk:
        for event in train(request(run)):
            told.append(event)
            if event.step == 3:
                disk.setattr(os, "fsync", full)
            if event.event == "warning" and event.step == 12:
                disk.undo()  # somebody makes room
    warnings = [event for event in told if event.event == "warning"]
    # Each preview and each best model while the disk was full.
    assert [event.step for event in warnings] == [4, 4, 8, 8, 12]
    assert "no space left on device); training goes on and tries again" in (warnings[0].message or "")
    assert told[-1].event == "finished"
    assert next(e.path for e in told if e.event == "saved") == str(run / "model.safetensors")
    assert same_tensors(tmp_path / "whole" / "last/weights.safetensors", run / "last/weights.safetensors")
    written = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    assert [e["step"] for e in written if e["event"] == "warning"] == [4, 4, 8, 8, 12]


def test_a_disk_that_takes_no_metrics_is_told_of_once_and_gets_them_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, told = tmp_path / "run", []
    training = train(request(run))
    told.append(next(training))
    metrics = run / "metrics.jsonl"
    metrics.rename(run / "kept")
    metrics.mkdir()
    for event in training:
        told.append(event)
        if event.step == 7 and metrics.is_dir():
            metrics.rmdir()
            (run / "kept").rename(metrics)
    assert [event.step for event in told if event.event == "warning"] == [2]
    steps = [json.loads(line)["step"] for line in metrics.read_text().splitlines()]
    assert sorted(set(steps)) == list(range(1, 13))


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


def test_a_snapshot_of_another_run_is_refused(tmp_path: Path) -> None:
    run = tmp_path / "run"
    list(train(request(run, stop_after=2)))
    write_small_model(run / "last" / "weights.safetensors", with_statistics=False)
    with pytest.raises(RunFault, match=r"weights.safetensors: does not fit config.json"):
        list(train(TrainRequest(out=run, resume=True)))


def test_a_damaged_snapshot_is_named(tmp_path: Path) -> None:
    run = tmp_path / "run"
    list(train(request(run, stop_after=2)))
    last = run / "last" / "weights.safetensors"
    last.write_bytes(last.read_bytes()[:-5])
    with pytest.raises(ModelFault, match=r"weights.safetensors: is cut short"):
        list(train(TrainRequest(out=run, resume=True)))


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


def test_two_programs_do_not_train_one_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    training = train(request(run))
    next(training)
    with pytest.raises(RunFault, match="run: is being trained by another program"):
        next(train(TrainRequest(out=run, resume=True)))
    with pytest.raises(RunFault, match="already holds a run"):
        next(train(request(run)))
    training.close()
    resumed = train(TrainRequest(out=run, resume=True))
    assert next(resumed).step == 1
    resumed.close()


def test_what_takes_long_at_the_end_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    list(train(request(tmp_path / "run", steps=1), progress=lambda *now: told.append(now)))
    assert told[-1] == ("Looking at codes", 1.0)


def test_an_empty_train_split_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "open_data", lambda *_: small_pictures().split("test"))
    with pytest.raises(DataFault, match="train split is empty"):
        finish(tmp_path / "run")


def test_training_learns(tmp_path: Path) -> None:
    settings = (*SMALL, "hidden=32", "learning_rate=0.001", "warmup_steps=4", "restart_every=20", "zooms=0")
    finish(tmp_path / "run", steps=300, settings=settings)
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    errors = [m["mse"] for m in lines if "mse" in m]
    assert np.mean(errors[-10:]) < 0.6 * np.mean(errors[:5])
