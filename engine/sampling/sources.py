"""What samples can be drawn from. No torch here: the command line lists them."""

from __future__ import annotations

from typing import Literal, get_args

Source = Literal["prior", "unigram", "uniform", "gaussian"]
SOURCES: tuple[Source, ...] = get_args(Source)


def sources_of(has_codes: bool) -> tuple[Source, ...]:
    """What pictures of a model may be drawn from, what is asked for by itself first."""
    return tuple(source for source in SOURCES if (source != "gaussian") == has_codes)
