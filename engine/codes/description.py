"""`document.json` of a painting: what it is called, which model it was made with, how large it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from engine.codes.archive import UnreadableError
from engine.codes.grid import MAX_CELLS, MAX_CODES, MAX_RATIO

FORMAT = "codebrush painting"
VERSION = 1
MAX_LEVELS = 8
MAX_STRIDE_PX = 256
MAX_TEXT = 200
"""Longest title or name, in characters."""
SOURCES = ("source.png", "source.jpg", "source.webp", "source.gif", "source.bmp", "source.bin")
"""What the image a painting was made from may be called in its file."""


@dataclass(frozen=True, slots=True)
class LevelDescription:
    """Size and codes of one level."""

    height: int
    width: int
    codes: int
    stride_px: int


@dataclass(frozen=True, slots=True)
class Description:
    """All of `document.json`."""

    title: str
    model_name: str
    model_id: str
    levels: tuple[LevelDescription, ...]
    source: str | None

    def to_json(self) -> bytes:
        model = {"name": self.model_name, "model_id": self.model_id}
        document = {
            "format": FORMAT,
            "version": VERSION,
            "title": self.title,
            "model": model,
            "levels": [asdict(level) for level in self.levels],
            "source": self.source,
        }
        return json.dumps(document, indent=2).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Description:
        """Parse and check; raises `UnreadableError` naming what is wrong."""
        document = parse_json(content, "document.json")
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise UnreadableError("is not a painting: its document.json says something else")
        version = document.get("version")
        if version != VERSION:
            raise UnreadableError(
                f"has format version {version!r:.20}; this Codebrush reads version {VERSION}"
            )
        model = document.get("model")
        if not isinstance(model, dict):
            raise UnreadableError("its document.json names no model")
        source = document.get("source")
        if source is not None and source not in SOURCES:
            raise UnreadableError("its document.json names a source image of no known kind")
        return cls(
            _text(document.get("title"), "title"),
            _text(model.get("name"), "model name"),
            _text(model.get("model_id"), "model_id"),
            _levels(document.get("levels")),
            source,
        )


def parse_json(content: bytes, name: str) -> Any:
    """JSON from anywhere; raises `UnreadableError`."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"its {name} is no valid JSON") from error


def whole(value: object, low: int, high: int, what: str) -> int:
    """`value` if it is a whole number from `low` to `high`; raises `UnreadableError`."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise UnreadableError(
            f"says that its {what} is {value!r:.40}, not a whole number from {low} to {high}"
        )
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise UnreadableError(f"its {what} is no text of up to {MAX_TEXT} characters")
    return value


def _levels(value: object) -> tuple[LevelDescription, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_LEVELS:
        raise UnreadableError(f"its document.json lists no levels, or more than {MAX_LEVELS}")
    return tuple(_level(level, number) for number, level in enumerate(value))


def _level(value: object, number: int) -> LevelDescription:
    if not isinstance(value, dict):
        raise UnreadableError(f"its document.json does not describe level {number}")
    longest = MAX_CELLS * (MAX_RATIO if number else 1)
    return LevelDescription(
        whole(value.get("height"), 1, longest, f"height of level {number}"),
        whole(value.get("width"), 1, longest, f"width of level {number}"),
        whole(value.get("codes"), 1, MAX_CODES, f"number of codes of level {number}"),
        whole(value.get("stride_px"), 1, MAX_STRIDE_PX, f"stride of level {number}"),
    )
