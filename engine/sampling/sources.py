"""What samples can be drawn from. No torch here: the command line lists them."""

from __future__ import annotations

from typing import Literal, get_args

Source = Literal["prior", "unigram", "uniform", "gaussian"]
SOURCES: tuple[Source, ...] = get_args(Source)
