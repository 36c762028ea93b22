"""What the levels of codes are called."""

from __future__ import annotations

KEYED_LEVELS = 3
"""As many have a key to paint on them; there may be more."""
_NAMES = {2: ("Coarse", "Fine"), 3: ("Coarse", "Middle", "Fine")}


def level_name(level: int, count: int) -> str:
    """The name of one of `count` levels, coarsest first; empty where there is one only."""
    if count == 1:
        return ""
    return _NAMES[count][level] if count in _NAMES else f"Level {level}"


def locked_words(level: int, count: int) -> str:
    """Why nothing is painted on one of `count` levels."""
    return f"The {level_name(level, count).lower()} level is locked: Shift+L unlocks it"
