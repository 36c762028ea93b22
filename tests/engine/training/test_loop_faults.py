"""How training fails: said in words, with nothing lost."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
import torch

from engine.errors import CannotWrite, DataFault, ModelFault, OptionFault, RunFault, TrainingFault
from engine.models.vqvae import VQVAE
from engine.training import loop, start
from engine.training.start import TrainRequest, train
from tests.engine.training.small_run import finish, request, same_tensors
from tests.small import small_pictures, write_small_model

pytestmark = pytest.mark.usefixtures("small_data")


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


def test_an_empty_train_split_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "open_data", lambda *_: small_pictures().split("test"))
    with pytest.raises(DataFault, match="train split is empty"):
        finish(tmp_path / "run")
