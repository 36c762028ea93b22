"""Samples as the window shows them: what is asked for, and the pictures that have been drawn so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.checkpoint import ModelCard
from engine.errors import CodebrushError, OptionFault
from engine.priors.drawing import AS_TRAINED, Drawing
from engine.sampling.sources import Source, sources_of
from gui.state.session import Session
from gui.state.setting import Setting
from gui.workers.job import Ticket, Worker
from gui.workers.sample import PictureMaker, Seen, Wish

MOST = 256
_KEY = "samples"


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One picture uint8 (H, W, C), drawn down to row `seen_px`, and its codes (h, w) per level."""

    number: int
    picture: NDArray[np.uint8]
    codes: tuple[NDArray[np.int64], ...]
    seen_px: int
    is_favourite: bool = False

    @property
    def is_whole(self) -> bool:
        return self.seen_px == len(self.picture)


@dataclass(slots=True)
class Group:
    """The pictures of one wish; those rejected are gone."""

    wish: Wish
    card: ModelCard
    samples: dict[int, Sample] = field(default_factory=dict)  # by number
    rejected: set[int] = field(default_factory=set)


class SamplesState(QObject):
    """Settings with their `changed` signal; `groups` of pictures, one per source that was asked for."""

    changed = Signal(str)  # a setting, by its name
    model_changed = Signal()
    gallery_changed = Signal()
    running_changed = Signal()
    failed = Signal(object)  # CodebrushError

    source: Setting[Source] = Setting("prior")
    label = Setting("")  # empty: any
    count = Setting(16, lambda _, count: min(max(1, count), MOST))
    temperature = Setting(1.0)
    top_k = Setting(0)
    top_p = Setting(1.0)
    guidance = Setting(1.0)
    seed = Setting(0)
    compares = Setting(False)  # all sources side by side

    def __init__(self, session: Session, worker: Worker, parent: QObject | None = None) -> None:
        """`worker` is one that models are used on."""
        super().__init__(parent)
        self._session, self._worker = session, worker
        self._maker = PictureMaker()
        self._card: ModelCard | None = None
        self._ticket: Ticket | None = None
        self._waiting: list[Group] = []
        self.groups: list[Group] = []

    # The model

    @property
    def card(self) -> ModelCard | None:
        return self._card

    @property
    def sources(self) -> tuple[Source, ...]:
        """What the model can draw from: a prior only where it has one."""
        if self._card is None:
            return ()
        has_prior = self._card.prior is not None
        fitting = sources_of(bool(self._card.levels))
        return tuple(source for source in fitting if source != "prior" or has_prior)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the source takes."""
        card = self._card
        if card is None or self.source == "uniform":
            return ()
        if self.source == "prior":
            return () if card.prior is None else tuple(card.prior.labels)
        return tuple(card.labels) if self.source == "unigram" or card.label_count else ()

    def choose_model(self, path: Path) -> None:
        """Draw from another model; what has been drawn stays. `failed` where its file cannot be read."""
        try:
            card = self._session.look(path)
        except CodebrushError as error:
            self.failed.emit(error)
            return
        if card == self._card:
            return
        self._card = card
        if self.source not in self.sources:
            self.source = self.sources[0]
        if self.label not in self.labels:
            self.label = ""
        self.model_changed.emit()

    # Drawing

    @property
    def is_running(self) -> bool:
        return self._ticket is not None

    @property
    def share(self) -> float:
        """Of what was asked for, 0 to 1."""
        wanted = sum(group.wish.count for group in self.groups)
        seen = sum(
            sample.seen_px / len(sample.picture) for group in self.groups for sample in group.samples.values()
        )
        rejected = sum(len(group.rejected) for group in self.groups)
        return (seen + rejected) / wanted if wanted else 0.0

    def sample(self) -> None:
        """Draw anew with the settings as they are; what was there goes."""
        self.cancel()
        card = self._card
        if card is None:
            return
        try:
            wishes = [
                self._wish(card, source) for source in (self.sources if self.compares else [self.source])
            ]
        except OptionFault as error:
            self.failed.emit(error)
            return
        self.groups = [Group(wish, card) for wish in wishes]
        self._waiting = list(self.groups)
        self.gallery_changed.emit()
        self._begin_next()

    def cancel(self) -> None:
        """Stop at once; what is there stays."""
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
            self._waiting = []
            self.running_changed.emit()

    def _wish(self, card: ModelCard, source: Source) -> Wish:
        """With what the source can use of the settings."""
        drawing = Drawing(self.temperature, self.top_k, self.top_p, self.guidance)
        if source == "uniform":
            drawing = AS_TRAINED
        elif source == "gaussian":
            drawing = Drawing(temperature=self.temperature)
        elif source == "unigram" or not self.label:
            drawing = replace(drawing, guidance=1.0)
        label = "" if source == "uniform" else self.label
        return Wish(card.path, source, self.count, label, self.seed, drawing)

    def _begin_next(self) -> None:
        if not self._waiting:
            self._ticket = None
            self.running_changed.emit()
            return
        group = self._waiting.pop(0)
        self._run(lambda ticket: self._maker.begin(group.wish, ticket), lambda _: self._go_on(group))
        self.running_changed.emit()

    def _go_on(self, group: Group) -> None:
        self._run(self._maker.go_on, lambda seen: self._take(group, seen))

    def _run(self, job: Callable[[Ticket], Any], done: Callable[[Any], None]) -> None:
        self._ticket = self._worker.run(job, on_done=done, on_error=self._fail, key=_KEY)

    def _take(self, group: Group, seen: Seen | None) -> None:
        if seen is None:
            self._begin_next()
            return
        for place, picture in enumerate(seen.pictures):
            number = seen.first + place
            if number in group.rejected:
                continue
            before = group.samples.get(number)
            codes = tuple(level[place] for level in seen.codes)
            loved = before is not None and before.is_favourite
            group.samples[number] = Sample(number, picture, codes, seen.seen_px, loved)
        self.gallery_changed.emit()
        self._go_on(group)

    def _fail(self, error: CodebrushError) -> None:
        self._ticket = None
        self._waiting = []
        self.groups = [group for group in self.groups if group.samples]
        self.gallery_changed.emit()
        self.running_changed.emit()
        self.failed.emit(error)

    # What is done with pictures

    def favour(self, group: Group, number: int) -> None:
        """Mark a picture as a favourite, or no longer."""
        sample = group.samples[number]
        group.samples[number] = replace(sample, is_favourite=not sample.is_favourite)
        self.gallery_changed.emit()

    def reject(self, group: Group, number: int) -> None:
        """Take a picture out of the gallery."""
        del group.samples[number]
        group.rejected.add(number)
        self.gallery_changed.emit()
