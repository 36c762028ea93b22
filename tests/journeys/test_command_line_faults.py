"""Every mistake at the command line is one line that names it, and loses nothing."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.training import loop
from tests.journeys.command import Call, pictures, train


def test_data_that_does_not_do_is_named(call: Call, photos: Path, tmp_path: Path) -> None:
    train(call, "nowhere", "run").refused("'nowhere'", "neither a built-in set")
    (tmp_path / "file").touch()
    train(call, "file", "run").refused("'file'", "use emoji, emoji-designs, mnist")
    (tmp_path / "empty").mkdir()
    train(call, "empty", "run").refused("empty: is empty")
    (tmp_path / "empty" / "a.png").write_bytes(b"no picture")
    train(call, "empty", "run").refused("none of its 1 files can be read", "a.png")
    pictures(tmp_path / "only" / "test", 3)
    train(call, "only", "run").refused("only: its train split is empty (3 pictures in all)")
    assert not (tmp_path / "run").exists()


def test_runs_that_cannot_be_used_are_named(call: Call, photos: Path, tmp_path: Path) -> None:
    call("train", "--out", "none", "--resume").refused("none: holds no run to go on with")
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").touch()
    train(call, photos, "file").refused("file: is a file, not a folder")
    train(call, photos, "file/run", "--steps", 1).refused("file/run: cannot be written")
    train(call, photos, "run", "--steps", 1)
    train(call, photos, "run", "--steps", 1).refused("run: already holds a run: go on with --resume")
    (tmp_path / "run" / "config.json").write_text("{")
    call("train", "--out", "run", "--resume").refused("config.json: is damaged or of another version")


def test_options_that_do_not_exist_are_named(call: Call, photos: Path, tmp_path: Path) -> None:
    call("train", "--out", "run").refused("train needs --model and --data", status=2)
    words = ("train", "--data", photos, "--out", "run", "--model")
    call(*words, "gan").refused("'gan' does not exist: use ae, cvae, vae, vqvae, vqvae2", status=2)
    call(*words, "vqvae", "--set", "hue=3").refused("--set hue=3: use key=value", status=2)
    call(*words, "vqvae", "--set", "beta=often").refused("option beta: expected", status=2)
    call(*words, "vqvae", "--batch-size", 10**6).refused("option batch_size: expected", "4096", status=2)
    call(*words, "vqvae", "--device", "abacus").refused("device 'abacus' cannot be used here", status=2)
    assert not (tmp_path / "run").exists()


def test_mistakes_with_priors_are_told_in_one_line(call: Call, photos: Path, trained: Path) -> None:
    call("train-prior", "--out", "run").refused("train-prior needs MODEL and --data", status=2)
    call("train-prior", trained, "--out", "run").refused("train-prior needs MODEL and --data", status=2)
    call("train-prior", "nowhere", "--data", photos, "--out", "run").refused("'nowhere'", "neither built in")
    call("train-prior", "mnist-vae", "--data", photos, "--out", "run").refused("has no codes", status=2)
    words = ("train-prior", trained, "--data", photos, "--out", "run", "--set", "codes=4")
    call(*words).refused("--set codes=4: use key=value", "channels", status=2)
    call("train-prior", "--out", "none", "--resume").refused("none: holds no run to go on with")


def test_pictures_and_codes_that_do_not_do_are_named(call: Call, trained: Path, tmp_path: Path) -> None:
    small, large = pictures(tmp_path / "s", 1, size=(8, 8)), pictures(tmp_path / "l", 1, size=(40, 8))
    encode = ("encode", trained, "--out", "codes.npz")
    call(*encode, small / "0.png", large / "0.png").refused("its grid is 10 x 2 cells", "encode it apart")
    call(*encode, "none.png").refused("none.png: does not exist")
    call(*encode, tmp_path).refused("is a folder, not a picture")
    (tmp_path / "torn.png").write_bytes((small / "0.png").read_bytes()[:60])
    call(*encode, "torn.png").refused("torn.png: is damaged or cut short")
    Image.new("1", (10_000, 10_000)).save(tmp_path / "huge.png")
    call(*encode, "huge.png").refused("huge.png: is 10000 x 10000 pixels (100 megapixels)")
    assert not (tmp_path / "codes.npz").exists()
    call("decode", trained, "none.npz", "--out", "o.png").refused("none.npz: does not exist")
    call("decode", trained, tmp_path, "--out", "o.png").refused("is a folder, not a codes file")
    (tmp_path / "torn.npz").write_bytes(b"PK\x03\x04")
    call("decode", trained, "torn.npz", "--out", "o.png").refused("torn.npz: is not a codes file")
    np.savez(tmp_path / "high.npz", level_0=np.full((1, 2, 2), 16))
    call("decode", trained, "high.npz", "--out", "o.png").refused("codes from 16 to 16, not 0 to 15")
    call("decode", trained, "high.npz", "--out", "o.jpg").refused("let its name end in .png", status=2)
    assert not (tmp_path / "o.png").exists()


def test_models_that_cannot_be_opened_are_named(call: Call, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.safetensors").write_text("not a model")
    whole = (trained / "model.safetensors").read_bytes()
    (tmp_path / "torn.safetensors").write_bytes(whole[:-7])
    tampered = bytearray(whole)
    tampered[len(tampered) // 3] ^= 255
    (tmp_path / "tampered.safetensors").write_bytes(tampered)
    photo = pictures(tmp_path / "in", 1) / "0.png"
    for words in (("info",), ("encode", photo, "--out", "c.npz"), ("evaluate", "--data", tmp_path / "in")):
        command, *more = words
        call(command, "nobody", *more).refused("'nobody'")
        call(command, "notes.safetensors", *more).refused("notes.safetensors: is not a model file")
        call(command, "torn.safetensors", *more).refused("torn.safetensors: is cut short or damaged")
        call(command, "in", *more).refused("in: this folder holds no model")
    call("encode", "tampered.safetensors", photo, "--out", "c.npz").refused("tampered.safetensors: ")


def test_places_that_cannot_be_written_are_named(call: Call, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    photo = pictures(tmp_path / "in", 1) / "0.png"
    call("encode", trained, photo, "--out", "file/codes.npz").refused("file/codes.npz: cannot be written")
    call("encode", trained, photo, "--out", "in").refused("in: cannot be written")
    call("encode", trained, photo, "--out", "codes.npz")
    call("decode", trained, "codes.npz", "--out", "file/o.png").refused("file/o.png: cannot be written")


def test_a_full_disk_is_said_and_leaves_what_was_there(
    call: Call, photos: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = pictures(tmp_path / "in", 1) / "0.png"
    call("encode", trained, photo, "--out", "codes.npz")
    (tmp_path / "out.png").write_bytes(b"old picture")
    train(call, photos, "run", "--steps", 4, "--stop-after", 2)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(loop, "LAST_TRY_S", 0.0)
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        call("encode", trained, photo, "--out", "codes.npz").refused("codes.npz", "no space left on device")
        call("decode", trained, "codes.npz", "--out", "out.png").refused("out.png", "no space left on device")
        resumed = call("train", "--out", "run", "--resume")
    *warnings, failure = resumed.err.splitlines()
    assert resumed.status == 1
    assert "run/last/weights.safetensors: cannot be written (no space left on device)" in failure
    assert all(line.endswith("training goes on and tries again") for line in warnings)
    assert len(warnings) == 3  # a preview, the best model, the newest snapshot
    appended = {tmp_path / "run" / name for name in ("events.jsonl", "metrics.jsonl")}
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after.keys() == before.keys()
    assert all(after[path] == content for path, content in before.items() if path not in appended)
    last = json.loads((tmp_path / "run" / "events.jsonl").read_text().splitlines()[-1])
    assert last["event"] == "failed"
    assert call("train", "--out", "run", "--resume", "--json").json["event"] == "finished"
