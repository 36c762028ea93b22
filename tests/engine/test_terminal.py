"""What a person at a terminal sees, and Ctrl+C that waits for the save."""

from __future__ import annotations

import io
import os
import signal
import sys

import pytest

from engine.terminal import lines, progress_line, stop_asked, words


class Terminal(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self) -> bool:
        return True


def test_values_are_told_one_a_line() -> None:
    values = {
        "name": "house",
        "mse": 0.00123456789,
        "used": 0,
        "nothing": None,
        "empty": [],
        "levels": [{"codes": 24, "bits": 3.5}, {"codes": 16, "bits": None}],
        "config": {"beta": 0.25, "inner": {"deep": True}},
    }
    assert list(lines(values)) == [
        "name: house",
        "mse: 0.00123457",
        "used: 0",
        "levels: codes 24, bits 3.5",
        "levels: codes 16",
        "config:",
        "  beta: 0.25",
        "  inner:",
        "    deep: True",
    ]


def test_long_lists_are_cut_short() -> None:
    assert words(["a", "b"]) == "a, b"
    assert words([str(number) for number in range(15)]).endswith("10, 11 and 3 more")


def test_progress_shows_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress_line() as tell:
        tell("Reading", 0.5)
    assert capsys.readouterr() == ("", "")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_line(quiet=True) as tell:
        tell("Reading", 0.5)
    assert terminal.getvalue() == ""
    with progress_line() as tell:
        tell("Reading [bold]a.png", 1.0)
        tell("Training", 0.25)
        tell("Reading [bold]a.png", 0.5)
    shown = terminal.getvalue()
    assert "Reading [bold]a.png" in shown
    assert "50.0 %" in shown
    assert "left" in shown


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to oneself there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_once_it_waits_asked_twice_it_does_not(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_asked() as asked:
        assert not asked()
        os.kill(os.getpid(), number)
        assert asked()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) == before
