"""The model in use: what its file says at once, its decoder when a worker has loaded it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal

from engine.analysis.statistics import LevelStatistics
from engine.checkpoint import ModelCard
from engine.decoding.decoder import Decoder
from engine.errors import CodebrushError
from gui.workers.job import Worker
from gui.workers.load import ModelLibrary, load_decoder

Status = Literal["loading", "ready", "failed"]
_KEY = "model"


@dataclass(frozen=True, slots=True)
class _Model:
    card: ModelCard | None = None
    statistics: tuple[LevelStatistics, ...] = ()
    decoder: Decoder | None = None


class Session(QObject):
    """One model at a time: `card` and `statistics` are there once it is opened, `decoder` follows."""

    status_changed = Signal()
    decoder_changed = Signal()
    statistics_changed = Signal()
    failed = Signal(object)  # the CodebrushError of a model that could not be opened
    unpaintable = Signal(object)  # ModelCard of a model without codes, which was asked for and not opened

    def __init__(self, library: ModelLibrary, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._worker = worker
        self._model = self._fallback = _Model()
        self._status: Status = "loading"
        self._message = ""
        self._may_load = False

    @property
    def card(self) -> ModelCard | None:
        return self._model.card

    @property
    def statistics(self) -> tuple[LevelStatistics, ...]:
        """Per level, coarsest first; empty for a model file without any."""
        return self._model.statistics

    @property
    def decoder(self) -> Decoder | None:
        """None until a worker has loaded it."""
        return self._model.decoder

    @property
    def status(self) -> Status:
        return self._status

    @property
    def message(self) -> str:
        """What is happening or what went wrong, for the status line; empty when all is well."""
        return self._message

    @property
    def model_name(self) -> str:
        return self._model.card.name if self._model.card else ""

    @property
    def builtin_models(self) -> Mapping[str, Path]:
        return self._library.builtin()

    @property
    def runs(self) -> Mapping[str, Path]:
        """The models of runs, by the run's name."""
        return self._library.runs()

    def at_hand(self) -> dict[str, Path]:
        """The models that can be chosen without a file dialog: the one in use, built-in ones and runs."""
        models = {self.card.name: self.card.path} if self.card is not None else {}
        return models | dict(self._library.runs()) | dict(self._library.builtin())

    def look(self, name_or_path: str | Path) -> ModelCard:
        """What a model's file says, without opening it; raises `CodebrushError`."""
        return self._library.card(self._library.find(name_or_path))

    def has_no_codes(self, name_or_path: str | Path) -> bool:
        """Whether this is a model, and one with nothing to paint with."""
        try:
            return not self.look(name_or_path).levels
        except CodebrushError:
            return False

    def find(self, model_id: str) -> Path | None:
        """The model that a painting refers to, if it is at hand."""
        for path in self.at_hand().values():
            try:
                if self._library.card(path).model_id == model_id:
                    return path
            except CodebrushError:
                continue
        return None

    def open_model(self, name_or_path: str | Path) -> bool:
        """Read what the model's file says and load its decoder; on failure the last model stays.

        False after `failed`, where the file cannot be used, or `unpaintable`, where there are no codes in it.
        """
        try:
            path = self._library.find(name_or_path)
            card = self._library.card(path)
            if not card.levels:
                self.unpaintable.emit(card)
                return False
            model = _Model(card, self._library.statistics(path))
        except CodebrushError as error:
            if self._model.card is None:
                self._say("failed", str(error))
            self.failed.emit(error)
            return False
        if model.card != self._model.card:
            self._fallback = self._model
            self._use(model)
            self._load()
        return True

    def use_loaded(self, card: ModelCard, decoder: Decoder) -> None:
        """Go on with a model that a worker has loaded already; its file may be replaced by now."""
        self._worker.cancel(_KEY)
        self._fallback = _Model()
        self._use(_Model(card, (), decoder))
        self._say("ready", "")

    def start_loading(self) -> None:
        """Let workers load models from now on: call it when the window has been painted."""
        if not self._may_load:
            self._may_load = True
            self._load()

    def _load(self) -> None:
        card = self._model.card
        if card is None or self._model.decoder is not None:
            return
        self._say("loading", f"Loading {card.name}")
        if not self._may_load:
            return
        self._worker.cancel(_KEY)
        self._worker.run(
            lambda ticket: load_decoder(self._library, card.path, ticket),
            on_done=self._loaded,
            on_error=self._load_failed,
            key=_KEY,
        )

    def _loaded(self, decoder: Decoder) -> None:
        self._fallback = _Model()
        self._model = replace(self._model, decoder=decoder)
        self._say("ready", "")
        self.decoder_changed.emit()

    def _load_failed(self, error: CodebrushError) -> None:
        fallback, self._fallback = self._fallback, _Model()
        self._say("failed", str(error))
        if fallback.card is not None:
            self._use(fallback)
            if fallback.decoder is not None:
                self._say("ready", "")
            self._load()
        self.failed.emit(error)

    def _use(self, model: _Model) -> None:
        self._model = model
        self.statistics_changed.emit()
        self.decoder_changed.emit()

    def _say(self, status: Status, message: str) -> None:
        if (status, message) != (self._status, self._message):
            self._status, self._message = status, message
            self.status_changed.emit()
