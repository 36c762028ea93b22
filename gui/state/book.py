"""The codebook of the level being painted, as panels show it: looks, groups and facts of its codes.

It takes the best there is: the model's statistics; without any, the uniform fields that its decoder
gives (decoded by a worker); until those are there, colours projected from the code vectors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.analysis.looks import CodeLooks, looks_from_fields, looks_from_statistics, looks_from_vectors
from engine.analysis.statistics import LevelStatistics
from engine.decoding.decoder import Decoder, to_pixels
from engine.errors import CodebrushError
from gui.state.painting import PaintingState
from gui.state.session import Session
from gui.workers.job import Ticket, Worker

_BATCH = 64  # fields decoded between two looks at whether they are still wanted
_KEY = "fields"


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

    def _refresh(self) -> None:
        level = self._painting.level
        source = self._find_source(level)
        if source is self._source and level == self._level:
            return
        self._source, self._level = source, level
        if self._ticket is not None:
            self._ticket.cancel()
        if isinstance(source, LevelStatistics):
            self._show(looks_from_statistics(source))
        elif source is not None:
            self._show(looks_from_vectors(source.codebook(level)))
            self._decode_fields(source)
        else:
            self._show(None)

    def _find_source(self, level: int) -> LevelStatistics | Decoder | None:
        statistics, decoder = self._session.statistics, self._session.decoder
        if level < len(statistics):
            return statistics[level]
        return decoder if decoder is not None and level < len(decoder.levels) else None

    def _decode_fields(self, decoder: Decoder) -> None:
        if len(decoder.levels) != 1:  # one level's field depends on what the others say
            return
        self._ticket = self._worker.run(
            lambda ticket: decoded_fields(decoder, ticket),
            on_done=lambda fields: self._show(looks_from_fields(fields, decoder.codebook(0))),
            on_error=self._keep_projection,
            key=_KEY,
        )

    def _keep_projection(self, _error: CodebrushError) -> None:
        """The projected colours stay; a decoder that fails says so where the painting is decoded."""

    def _show(self, looks: CodeLooks | None) -> None:
        self._looks = looks
        self.changed.emit()

    def _announce_wait(self) -> None:
        if self._looks is None:
            self.changed.emit()


def decoded_fields(decoder: Decoder, ticket: Ticket) -> NDArray[np.uint8]:
    """The uniform field of every code of a decoder of one level, uint8 `(K, s, s, C)`.

    Borders repeat, so a 1 x 1 grid decodes to the middle of a uniform field.
    """
    fields = []
    for codes in np.array_split(np.arange(decoder.levels[0].codes), -(-decoder.levels[0].codes // _BATCH)):
        ticket.raise_if_cancelled()
        fields.append(to_pixels(decoder.decode([codes[:, None, None]])))
    return np.concatenate(fields)
