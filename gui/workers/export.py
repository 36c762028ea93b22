"""Exports off the GUI thread: the picture as a PNG, the model as ONNX graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.codes.document import Painting, png_with_painting
from engine.decoding.decoder import Decoder
from engine.files import write_bytes
from gui.workers.job import Ticket


@dataclass(frozen=True, slots=True, eq=False)
class PngOrder:
    """All that exporting a picture takes; `picture` `(H, W, C)` is decoded first where it is None."""

    painting: Painting
    picture: NDArray[np.uint8] | None
    decoder: Decoder
    path: Path
    scale: int
    smooth: bool


@dataclass(frozen=True, slots=True)
class Exported:
    """Where a PNG went, and whether the painting travels in it."""

    path: Path
    has_painting: bool


@dataclass(frozen=True, slots=True)
class OnnxOrder:
    """All that exporting a model takes."""

    model: Path
    folder: Path
    graphs: tuple[str, ...]
    replace: bool


def export_png(order: PngOrder, ticket: Ticket) -> Exported:
    """Write the PNG; raises `OptionFault` for a size out of reach and `CannotWrite`."""
    from engine.decoding.windowed import decode_full

    picture = order.picture
    if picture is None:
        picture = decode_full(order.decoder, order.painting.grid.levels, cancelled=lambda: ticket.cancelled)
    ticket.raise_if_cancelled()
    png = png_with_painting(picture, order.painting, order.scale, order.smooth)
    ticket.raise_if_cancelled()
    write_bytes(order.path, png.content)
    return Exported(order.path, png.has_painting)


def export_onnx(order: OnnxOrder, ticket: Ticket) -> Mapping[str, Any]:
    """Export and compare; the manifest. A cancelled export leaves nothing behind."""
    from exporters.onnx_graphs import export_model

    ticket.report(0, "Loading PyTorch and ONNX")
    return export_model(
        order.model,
        order.folder,
        order.graphs,
        force=order.replace,
        progress=lambda text, done: ticket.report(done, text),
    )
