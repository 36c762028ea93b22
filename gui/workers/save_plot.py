"""Pictures and values of plots, written off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.files import write_bytes
from gui.workers.job import Ticket


def save_plot(path: Path, content: Callable[[], bytes], ticket: Ticket) -> None:
    """Make the content and write it; raises `CannotWrite`."""
    ticket.raise_if_cancelled()
    write_bytes(path, content())
