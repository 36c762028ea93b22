"""A model shown by what it makes of pictures: originals and reconstructions, for models without codes."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from engine.checkpoint import ModelCard
from engine.errors import CodebrushError
from gui.workers.job import Ticket, Worker
from gui.workers.reconstruct import Reconstructions, reconstruct

_KEY = "gallery"


class Gallery(QObject):
    """`card` is the model on show, None while a run is shown instead; its pictures follow."""

    changed = Signal()

    def __init__(self, worker: Worker, parent: QObject | None = None) -> None:
        """`worker` is one that models are used on."""
        super().__init__(parent)
        self._worker = worker
        self._card: ModelCard | None = None
        self._pictures: Reconstructions | None = None
        self._message = ""
        self._ticket: Ticket | None = None

    @property
    def card(self) -> ModelCard | None:
        return self._card

    @property
    def pictures(self) -> Reconstructions | None:
        """None until they have been computed, and where that failed."""
        return self._pictures

    @property
    def message(self) -> str:
        """What is happening, or why there are no pictures."""
        return self._message

    def show(self, card: ModelCard) -> None:
        """Put a model on show."""
        self._set(card, None, f"Opening {card.name}")
        self._ticket = self._worker.run(
            lambda ticket: reconstruct(card, ticket),
            on_done=lambda pictures: self._set(card, pictures, ""),
            on_error=lambda error: self._fail(card, error),
            key=_KEY,
        )

    def clear(self) -> None:
        """Show no model."""
        if self._card is not None:
            self._set(None, None, "")

    def _fail(self, card: ModelCard, error: CodebrushError) -> None:
        self._set(card, None, str(error))

    def _set(self, card: ModelCard | None, pictures: Reconstructions | None, message: str) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
        self._card, self._pictures, self._message = card, pictures, message
        self.changed.emit()
