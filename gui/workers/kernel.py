"""Compiles what samples from priors in a child process: that takes a quarter of a minute.

On a thread of the window it would hold the interpreter. Whoever samples meanwhile does so with torch (see
`engine.priors.compiling`): nobody waits for the child.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.priors.compiling import is_compiled
from gui.workers.trainer_process import give_way

COMMAND = (sys.executable, "-m", "engine.priors.compiling")
_ROOT = Path(__file__).resolve().parents[2]
"""Where the package `engine` lies, in a checkout as where it is installed."""
_PATIENCE_S = 2.0


class KernelCompiler:
    """One child at most, which does not outlive the window. What fails is no loss: torch serves."""

    def __init__(self, command: Sequence[str] = COMMAND, is_done: Callable[[], bool] = is_compiled) -> None:
        self._command, self._is_done = command, is_done
        self._child: subprocess.Popen[bytes] | None = None
        self._is_over = False

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """Begin, unless it is done on this machine or was begun before."""
        if self._child is not None or self._is_over or self._is_done():
            return
        nothing = subprocess.DEVNULL
        with contextlib.suppress(OSError):
            self._child = subprocess.Popen(
                self._command, cwd=_ROOT, stdin=nothing, stdout=nothing, stderr=nothing
            )
            give_way(self._child.pid)

    def stop(self) -> None:
        """End the child and begin no other; what it has not finished is compiled another time."""
        self._is_over = True
        child = self._child
        if child is None:
            return
        child.terminate()
        try:
            child.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
