"""Running the command line as a user does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import main
from tests.journeys.command import Call, Result


@pytest.fixture
def call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Call]:
    """The command in this process, from an empty folder."""
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()

    def call(*words: object) -> Result:
        capsys.readouterr()
        try:
            status = main.main([str(word) for word in words])
        except SystemExit as stop:
            status = int(stop.code or 0)
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    yield call
    torch.set_num_threads(threads)
