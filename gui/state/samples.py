"""Samples as the window shows them: what is asked for, and the pictures that have been drawn so far."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

from engine.checkpoint import ModelCard
from engine.errors import CodebrushError, OptionFault
from engine.models.registry import weightless
from engine.priors.drawing import AS_TRAINED, Drawing
from engine.sampling.requests import (
    BEST_OF,
    FALLOFF,
    GUIDANCE,
    MOST_CANDIDATES,
    MoreLikeRequest,
    SampleRequest,
    Source,
    Step,
    sources_of,
)
from exporters.images import Pixels
from gui.state.drawn import Group, Sample, Task
from gui.state.setting import Setting
from gui.workers.job import Ticket, UnexpectedError, Worker
from gui.workers.sample import PictureMaker

MOST = 256
MORE = 8
"""So many more like a picture are drawn at a time."""
MOST_MORE = 2**20
"""Of one picture: their numbers do not meet those of the next one."""
UNDO_LIMIT = 20
"""Each may keep the pictures of a whole gallery."""
_KEY = "samples"
_SILENT_S = 1.0
"""What is over sooner needs no time said."""


class ModelShelf(Protocol):
    """As much of a session as samples need."""

    def look(self, name_or_path: str | Path) -> ModelCard: ...


class SamplesState(QObject):
    """Settings with their `changed` signal; `groups` of pictures, one per source that was asked for."""

    changed = Signal(str)  # a setting, by its name
    model_changed = Signal()  # or should be shown anew, where another could not be read
    gallery_changed = Signal()
    chosen_changed = Signal()
    running_changed = Signal()
    failed = Signal(object)  # CodebrushError

    source: Setting[Source] = Setting("prior")
    label = Setting("")  # empty: any
    count = Setting(16, lambda _, count: min(max(1, count), MOST))
    temperature = Setting(1.0)
    top_k = Setting(0)
    top_p = Setting(1.0)
    guidance = Setting(GUIDANCE)
    falloff = Setting(FALLOFF)
    candidates = Setting(BEST_OF, lambda _, count: min(max(1, count), MOST_CANDIDATES))
    seed = Setting(0)
    compares = Setting(False)  # all sources side by side

    def __init__(self, shelf: ModelShelf, worker: Worker, parent: QObject | None = None) -> None:
        """`worker` is one that models are used on."""
        super().__init__(parent)
        self._shelf, self._worker = shelf, worker
        self._maker = PictureMaker()
        self._card: ModelCard | None = None
        self._ticket: Ticket | None = None
        self._tasks: list[Task] = []  # of the last run, or of the one under way
        self._waiting: list[Task] = []
        self._current: Task | None = None
        self._undo: deque[Callable[[], bool]] = deque(maxlen=UNDO_LIMIT)  # each says if it changed anything
        self._started = 0.0
        self._chosen: tuple[Group, int] | None = None
        self.groups: list[Group] = []
        self.doing = ""  # beside drawing

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
    def asked(self) -> tuple[Source, ...]:
        """What is to be drawn from."""
        return self.sources if self.compares else tuple(s for s in self.sources if s == self.source)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that what is asked for takes."""
        return tuple(dict.fromkeys(label for source in self.asked for label in self._labels_of(source)))

    @property
    def tells_prior(self) -> bool:
        """Whether a prior is asked, for a label that it knows."""
        return "prior" in self.asked and self.label in self._labels_of("prior")

    @property
    def draws_in_levels(self) -> bool:
        """Whether the prior draws one level after another, of which a layout is one, too."""
        card = self._card
        if card is None or card.prior is None:
            return False
        return len(card.levels) > 1 or card.prior.has_layout

    def _labels_of(self, source: Source) -> tuple[str, ...]:
        card = self._card
        if card is None or source == "uniform":
            return ()
        if source == "prior":
            return () if card.prior is None else tuple(card.prior.labels)
        return card.labels if source == "unigram" or card.label_count else ()

    def choose_model(self, path: Path) -> None:
        """Draw from another model; what has been drawn stays. `failed` where nothing can be drawn from it."""
        try:
            card = self._shelf.look(path)
            if card.path.is_dir():  # an export
                raise weightless(card.path)
            self._card = card
        except CodebrushError as error:
            self.failed.emit(error)
        if self.sources and self.source not in self.sources:
            self.source = self.sources[0]
        self.model_changed.emit()

    # Drawing

    @property
    def is_running(self) -> bool:
        return self._ticket is not None

    @property
    def share(self) -> float:
        """Of what was asked for, 0 to 1."""
        return sum(task.share for task in self._tasks) / len(self._tasks) if self._tasks else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Till all are drawn; None where that is too soon to say or of no interest."""
        passed = time.monotonic() - self._started
        left = passed * (1 - self.share) / max(self.share, 1e-3)
        return left if passed > _SILENT_S and left > _SILENT_S else None

    def sample(self) -> None:
        """Draw anew with the settings as they are, in the place of what was there."""
        self.cancel()
        card, before = self._card, self.groups
        if card is None:
            return
        try:
            groups = [Group(self._request(card, source), source, card) for source in self.asked]
        except OptionFault as error:
            self.failed.emit(error)
            return
        if any(group.samples for group in before):
            self._undo.append(lambda: self._put_back(before))
        self.groups, self._tasks = groups, []
        self.gallery_changed.emit()
        self._add([Task(group, group.request) for group in groups])

    def more_like(self, group: Group, sample: Sample) -> None:
        """Draw pictures that share most of one, to stand after it; behind what is being drawn."""
        try:
            request = self._more_like_request(group, sample)
        except OptionFault as error:
            self.failed.emit(error)
            return
        task = Task(group, request, group.numbers, sample.line)
        group.more[sample.number] = group.more.get(sample.number, 0) + MORE
        self._undo.append(lambda: self._take_back(task))
        self._add([task])

    def cancel(self) -> None:
        """Stop at once; what is there stays."""
        if self._ticket is not None:
            self._ticket.cancel()
            self._waiting = []
            self._rest()

    @property
    def _drawing(self) -> Drawing:
        return Drawing(self.temperature, self.top_k, self.top_p, self.guidance, self.falloff)

    def _request(self, card: ModelCard, source: Source) -> SampleRequest:
        """With what the source can use of the settings."""
        label = self.label if self.label in self._labels_of(source) else ""
        drawing = self._drawing
        if source == "uniform":
            drawing = AS_TRAINED
        elif source == "gaussian":
            drawing = Drawing(temperature=self.temperature)
        elif source == "unigram":
            drawing = replace(drawing, guidance=1.0, falloff=1.0)
        elif not label:
            drawing = replace(drawing, guidance=1.0)
        candidates = self.candidates if label and source == "prior" else 1
        about = label or None, self.seed, drawing, source
        return SampleRequest(card.path, self.count, *about, candidates=candidates)

    def _more_like_request(self, group: Group, sample: Sample) -> MoreLikeRequest:
        """With what the picture's model can use of the settings; vectors keep their own label."""
        card, drawing = group.card, self._drawing
        if not card.levels:
            label, drawing = group.request.label, Drawing(temperature=self.temperature)
        else:
            known = card.prior.labels if card.prior is not None else ()
            label = self.label if self.label in self.labels and self.label in known else None
            drawing = drawing if label is not None else replace(drawing, guidance=1.0)
        return MoreLikeRequest(
            card.path,
            MORE,
            sample.codes,
            sample.latent,
            label,
            self.seed,
            drawing,
            # Apart for each picture: else what is like a picture like another would be that picture again.
            first=(sample.number + 1) * MOST_MORE + group.more.get(sample.number, 0),
            model_id=card.model_id,
        )

    def _add(self, tasks: list[Task]) -> None:
        if self.is_running:
            self._tasks += tasks
            self._waiting += tasks
            self.running_changed.emit()
        else:
            self._tasks, self._waiting = list(tasks), list(tasks)
            self._started = time.monotonic()
            self._begin_next()

    def _begin_next(self) -> None:
        if not self._waiting:
            self._rest()
            return
        self._current = task = self._waiting.pop(0)

        def begun(card: ModelCard) -> None:
            task.group.card = card  # its file may have been written anew since it was looked at
            self._go_on(task)

        self._run(task, lambda ticket: self._maker.begin(task.request, ticket), begun)
        self.running_changed.emit()

    def _go_on(self, task: Task) -> None:
        self._run(task, self._maker.go_on, lambda step: self._take(task, step))

    def _run(self, task: Task, job: Callable[[Ticket], Any], done: Callable[[Any], None]) -> None:
        self._ticket = self._worker.run(
            job,
            on_done=done,
            on_error=lambda error: self._give_up(task, error),
            on_progress=self._say,
            key=_KEY,
        )

    def _say(self, share: float, what: str) -> None:
        self.doing = f"{what}, {share:.0%}"
        self.running_changed.emit()

    def _take(self, task: Task, step: Step | None) -> None:
        self.doing = ""
        if step is None:
            self._begin_next()
            return
        task.share = step.share
        if step.part is not None:
            task.put(step.part)
        self.gallery_changed.emit()
        self._go_on(task)

    def _give_up(self, task: Task, error: CodebrushError) -> None:
        """One source that cannot be drawn from takes nothing from the others."""
        self._tasks.remove(task)
        if not task.like:
            self.groups.remove(task.group)
        self.gallery_changed.emit()
        self.failed.emit(error)
        if isinstance(error, UnexpectedError):
            self._waiting = []
        self._begin_next()

    def _rest(self) -> None:
        self._ticket, self._current, self.doing = None, None, ""
        self.groups = [group for group in self.groups if group.samples or group.rejected]
        self.gallery_changed.emit()
        self.running_changed.emit()

    def _take_back(self, task: Task) -> bool:
        """What more there is like a picture, or would be."""
        had_pictures, is_current = task.forget(), task is self._current
        if task not in self._waiting and not is_current:
            return had_pictures
        self._tasks.remove(task)
        if is_current and self._ticket is not None:
            self._ticket.cancel()
            self._begin_next()
        else:
            self._waiting.remove(task)
        return True

    # What is done with pictures

    def animate(self, group: Group, sample: Sample, done: Callable[[list[Pixels]], None]) -> None:
        """Call `done` with the frames of a picture being drawn; `failed` where it has no codes for it."""
        self._worker.run(
            lambda ticket: self._maker.frames(group.card, sample.codes, ticket),
            on_done=done,
            on_error=self.failed.emit,
        )

    @property
    def chosen(self) -> tuple[Group, Sample] | None:
        """None where nothing is, or its picture has gone."""
        if self._chosen is None:
            return None
        group, number = self._chosen
        if group not in self.groups or number not in group.samples:
            return None
        return group, group.samples[number]

    def choose(self, group: Group, number: int) -> None:
        """Turn to one picture."""
        self._choose((group, number))

    def choose_none(self) -> None:
        self._choose(None)

    def _choose(self, chosen: tuple[Group, int] | None) -> None:
        if chosen != self._chosen:
            self._chosen = chosen
            self.chosen_changed.emit()

    def favour(self, group: Group, number: int) -> None:
        """Mark a picture as a favourite, or no longer."""
        sample = group.samples[number]
        group.samples[number] = replace(sample, is_favourite=not sample.is_favourite)
        self.gallery_changed.emit()

    def reject(self, group: Group, number: int) -> None:
        """Take a picture out of the gallery."""
        group.rejected[number] = group.samples.pop(number)

        def restore() -> bool:
            group.samples[number] = group.rejected.pop(number)
            return True

        self._undo.append(restore)
        self.gallery_changed.emit()

    def undo(self) -> None:
        """Bring back the picture rejected last, or what was there before the last pictures were drawn."""
        while self._undo and not self._undo.pop()():
            pass
        self.gallery_changed.emit()

    def _put_back(self, groups: list[Group]) -> bool:
        self.cancel()
        self.groups = groups
        return True
