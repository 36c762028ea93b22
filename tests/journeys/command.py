"""How a command ended, for tests that run some."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        """The one JSON object on standard output."""
        assert self.status == 0, self.err
        return json.loads(self.out)

    def refused(self, *words: str, status: int = 1) -> None:
        """It failed with one line on standard error that says all of `words`, and no traceback."""
        assert self.status == status, (self.out, self.err)
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("codebrush: ")
        assert "Traceback" not in self.err
        for word in words:
            assert word in self.err, self.err


Call = Callable[..., Result]
"""A command, word by word."""
