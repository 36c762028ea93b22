"""Presets timed in a child: answers, refusals as errors, and no child that outlives its job."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.state.expected_times import ExpectedTimes
from gui.workers.job import Ticket, Worker
from gui.workers.preset_times import TimingFault, preset_times
from gui.workers.train_form import Subject
from tests.gui.fake_trainer import PROGRAM


def ticket() -> Ticket:
    return Ticket(lambda *_: None)


def test_the_command_line_is_asked() -> None:
    assert preset_times(Subject("vqvae", "emoji"), ticket(), PROGRAM) == {"quick": 10.0}
    assert preset_times(Subject("vqvae", "emoji", start_from="cats"), ticket(), PROGRAM) == {"quick": 8.0}
    assert preset_times(Subject("vqvae", "emoji", "emoji-vqvae"), ticket(), PROGRAM) == {"quick": 20.0}


@pytest.mark.parametrize(("data", "words"), [("broken", "data 'broken': cannot be"), ("silent", "status 3")])
def test_what_cannot_be_timed_is_said(data: str, words: str) -> None:
    with pytest.raises(TimingFault, match=words):
        preset_times(Subject("vqvae", data), ticket(), PROGRAM)


def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TimingFault, match="cannot be timed"):
        preset_times(Subject("vqvae", "emoji"), ticket(), (str(tmp_path / "no such program"),))


@pytest.mark.parametrize("by_stopping", [False, True])
def test_no_child_outlives_what_asked_for_it(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_stopping: bool
) -> None:
    pid = tmp_path / "pid"
    monkeypatch.setenv("CODEBRUSH_TEST_PID", str(pid))
    worker = Worker("times")
    times = ExpectedTimes(lambda subject, ticket: preset_times(subject, ticket, PROGRAM), worker)
    slow, quick = Subject("vqvae", "slow"), Subject("vqvae", "emoji")
    times.ask(slow)
    assert times.is_waiting_for(slow)
    qtbot.waitUntil(lambda: pid.exists() and pid.read_text() != "", timeout=20_000)
    child = int(pid.read_text())
    os.kill(child, 0)
    if by_stopping:
        assert worker.stop(20)
    else:
        times.ask(quick)
        qtbot.waitUntil(lambda: times.of(quick) == {"quick": 10.0}, timeout=20_000)
        assert times.of(slow) == {}
        assert worker.stop(20)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_what_is_known_is_not_measured_again(qtbot: QtBot) -> None:
    asked: list[Subject] = []

    def measure(subject: Subject, _: Ticket) -> dict[str, float]:
        assert threading.current_thread() is not threading.main_thread()
        asked.append(subject)
        if subject.data == "broken":
            raise TimingFault("no")
        return {"quick": 1.0}

    worker = Worker("times")
    times = ExpectedTimes(measure, worker)
    good, bad = Subject("vae", "emoji"), Subject("vae", "broken")
    for subject in (good, good, bad, good):
        times.ask(subject)
        qtbot.waitUntil(lambda: worker.pending == 0)
        assert not times.is_waiting_for(subject)
    assert asked == [good, bad]
    assert (times.of(good), times.of(bad), times.of(None)) == ({"quick": 1.0}, {}, {})
    assert worker.stop(20)
