"""The child process: detached, politer than the window, its end in plain words; once with the real thing."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.errors import CannotWrite, RunFault
from engine.training.follow import requested
from gui.state.training import StartRequest, TrainingState
from gui.workers.job import Worker
from gui.workers.run_watch import RunWatch
from gui.workers.trainer_process import (
    PROGRAM,
    ask,
    how_it_ended,
    launch,
    log_tail,
    reason_in,
    remove_unborn,
)
from tests.engine.analysis.test_own_data import picture_folder

SAY = """
import json, os, sys, time
time.sleep(0.5)  # the niceness is set just after the start
print(json.dumps([sys.argv[1:], os.getsid(0), os.getpriority(os.PRIO_PROCESS, 0)]))
"""


def wait(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_the_program_is_the_command_line_beside_the_window() -> None:
    assert PROGRAM[0] == sys.executable
    assert Path(PROGRAM[1]).is_file()
    assert Path(PROGRAM[1]).name == "main.py"


@pytest.mark.skipif(sys.platform == "win32", reason="sessions and niceness are of POSIX")
def test_a_child_is_detached_and_gives_way(tmp_path: Path) -> None:
    child = launch(tmp_path / "run", ["train-prior", "--steps=3"], (sys.executable, "-c", SAY))
    assert child.exit_status() is None
    child._process.wait(20)
    told, session, niceness = json.loads(log_tail(tmp_path / "run"))
    assert told == ["train-prior", "--steps=3", f"--out={tmp_path / 'run'}"]
    assert session == child.pid != os.getsid(0)
    assert niceness >= 5
    assert child.exit_status() == 0


def test_what_cannot_be_started_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunFault, match="cannot be started"):
        launch(tmp_path / "run", [], (str(tmp_path / "no such program"),))
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="file"):
        launch(tmp_path / "file" / "run", [])


def test_requests_are_those_that_the_trainer_reads(tmp_path: Path) -> None:
    for command, read in (("pause", "pause"), ("stop", "stop"), ("resume", None)):
        ask(tmp_path, command)  # type: ignore[arg-type]
        assert requested(tmp_path) == read


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        (None, "", "without a word"),
        (-9, "", "memory ran out"),
        (-11, "", "SIGSEGV"),
        (1, "the disk is full", "failed: the disk is full"),
        (3, "", "exit status 3"),
    ],
)
def test_how_it_ended_is_said_plainly(status: int | None, reason: str, words: str) -> None:
    assert words in how_it_ended("cats", status, reason, has_snapshot=True)
    assert "Go on" in how_it_ended("cats", status, reason, has_snapshot=True)
    assert "no snapshot" in how_it_ended("cats", status, reason, has_snapshot=False)


def test_the_log_comes_without_codes_for_a_terminal(tmp_path: Path) -> None:
    assert log_tail(tmp_path) == ""
    many = "".join(f"line {number}\n" for number in range(100))
    (tmp_path / "log.txt").write_bytes(
        many.encode() + b"10 %\r20 %\rdone\n\x1b[31mcodebrush: no\x1b[0m pictures \xff\n"
    )
    tail = log_tail(tmp_path).splitlines()
    assert len(tail) == 20
    assert tail[-2:] == ["done", "codebrush: no pictures \N{REPLACEMENT CHARACTER}"]
    assert reason_in("\n".join(tail)).startswith("no pictures")
    assert reason_in("Traceback\nValueError") == ""


def test_a_run_that_began_is_never_removed(tmp_path: Path) -> None:
    unborn, born, strange = (tmp_path / name for name in ("unborn", "born", "strange"))
    for folder in (unborn, born, strange):
        (folder / "previews").mkdir(parents=True)
        (folder / "log.txt").write_text("words")
        (folder / ".lock").write_text("")
    (born / "config.json").write_text("{}")
    (strange / "notes.txt").write_text("mine")
    for folder in (unborn, born, strange):
        remove_unborn(folder)
    assert not unborn.exists()
    assert (born / "log.txt").is_file()
    assert (strange / "notes.txt").read_text() == "mine"


def test_files_are_found_wherever_the_run_was_moved(tmp_path: Path) -> None:
    event = {"step": 5, "time_s": 1.0}
    lines = [
        event | {"event": "preview", "path": "runs/old/previews/latest.png"},
        event | {"event": "saved", "path": "runs/old/last/weights.safetensors"},
    ]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    look = RunWatch(tmp_path).look()
    assert look.preview == tmp_path / "previews" / "latest.png"
    assert look.saved == tmp_path / "last" / "weights.safetensors"


def test_the_real_trainer_is_started_killed_and_goes_on(qtbot: QtBot, tmp_path: Path) -> None:
    data = picture_folder(tmp_path / "pictures", count=24)
    worker = Worker("training")
    state = TrainingState([tmp_path / "runs"], worker)
    died: list[str] = []
    refused: list[str] = []
    state.died.connect(lambda message, _: died.append(message))
    state.refused.connect(lambda error: refused.append(str(error)))
    state.begin()
    try:
        tiny = ("image_size=16", "codes=16", "code_dim=4", "hidden=8", "residual_hidden=4", "batch_size=4")
        short = ("snapshot_s=0.2", "validations=2", "precision=float32")
        state.start(
            StartRequest(
                "tiny", "vqvae", str(data), steps=100_000, seed=1, device="cpu", settings=tiny + short
            )
        )
        folder = state.folder / "tiny"
        last = folder / "last" / "weights.safetensors"
        qtbot.waitUntil(
            lambda: bool(died) or (last.is_file() and state.step > 10 and state.device != ""), timeout=120_000
        )
        assert died == []
        assert {"loss", "mse", "commitment"} <= set(state.curves)
        assert len(state.life) == 1
        assert state.life[0].use.shape == (16,)
        child = state._rounds.runs[folder].child
        assert child is not None
        os.kill(child.pid, signal.SIGKILL)
        qtbot.waitUntil(lambda: bool(died), timeout=20_000)
        assert state.status == "interrupted"
        reached = state.step
        state.go_on(folder)
        qtbot.waitUntil(lambda: state.status == "training" and state.step > reached, timeout=120_000)
        state.stop()
        qtbot.waitUntil(lambda: state.status == "stopped", timeout=60_000)
        assert len(died) == 1
        assert refused == []
    finally:
        state.stop_all_here()
        assert worker.stop(20)
        state.close()
