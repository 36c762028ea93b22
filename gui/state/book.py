"""The codebook of the level being painted, as panels show it: looks, groups and facts of its codes.

It takes the best there is: the model's statistics; without any, the uniform fields that its decoder
gives (decoded by a worker); until those are there, colours projected from the code vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.analysis.companions import Companions, find_companions, uniform_grids
from engine.analysis.looks import CodeLooks, looks_from_fields, looks_from_statistics, looks_from_vectors
from engine.analysis.statistics import LevelStatistics
from engine.decoding.decoder import Decoder, to_pixels
from engine.errors import CodebrushError
from gui.state.painting import PaintingState
from gui.state.session import Session
from gui.workers.job import Ticket, Worker

_BATCH = 64  # fields decoded between two looks at whether they are still wanted
_KEY = "fields"


@dataclass(frozen=True, slots=True, eq=False)
class DecodedLooks:
    """What a decoder shows of its codes."""

    fields: tuple[NDArray[np.uint8], ...]  # per level (K, s, s, C)
    blank: tuple[int, ...]  # per level the code of white


class Book(QObject):
    """`looks` of the level being painted; None until a model says anything about its codes."""

    changed = Signal()

    def __init__(
        self, session: Session, painting: PaintingState, worker: Worker, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._painting = painting
        self._worker = worker
        self._looks: CodeLooks | None = None
        self._source: LevelStatistics | Decoder | None = None
        self._decoded: tuple[Decoder, DecodedLooks] | None = None
        self._ticket: Ticket | None = None
        self._level = painting.level
        for signal in (session.statistics_changed, session.decoder_changed, painting.document_changed):
            signal.connect(self._refresh)
        painting.level_changed.connect(self._refresh)
        session.status_changed.connect(self._announce_wait)
        self._refresh()

    @property
    def looks(self) -> CodeLooks | None:
        return self._looks

    @property
    def is_loading(self) -> bool:
        """Nothing to show yet, but it is on its way."""
        return self._looks is None and self._session.status == "loading"

    @property
    def level(self) -> int:
        return self._level

    @property
    def blank(self) -> tuple[int, ...] | None:
        """Per level the code of white, where that was asked of the decoder."""
        return self._decoded[1].blank if self._decoded is not None else None

    def _refresh(self) -> None:
        level = self._painting.level
        source = self._find_source(level)
        if source is self._source and level == self._level:
            return
        self._source, self._level = source, level
        if self._ticket is not None:
            self._ticket.cancel()
        if self._decoded is not None and self._decoded[0] is not self._session.decoder:
            self._decoded = None
        if isinstance(source, LevelStatistics):
            self._show(looks_from_statistics(source))
        elif source is None:
            self._show(None)
        elif self._decoded is not None and self._decoded[0] is source:
            self._learn(*self._decoded)
        else:
            self._show(looks_from_vectors(source.codebook(level)))
            self._decode_looks(source)

    def _find_source(self, level: int) -> LevelStatistics | Decoder | None:
        statistics, decoder = self._session.statistics, self._session.decoder
        if level < len(statistics):
            return statistics[level]
        return decoder if decoder is not None and level < len(decoder.levels) else None

    def _decode_looks(self, decoder: Decoder) -> None:
        self._ticket = self._worker.run(
            lambda ticket: decode_looks(decoder, ticket),
            on_done=lambda looks: self._learn(decoder, looks),
            on_error=self._keep_projection,
            key=_KEY,
        )

    def _learn(self, decoder: Decoder, looks: DecodedLooks) -> None:
        self._decoded = decoder, looks
        self._show(looks_from_fields(looks.fields[self._level], decoder.codebook(self._level)))

    def _keep_projection(self, _error: CodebrushError) -> None:
        """The projected colours stay; a decoder that fails says so where the painting is decoded."""

    def _show(self, looks: CodeLooks | None) -> None:
        self._looks = looks
        self.changed.emit()

    def _announce_wait(self) -> None:
        if self._looks is None:
            self.changed.emit()


def decode_looks(decoder: Decoder, ticket: Ticket) -> DecodedLooks:
    """What the codes of a decoder without statistics look like.

    With several levels a chart of colours is encoded: it says which codes of the other levels go with a code.
    """
    codes = [np.zeros((1, 1, 1), np.int64)]
    if len(decoder.levels) > 1:
        ticket.raise_if_cancelled()
        codes = decoder.encode(_colour_chart(decoder.levels[0].stride_px, decoder.channels))
    companions = find_companions(codes, decoder.levels)
    fields = tuple(
        _decoded_fields(decoder, level, companions[level], ticket) for level in range(len(companions))
    )
    side = (2 * decoder.encode_margin + 1) * decoder.levels[0].stride_px
    white = decoder.encode(np.ones((1, decoder.channels, side, side), np.float32))
    return DecodedLooks(fields, tuple(int(grid[0, grid.shape[1] // 2, grid.shape[2] // 2]) for grid in white))


def _colour_chart(stride_px: int, channels: int) -> NDArray[np.float32]:
    """Squares of 216 colours, three coarsest cells wide, side by side: (1, C, H, W) in [0, 1]."""
    steps = np.linspace(0.0, 1.0, 6, dtype=np.float32)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(12, 18, 3)
    shown = colours if channels == 3 else colours.mean(axis=2, keepdims=True)
    chart = shown.repeat(3 * stride_px, axis=0).repeat(3 * stride_px, axis=1)
    return np.ascontiguousarray(chart.transpose(2, 0, 1)[None])


def _decoded_fields(
    decoder: Decoder, level: int, companions: Companions, ticket: Ticket
) -> NDArray[np.uint8]:
    """The uniform field of every code of a level, uint8 `(K, s, s, C)`.

    Borders repeat, so one coarsest cell decodes to the middle of a uniform field.
    """
    grids, side, fields = uniform_grids(companions, decoder.levels), decoder.levels[level].stride_px, []
    for first in range(0, decoder.levels[level].codes, _BATCH):
        ticket.raise_if_cancelled()
        pixels = to_pixels(decoder.decode([grid[first : first + _BATCH] for grid in grids]))
        fields.append(pixels[:, :side, :side])
    return np.concatenate(fields)
