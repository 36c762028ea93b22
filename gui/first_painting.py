"""What the window shows at its start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.errors import CodebrushError
from gui import theme
from gui.workers.files import Opened, kind_of, open_painting
from gui.workers.job import Ticket

FIRST_PAINTING = theme.ASSETS / "gallery" / "first-light.codebrush"
FIRST_TITLE = "First light"


def first_painting(
    asked_for: Path | None,
    say_fault: Callable[[CodebrushError], None],
    has_model: Callable[[str], bool],
) -> Opened | None:
    """The painting asked for, else the one that comes with the program if its `model_id` is at hand."""
    ticket = Ticket(lambda _done, _text: None)
    try:
        if asked_for is not None:
            return open_painting(asked_for, kind_of(asked_for), ticket)
    except CodebrushError as error:
        say_fault(error)
    try:
        opened = open_painting(FIRST_PAINTING, "painting", ticket)
    except CodebrushError:
        return None
    opened.painting.path, opened.painting.title = None, FIRST_TITLE
    return opened if has_model(opened.painting.model_id) else None
