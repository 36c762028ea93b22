"""How long jobs tell what they are doing."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with what is being done and how much of it is done, 0 to 1."""


def tell_nobody(_what: str, _part: float) -> None:
    """The progress of a job that nobody follows."""
