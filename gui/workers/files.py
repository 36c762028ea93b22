"""Opening and keeping paintings off the GUI thread, and telling what a file is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.codes.document import Painting, holds_painting, open_preview
from engine.codes.history import History
from engine.files import write_bytes
from gui.workers.job import Ticket

Kind = Literal["painting", "png painting", "model", "picture"]
PAINTING_SUFFIX = ".codebrush"
_MODEL_SUFFIXES = (".safetensors", ".onnx", ".json")


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A painting from a file and the picture in it, `(H, W, 3)`, if it had one."""

    painting: Painting
    preview: NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True, eq=False)
class Autosave:
    """A painting as it was a moment ago, where it is to be kept, and the file it belongs to."""

    painting: Painting
    folder: Path
    name: str
    writes_source: bool


def kind_of(path: Path) -> Kind:
    """What a person means by opening `path`; what is nothing else is taken for a picture."""
    suffix = path.suffix.lower()
    if suffix == PAINTING_SUFFIX:
        return "painting"
    if path.is_dir() or suffix in _MODEL_SUFFIXES:
        return "model"
    return "png painting" if suffix == ".png" and holds_painting(path) else "picture"


def open_painting(path: Path, kind: Kind, ticket: Ticket) -> Opened:
    """The painting in a `.codebrush` file or in a PNG; raises `PaintingFault`."""
    ticket.raise_if_cancelled()
    if kind == "png painting":
        painting = Painting.from_png(path)
        painting.title = path.stem
        return Opened(painting, None)
    painting = Painting.open(path)
    painting.title = path.stem
    return Opened(painting, open_preview(path))


def snapshot(painting: Painting) -> Painting:
    """A painting of its own with the same content: it can be written while the other is painted on."""
    history = History(painting.history.packed_steps, painting.history.position)
    return Painting(
        painting.grid.copy(),
        painting.strides,
        painting.model_name,
        painting.model_id,
        start=painting.start,
        title=painting.title,
        history=history,
        path=painting.path,
    )


def write_autosave(order: Autosave, source: bytes | None, ticket: Ticket) -> None:
    """Keep the painting; its source image, which may be large, only where `writes_source` asks for it."""
    ticket.raise_if_cancelled()
    stem = order.folder / order.name
    if order.writes_source and source is not None:
        write_bytes(stem.with_suffix(".source"), source)
    path = order.painting.path
    about = {"title": order.painting.title, "path": None if path is None else str(path)}
    order.painting.save_copy(stem.with_suffix(PAINTING_SUFFIX))
    write_bytes(stem.with_suffix(".json"), json.dumps(about).encode())


def read_autosave(stem: Path, ticket: Ticket) -> Opened:
    """What `write_autosave` kept at `stem`, to be saved again by its owner; raises `PaintingFault`."""
    ticket.raise_if_cancelled()
    painting = Painting.open(stem.with_suffix(PAINTING_SUFFIX))
    painting.history.mark_unsaved()
    source = stem.with_suffix(".source")
    painting.source = source.read_bytes() if source.is_file() else None
    painting.path = belongs_to(stem)
    return Opened(painting, None)


def belongs_to(stem: Path) -> Path | None:
    """The file that an autosaved painting was opened from or saved to."""
    try:
        path = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8")).get("path")
    except (OSError, ValueError, AttributeError):
        return None
    return Path(path) if isinstance(path, str) else None
