"""What trainings in tests have in common."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from engine.data.source import DataShape
from engine.training import loop, start
from tests.small import small_pictures


@pytest.fixture
def small_data(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Small pictures for every training, which tells of each step."""
    threads = torch.get_num_threads()
    monkeypatch.setattr(start, "open_data", lambda *_: small_pictures())
    monkeypatch.setattr(start, "natural_shape", lambda _: DataShape(16, 3))
    monkeypatch.setattr(loop, "TELL_EVERY_S", 0.0)  # every step is told
    monkeypatch.setattr(loop, "FIRST_LATEST_S", 1000.0)
    yield
    torch.set_num_threads(threads)
