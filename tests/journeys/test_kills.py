"""`kill -9` at any moment: the run goes on, and ends as if nothing had happened.

A handful of kills here; CODEBRUSH_KILLS=50 makes fifty, some while the program starts, most while it writes.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.checkpoint import read_card, read_tensors
from tests.small import small_pictures

KILLS = int(os.environ.get("CODEBRUSH_KILLS", "5"))
ROOT = Path(__file__).resolve().parents[2]
STEPS = 400
TINY = (
    "image_size=16", "hidden=16", "residual_hidden=8", "code_dim=6", "codes=24", "ema_decay=0.9",
    "snapshot_s=0.02", "validations=50", "restart_every=5",
)  # fmt: skip


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for index, image in enumerate(small_pictures().images):
        Image.fromarray(image).save(folder / f"{index:02}.png")
    return folder


def command(data: Path, out: Path) -> list[str]:
    if (out / "config.json").exists():
        return [sys.executable, "main.py", "train", "--out", str(out), "--resume"]
    started = ["train", "--model", "vqvae", "--data", str(data), "--out", str(out), "--device", "cpu"]
    settings = [word for setting in TINY for word in ("--set", setting)]
    return [sys.executable, "main.py", *started, "--batch-size", "8", "--steps", str(STEPS), *settings]


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}


def finish(data: Path, out: Path) -> None:
    done = subprocess.run(
        command(data, out), cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def kill_one(data: Path, out: Path, chance: random.Random) -> bool:
    """Start training and kill it at some moment; whether it was still alive."""
    events = out / "events.jsonl"
    size = events.stat().st_size if events.exists() else 0
    with subprocess.Popen(
        command(data, out), cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        if chance.random() < 0.2:
            time.sleep(chance.uniform(0.0, 4.0))  # while it starts
        else:
            while child.poll() is None and (events.stat().st_size if events.exists() else 0) <= size:
                time.sleep(0.01)
            time.sleep(chance.uniform(0.0, 0.6))
        child.kill()
    return child.returncode != 0


def look_through(out: Path) -> None:
    """Every file of the run is whole, but for the ends of the two that are appended to."""
    for path in out.rglob("*.safetensors"):
        if not path.name.startswith("."):
            read_card(path)
            read_tensors(path, "")
    for name in ("events.jsonl", "metrics.jsonl"):
        if (out / name).exists():
            for line in (out / name).read_bytes().split(b"\n")[:-1]:
                json.loads(line)


@pytest.mark.timeout(300 + 20 * KILLS)
def test_a_run_survives_being_killed_at_any_moment(tmp_path: Path, pictures: Path) -> None:
    chance = random.Random(KILLS)
    whole = tmp_path / "whole"
    finish(pictures, whole)
    expected = read_tensors(whole / "last" / "weights.safetensors", "")
    runs = [tmp_path / "run-0"]
    killed = 0
    while killed < KILLS:
        if kill_one(pictures, runs[-1], chance):
            killed += 1
        else:
            runs.append(tmp_path / f"run-{len(runs)}")  # it had finished
        look_through(runs[-1])
    for run in runs:
        finish(pictures, run)
        assert not list(run.rglob("*.part"))
        found = read_tensors(run / "last" / "weights.safetensors", "")
        assert found.keys() == expected.keys()
        assert all(np.array_equal(found[name], expected[name]) for name in expected)
