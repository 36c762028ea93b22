"""Training as the window shows it, with a stand-in for the child process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.errors import CodebrushError
from engine.training.lock import is_held
from gui.state.training import StartRequest, Status, TrainingState
from gui.workers.job import Worker
from tests.gui.fake_trainer import PROGRAM


class Window:
    """A state with its worker, and what it said."""

    def __init__(self, folder: Path) -> None:
        self.worker = Worker("training")
        self.state = TrainingState([folder / "runs", folder / "elsewhere"], self.worker, program=PROGRAM)
        self.refused: list[str] = []
        self.died: list[tuple[str, str]] = []
        self.noticed: list[str] = []
        self.saved: list[Path] = []
        self.state.refused.connect(lambda error: self.refused.append(str(error)))
        self.state.died.connect(lambda *told: self.died.append(told))
        self.state.noticed.connect(self.noticed.append)
        self.state.saved.connect(lambda _, path: self.saved.append(path))
        self._has_left = False

    def close(self) -> None:
        if self._has_left:
            return
        self.state.stop_all_here()
        for card in self.state.training_here:
            pid = self.pid_of(card.folder)
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        self.leave()

    def leave(self) -> None:
        """Close the window and leave alone what is training."""
        self._has_left = True
        assert self.worker.stop(10)
        self.state.close()

    def pid_of(self, folder: Path) -> int | None:
        child = self.state._rounds.runs[folder].child
        return None if child is None else child.pid


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[], Window]]:
    opened: list[Window] = []

    def open_() -> Window:
        opened.append(Window(tmp_path))
        opened[-1].state.begin()
        return opened[-1]

    yield open_
    for window in opened:
        window.close()


@pytest.fixture
def window(open_window: Callable[[], Window]) -> Window:
    return open_window()


def request(name: str = "first", steps: int = 100_000, **settings: object) -> StartRequest:
    return StartRequest(
        name, "vqvae", "emoji", steps=steps, settings=tuple(f"{k}={v}" for k, v in settings.items())
    )


MOST_LOOKS = 4
"""Four looks are taken a second: a death is told within two seconds, however slow the machine is."""


def looks_of(window: Window) -> list[object]:
    looks: list[object] = []
    window.state._rounds.news.connect(lambda run, _: looks.append(run))
    return looks


def wait_for(qtbot: QtBot, window: Window, status: Status) -> None:
    qtbot.waitUntil(lambda: window.state.status == status, timeout=20_000)


def test_nothing_is_shown_before_there_is_anything(qtbot: QtBot, window: Window) -> None:
    qtbot.waitUntil(lambda: window.worker.pending == 0)
    state = window.state
    assert (state.runs, state.current, state.status, state.step) == ((), None, "idle", 0)
    assert (state.total_steps, state.eta_s, state.preview, state.life) == (None, None, None, ())
    assert state.new_name("vae", "mnist") == "vae-mnist"


def test_a_run_is_started_followed_and_finishes(qtbot: QtBot, window: Window) -> None:
    state = window.state
    state.start(request(steps=30))
    assert state.status == "starting"
    assert state.current is not None
    assert state.current.name == "first"
    wait_for(qtbot, window, "training")
    assert state.total_steps == 30
    assert (state.images_per_s, state.memory_mb) == (320.0, 512.0)
    wait_for(qtbot, window, "finished")
    assert state.step == 30
    steps, losses = state.curves["loss"]
    np.testing.assert_array_equal(steps, np.arange(1, 31))
    np.testing.assert_allclose(losses, 1 / steps)
    assert state.preview == state.current.folder / "previews" / "latest.png"
    assert window.saved[0].parts[-2:] == ("last", "weights.safetensors")
    qtbot.waitUntil(lambda: state.current is not None and state.current.status == "finished")
    assert window.died == []
    assert window.refused == []


def test_time_left_is_that_of_the_last_minute(qtbot: QtBot, window: Window) -> None:
    window.state.start(request(steps=1000))
    qtbot.waitUntil(lambda: window.state.eta_s is not None, timeout=20_000)
    assert window.state.eta_s == pytest.approx((1000 - window.state.step) / 10, rel=1e-6)  # 10 steps a second


def test_pause_resume_and_stop(qtbot: QtBot, window: Window) -> None:
    state = window.state
    state.start(request())
    wait_for(qtbot, window, "training")
    state.pause()
    wait_for(qtbot, window, "paused")
    stood_at = state.step
    qtbot.wait(400)
    assert state.step <= stood_at + 1
    state.resume()
    wait_for(qtbot, window, "training")
    qtbot.waitUntil(lambda: state.step > stood_at + 1, timeout=20_000)
    state.stop()
    assert state.status == "stopping"
    wait_for(qtbot, window, "stopped")
    assert "go on with" in state.message
    assert window.died == []


def test_going_on_takes_up_where_it_stopped(qtbot: QtBot, window: Window) -> None:
    state = window.state
    state.start(request(steps=60))
    wait_for(qtbot, window, "training")
    state.stop()
    wait_for(qtbot, window, "stopped")
    assert state.current is not None
    state.go_on(state.current.folder)
    assert state.status == "starting"
    wait_for(qtbot, window, "finished")
    np.testing.assert_array_equal(state.curves["loss"][0], np.arange(1, 61))
    state.go_on(state.current.folder)
    assert "is finished" in window.refused[-1]


def test_a_kill_is_told_by_the_next_looks(qtbot: QtBot, window: Window) -> None:
    state = window.state
    state.start(request())
    qtbot.waitUntil(lambda: state.step > 4, timeout=20_000)
    assert state.current is not None
    pid = window.pid_of(state.current.folder)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    looks = looks_of(window)
    qtbot.waitUntil(lambda: bool(window.died), timeout=10_000)
    assert len(looks) <= MOST_LOOKS
    message, _ = window.died[0]
    assert "memory" in message
    assert "Go on" in message
    assert state.status == "interrupted"
    assert state.message == message
    folder = state.current.folder
    state.go_on(folder)
    wait_for(qtbot, window, "training")
    assert state.message == ""


@pytest.mark.parametrize(
    ("how", "words", "status"),
    [("fail", "the loss is no longer finite", "failed"), ("crash", "exit status 7", "failed"),
     ("kill", "killed by the system", "interrupted")],
)  # fmt: skip
def test_a_death_is_told_with_the_end_of_the_log(
    qtbot: QtBot, window: Window, how: str, words: str, status: Status
) -> None:
    window.state.start(request(die_at=5, how=how))
    qtbot.waitUntil(lambda: bool(window.died), timeout=20_000)
    message, log = window.died[0]
    assert message.startswith("Training of first ")
    assert words in message
    assert "the last words of the log" in log
    assert window.state.status == status


def test_a_run_that_is_refused_leaves_no_folder(qtbot: QtBot, window: Window) -> None:
    state = window.state
    state.start(request(refuse="data 'emoji': is not there"))
    qtbot.waitUntil(lambda: bool(window.died), timeout=20_000)
    assert "data 'emoji': is not there" in window.died[0][0]
    assert state.status == "failed"
    assert not (state.folder / "first").exists()
    qtbot.waitUntil(lambda: state.runs == ())
    state.start(request(steps=20))
    wait_for(qtbot, window, "finished")


def test_stopping_before_it_began_is_no_death(qtbot: QtBot, window: Window) -> None:
    window.state.start(request())
    window.state.stop()
    wait_for(qtbot, window, "stopped")
    assert window.died == []


def test_names_are_checked_before_anything_is_started(qtbot: QtBot, window: Window) -> None:
    state = window.state
    (state.folder / "taken").mkdir(parents=True)
    state.start(request("taken"))
    state.start(request("a/b"))
    state.start(request(" "))
    assert [text.split(":")[0] for text in window.refused] == [
        "there is a run 'taken' already", "run name 'a/b'", "a run needs a name",
    ]  # fmt: skip
    assert state.current is None


def test_two_at_once_are_slower_and_a_death_of_the_other_is_told(qtbot: QtBot, window: Window) -> None:
    state = window.state
    state.start(request("one"))
    wait_for(qtbot, window, "training")
    state.start(request("two", steps=100_000))
    assert window.noticed == ["2 runs are training at once: each gets slower"]
    wait_for(qtbot, window, "training")
    assert {card.name for card in state.training_here} == {"one", "two"}
    pid = window.pid_of(state.folder / "one")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(window.died), timeout=10_000)
    assert "Training of one" in window.died[0][0]
    assert state.status == "training"


def test_a_window_attaches_to_what_another_left_training(
    qtbot: QtBot, open_window: Callable[[], Window]
) -> None:
    first = open_window()
    first.state.start(request())
    wait_for(qtbot, first, "training")
    folder = first.state.folder / "first"
    pid = first.pid_of(folder)
    assert pid is not None
    first.leave()
    assert is_held(folder)
    second = open_window()
    with qtbot.waitSignal(second.state.found_training) as found:
        pass
    assert found.args[0].folder == folder
    wait_for(qtbot, second, "training")
    qtbot.waitUntil(lambda: second.state.step > 0, timeout=10_000)
    assert [card.name for card in second.state.training_here] == ["first"]
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    looks = looks_of(second)
    qtbot.waitUntil(lambda: bool(second.died), timeout=10_000)
    assert len(looks) <= MOST_LOOKS
    assert "without a word" in second.died[0][0]
    assert second.state.status == "interrupted"


def test_closing_with_stop_saves_and_ends(qtbot: QtBot, open_window: Callable[[], Window]) -> None:
    window = open_window()
    window.state.start(request())
    wait_for(qtbot, window, "training")
    folder = window.state.folder / "first"
    pid = window.pid_of(folder)
    assert pid is not None
    window.state.stop_all_here()
    window.leave()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert (folder / "last" / "weights.safetensors").is_file()


def test_rename_delete_and_duplicate(qtbot: QtBot, window: Window) -> None:
    state = window.state
    state.start(request(steps=20))
    wait_for(qtbot, window, "finished")
    state.rename(state.folder / "first", "a/b")
    qtbot.waitUntil(lambda: bool(window.refused))
    with qtbot.waitSignal(state.current_changed):
        state.rename(state.folder / "first", "better")
    qtbot.waitUntil(lambda: state.current is not None and state.current.name == "better")
    qtbot.waitUntil(lambda: "loss" in state.curves)
    again = state.settings_of(state.folder / "better")
    assert (again.name, again.family, again.data) == ("vqvae-emoji", "vqvae", "emoji")
    state.delete(state.folder / "better")
    qtbot.waitUntil(lambda: state.runs == () and state.current is None, timeout=10_000)
    assert not (state.folder / "better").exists()


def test_what_is_training_cannot_be_deleted(qtbot: QtBot, window: Window) -> None:
    window.state.start(request())
    wait_for(qtbot, window, "training")
    window.state.delete(window.state.folder / "first")
    qtbot.waitUntil(lambda: bool(window.refused), timeout=10_000)
    assert "is being trained" in window.refused[0]
    assert (window.state.folder / "first").is_dir()


def test_compared_runs_keep_their_curves_at_hand(qtbot: QtBot, window: Window) -> None:
    state = window.state
    for name in ("one", "two"):
        state.start(request(name, steps=20))
        wait_for(qtbot, window, "finished")
    one = state.folder / "one"
    assert state.current is not None
    assert state.current.name == "two"
    with qtbot.waitSignal(state.curves_changed):
        state.compare(one, True)
    qtbot.waitUntil(lambda: "loss" in state.curves_of(one))
    assert state.compared == (one,)
    state.compare(one, False)
    assert state.compared == ()
    state.show(one)
    qtbot.waitUntil(lambda: len(state.curves.get("loss", ((), ()))[0]) == 20)


def test_nothing_is_read_while_nothing_is_trained(qtbot: QtBot, window: Window) -> None:
    state = window.state
    state.start(request(steps=10))
    wait_for(qtbot, window, "finished")
    qtbot.wait(700)
    announced: list[str] = []
    state.progress_changed.connect(lambda: announced.append("progress"))
    state.curves_changed.connect(lambda: announced.append("curves"))
    state.runs_changed.connect(lambda: announced.append("runs"))
    qtbot.wait(600)
    assert announced == []


def test_a_fault_of_the_disk_is_told(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where the folder should be")
    errors: list[CodebrushError] = []
    window.state.refused.connect(errors.append)
    window.state.start(request())
    qtbot.waitUntil(lambda: bool(errors))
    assert str(tmp_path / "runs") in str(errors[0])
    assert window.state.current is None
    assert window.state.status == "idle"


def test_the_state_imports_no_torch() -> None:
    code = "import sys, gui.state.training; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
