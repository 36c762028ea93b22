"""What title, model picker and status line say, kept true while states change."""

from __future__ import annotations

import numpy as np

from gui.frame.header import ModelPicker, Title
from gui.frame.status_line import Hovered, StatusLine
from gui.state.brush import BrushState
from gui.state.level_words import level_name
from gui.state.painting import PaintingState
from gui.state.session import Session
from gui.state.surprise import SurpriseState
from gui.workers.decode import Decoded, DecodeLoop


class Readout:
    """Follows session, painting, brush and decoding."""

    def __init__(
        self,
        status: StatusLine,
        title: Title,
        picker: ModelPicker,
        session: Session,
        painting: PaintingState,
        brush: BrushState,
        decoding: DecodeLoop,
        surprise: SurpriseState,
    ) -> None:
        self._status, self._title, self._picker = status, title, picker
        self._session, self._painting, self._brush = session, painting, brush
        self._surprise = surprise
        for signal in (session.status_changed, session.decoder_changed, session.statistics_changed):
            signal.connect(self._show_model)
        painting.document_changed.connect(self._show_document)
        painting.modified_changed.connect(self._show_title)
        painting.history_changed.connect(self._show_title)
        painting.codes_changed.connect(self._show_hovered)
        painting.level_changed.connect(self._show_hovered)
        surprise.changed.connect(self._show_hovered)
        brush.changed.connect(self._follow_brush)
        decoding.decoded.connect(self._show_decode)
        self._show_model()
        self._show_document()

    def _show_model(self) -> None:
        session = self._session
        card = session.card
        self._picker.show_model(session.model_name, card.path if card is not None else None)
        device = session.decoder.device if session.decoder is not None else ""
        self._status.show_model(
            session.message or device, busy=session.status == "loading", fault=session.status == "failed"
        )
        if session.decoder is None:
            self._status.show_decode(None)
        self._show_hovered()

    def _show_document(self) -> None:
        height, width = self._painting.size_px
        self._status.show_size(width, height)
        self._status.show_decode(None)
        self._show_title()
        self._show_hovered()

    def _show_title(self) -> None:
        painting = self._painting.painting
        self._title.show_title(painting.title, self._painting.is_modified, painting.path)

    def _follow_brush(self, name: str) -> None:
        if name == "hovered_cell":
            self._show_hovered()

    def _show_hovered(self) -> None:
        cell, codes = self._brush.hovered_cell, self._painting.codes
        inside = cell is not None and all(0 <= at < side for at, side in zip(cell, codes.shape, strict=True))
        if cell is None or not inside:
            self._status.show_hovered(None)
            return
        code = int(codes[cell])
        name = level_name(self._painting.level, len(self._painting.painting.grid.levels))
        self._status.show_hovered(Hovered(*cell, code, self._share(code), name, self._surprise_of(*cell)))

    def _share(self, code: int) -> float | None:
        """The share of the data set's cells that use `code`, if the model of the painting says so."""
        statistics, level = self._session.statistics, self._painting.level
        if self._painting.read_only or level >= len(statistics) or code >= len(statistics[level].use):
            return None
        use = statistics[level].use
        return float(use[code] / max(1, np.sum(use)))

    def _surprise_of(self, row: int, column: int) -> str:
        said = self._surprise.at(row, column)
        if said is None:
            return ""
        return f"{said.bits:.1f} bits, rank {said.rank}, entropy {said.entropy:.1f} bits"

    def _show_decode(self, decoded: Decoded) -> None:
        self._status.show_decode(1000 * decoded.seconds)
