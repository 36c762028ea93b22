"""The child that compiles the sampler: one at most, none where it is done, gone with the window."""

from __future__ import annotations

import subprocess
import sys

from pytestqt.qtbot import QtBot

from gui.workers.kernel import KernelCompiler

FOREVER = (sys.executable, "-c", "import time; time.sleep(60)")


def test_it_is_started_once_and_ended_by_stop() -> None:
    compiler = KernelCompiler(FOREVER, is_done=lambda: False)
    assert not compiler.is_running
    compiler.start()
    child = compiler._child
    compiler.start()
    assert compiler._child is child
    assert compiler.is_running
    compiler.stop()
    assert not compiler.is_running
    compiler.start()
    assert compiler._child is child


def test_there_is_nothing_to_start_where_it_is_done_or_cannot_be() -> None:
    compiler = KernelCompiler(FOREVER, is_done=lambda: True)
    compiler.start()
    assert compiler._child is None
    compiler.stop()
    missing = KernelCompiler(("/no/such/program",), is_done=lambda: False)
    missing.start()
    assert not missing.is_running
    missing.stop()


def test_the_command_finds_the_engine_wherever_the_window_was_started(
    qtbot: QtBot, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    compiler = KernelCompiler((sys.executable, "-c", "import engine.priors.compiling"), is_done=lambda: False)
    compiler.start()
    qtbot.waitUntil(lambda: not compiler.is_running, timeout=20_000)
    assert compiler._child is not None
    assert compiler._child.returncode == 0
    compiler.stop()


def test_asking_whether_it_is_done_needs_no_torch() -> None:
    code = (
        "import sys, gui.workers.kernel as k; k.is_compiled(); print({'torch', 'numba'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
