"""The newest snapshot of a run, opened while its trainer may replace it, and the picture in its codes."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.checkpoint import ModelCard
from engine.decoding.decoder import Decoder
from engine.errors import ModelFault
from gui.workers.encode import Encoded, encode_picture
from gui.workers.job import Ticket
from gui.workers.load import ModelLibrary, load_decoder

_TRIES = 5
_PAUSE_S = 0.2
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """A model file to open, and the picture to turn into its codes: of a file, or pixels `(H, W, C)`."""

    path: Path
    picture: bytes | Pixels | None = None
    width_px: int = 0  # of the painting that the codes are for


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What the file says, its decoder, and the picture in its codes with its content as a file."""

    card: ModelCard
    decoder: Decoder
    encoded: Encoded | None
    source: bytes | None


def open_snapshot(library: ModelLibrary, order: Order, ticket: Ticket) -> Snapshot:
    """Open one whole snapshot, however often it is replaced; raises `ModelFault` or `PictureFault`."""
    card, decoder = _open(library, order.path, ticket)
    if order.picture is None:
        return Snapshot(card, decoder, None, None)
    pixels, source = _picture(order.picture)
    across = max(1, round(order.width_px / decoder.levels[0].stride_px))
    encoded = encode_picture(decoder, pixels, across, ticket)
    return Snapshot(card, decoder, encoded, source)


def _open(library: ModelLibrary, path: Path, ticket: Ticket) -> tuple[ModelCard, Decoder]:
    for last_try in (*[False] * (_TRIES - 1), True):
        ticket.raise_if_cancelled()
        try:
            card = library.card(path)
            decoder = load_decoder(library, path, ticket)
            if decoder.model_id == card.model_id:
                return card, decoder
        except ModelFault:
            if last_try:
                raise
        time.sleep(_PAUSE_S)  # it was replaced between two looks at it
    raise ModelFault(path, "is replaced faster than it can be read")


def _picture(picture: bytes | Pixels) -> tuple[Pixels, bytes]:
    from PIL import Image

    from engine.images import read_picture

    if isinstance(picture, bytes):
        return read_picture(picture), picture
    buffer = io.BytesIO()
    Image.fromarray(picture if picture.shape[2] == 3 else picture[..., 0]).save(buffer, "PNG")
    return picture, buffer.getvalue()
