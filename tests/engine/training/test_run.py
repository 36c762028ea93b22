"""The files of a run: lines appended whole, one trainer at a time, requests that are obeyed once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.data.batches import Augmentation
from engine.errors import CannotWrite, RunFault
from engine.training import run as run_module
from engine.training.config import Length, RunConfig, TrainingConfig
from engine.training.run import Run

CONFIG = RunConfig(
    family="vqvae",
    model={},
    training=TrainingConfig(),
    augmentation=Augmentation(),
    data="emoji",
    seed=0,
    device=None,
    threads=1,
    length=Length(minutes=3.0),
    total_steps=None,
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = Run(tmp_path / "run")
    run.create(CONFIG)
    return run


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_config_comes_back(run: Run) -> None:
    assert run.read_config() == CONFIG


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"format": 2}', b"[" * 10_000],
    ids=["empty", "torn", "list", "not text", "other version", "nested"],
)
def test_a_damaged_config_is_named(run: Run, content: bytes) -> None:
    run.config.write_bytes(content)
    with pytest.raises(RunFault, match=r"config.json: is damaged or of another version"):
        run.read_config()


@pytest.mark.parametrize(
    ("key", "value"),
    [("seed", -1), ("threads", 0), ("total_steps", 0), ("format", 2), ("training", {"hue": 1})],
)
def test_a_config_out_of_range_is_named(run: Run, key: str, value: object) -> None:
    config = json.loads(run.config.read_text())
    run.config.write_text(json.dumps({**config, key: value}))
    with pytest.raises(RunFault, match="is damaged or of another version"):
        run.read_config()


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path, tmp_path / "none", tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(RunFault, match="holds no run to go on with"):
            Run(folder).read_config()


def test_what_the_disk_refused_comes_with_the_next_line(run: Run) -> None:
    path = run.folder / "metrics.jsonl"
    run.add_metrics([(1, {"loss": 1.0})])
    path.rename(path.with_suffix(".kept"))
    path.mkdir()
    for step in (2, 3):
        with pytest.raises(CannotWrite, match=r"metrics.jsonl: cannot be written"):
            run.add_metrics([(step, {"loss": 1.0})])
    path.rmdir()
    path.with_suffix(".kept").rename(path)
    run.add_metrics([(4, {"loss": 1.0}), (5, {"loss": 1.0})])
    assert [line["step"] for line in lines(path)] == [1, 2, 3, 4, 5]


def test_of_what_the_disk_refuses_the_newest_is_kept(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "_MOST_UNWRITTEN", 50)
    path = run.folder / "metrics.jsonl"
    path.mkdir()
    for step in range(20):
        with pytest.raises(CannotWrite):
            run.add_metrics([(step, {})])
    path.rmdir()
    run.add_metrics([(20, {})])
    assert [line["step"] for line in lines(path)] == [16, 17, 18, 19, 20]


def test_what_a_kill_left_half_written_is_swept_away(run: Run) -> None:
    run.last.parent.mkdir()
    for path in (run.best, run.last, run.previews / "step-0000004.png"):
        path.write_bytes(b"whole")
        path.with_name(f".{path.name}.abc.part").write_bytes(b"ha")
    run.sweep()
    assert sorted(p.name for p in run.folder.rglob("*") if p.is_file()) == [
        "config.json", "model.safetensors", "step-0000004.png", "weights.safetensors",
    ]  # fmt: skip


@pytest.mark.parametrize("torn", [b'{"step": 3, "lo', b"\xff", b"x" * 10])
def test_a_line_that_a_crash_cut_off_does_not_swallow_the_next(run: Run, torn: bytes) -> None:
    path = run.folder / "metrics.jsonl"
    path.write_bytes(b'{"step":1}\n{"step":2}\n' + torn)
    run.add_metrics([(3, {})])
    run.add_metrics([(4, {})])
    assert [line["step"] for line in lines(path)] == [1, 2, 3, 4]


def test_a_file_of_one_torn_line_starts_anew(run: Run) -> None:
    (run.folder / "metrics.jsonl").write_bytes(b'{"st')
    run.add_metrics([(1, {})])
    assert lines(run.folder / "metrics.jsonl") == [{"step": 1}]


def test_values_that_are_not_finite_stay_readable(run: Run) -> None:
    run.add_metrics([(1, {"loss": float("nan")})])
    assert lines(run.folder / "metrics.jsonl") == [{"step": 1, "loss": None}]


def test_a_place_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    (run.folder / "metrics.jsonl").mkdir()
    with pytest.raises(CannotWrite, match=r"metrics.jsonl: cannot be written"):
        run.add_metrics([(1, {})])
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite, match="file"), Run(tmp_path / "file" / "run").held():
        pass


@pytest.mark.parametrize(
    ("content", "command"),
    [
        (b'{"command": "stop"}', "stop"),
        (b'{"command": "pause"}', "pause"),
        (b'{"command": "dance"}', None),
        (b'{"command": ["stop"]}', None),
        (b'["stop"]', None),
        (b'{"command": "st', None),
        (b"\xff", None),
        (b"[" * 100_000, None),
    ],
)
def test_requests(run: Run, content: bytes, command: str | None) -> None:
    (run.folder / "control.json").write_bytes(content)
    assert run.requested() == command
    run.clear_request()
    assert run.requested() is None
    run.clear_request()


HOLD = """
import sys
from pathlib import Path
from engine.training.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_program_at_a_time_even_after_a_kill(run: Run) -> None:
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run.folder)],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"held"
        with pytest.raises(RunFault, match="is being trained by another program"), run.held():
            pass
        other.kill()
    with run.held():  # the system let go of the lock
        pass
