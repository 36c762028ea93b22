"""Running the command line as a user does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import main
from tests.journeys.command import Call, Result, pictures, settings


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


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with splits of its own."""
    folder = tmp_path_factory.mktemp("data") / "photos"
    for seed, (split, count) in enumerate([("train", 12), ("valid", 4), ("test", 4)]):
        pictures(folder / split, count, seed)
    return folder


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> Path:
    """A run trained to its end; only read."""
    run = tmp_path_factory.mktemp("runs") / "first"
    threads = torch.get_num_threads()
    words = ["train", "--model", "vqvae", "--data", photos, "--out", run, "--steps", 6, "--batch-size", 4]
    assert main.main([str(word) for word in [*words, *settings()]]) == 0
    torch.set_num_threads(threads)
    return run
