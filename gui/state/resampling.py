"""New codes for the selected cells: several variations to look at in place, of which one is taken.

Nothing is painted until one is taken, and that is one undo step. Whatever changes the painting, its selection
or the level meanwhile drops the variations, as they were drawn for what was there; undo takes away what was
seen last, which is the variation on the canvas, and leaves the history alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from engine.codes.box import Mask
from engine.codes.selection import refined
from engine.decoding.decoder import Decoder
from engine.errors import CodebrushError
from engine.priors.drawing import Drawing
from engine.priors.requests import ResampleRequest
from gui.state.asked_label import AskedLabel
from gui.state.level_words import locked_words
from gui.state.painting import PaintingState
from gui.state.resample_options import ResampleOptions, Wishes
from gui.workers.job import Ticket, Worker
from gui.workers.resample import Draft, Order, Picture, PicturedVariation, draw_variations

NOTHING_SELECTED = "Nothing is selected: mark the cells that are to get new codes"
STILL_LOADING = "The model is still being loaded: resample when it is ready"
READ_ONLY = "This painting cannot be changed until its model is here"
PAUSE_MS = 250
"""An option being dragged passes many values: only where it rests is anything drawn."""
SILENT_S = 1.0
"""What is over sooner needs no time said."""
LABEL = "Resample"
Masks = Callable[[Mask, int], list[Mask]]
"""Of cells (h, w) of a level, per level the cells that are drawn."""


class Resampling(QObject):
    """Open from the first request until a variation is taken or all are dropped."""

    changed = Signal()  # what there is, which is chosen, how far it is
    opened = Signal(bool)
    shown_changed = Signal()  # what the canvas shows in the picture's place
    taken = Signal(object)  # the Picture of the variation that was painted
    labels_changed = Signal()
    lacking = Signal()  # it was asked for, and the model has no prior
    nothing_selected = Signal()
    refused = Signal(str)
    failed = Signal(object)  # CodebrushError

    def __init__(
        self,
        painting: PaintingState,
        worker: Worker,
        asked: AskedLabel,
        parent: QObject | None = None,
        masks: Masks | None = None,
    ) -> None:
        """`worker` is one that models are used on; `masks` says what is drawn, without it one level alone."""
        super().__init__(parent)
        self.options = ResampleOptions(asked, self)
        self._asked_label, self._masks = asked, masks or self._one_level
        self._painting, self._worker = painting, worker
        self._decoder: Decoder | None = None
        self._ticket: Ticket | None = None
        self._asked: Wishes | None = None  # of what is there or being drawn
        self._variations: list[PicturedVariation] = []
        self._chosen: PicturedVariation | None = None
        self._pointed: PicturedVariation | None = None
        self._draft: Picture | None = None
        self._drawn = 0
        self._share = self._started = 0.0
        self._soon = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._soon.timeout.connect(self.start)
        self.options.changed.connect(self._follow_options)
        for signal in (
            painting.document_changed,
            painting.codes_changed,
            painting.selection_changed,
            painting.level_changed,
            painting.read_only_changed,
            painting.locks_changed,
        ):
            signal.connect(self.drop)

    def set_decoder(self, decoder: Decoder | None) -> None:
        """Ask the prior of `decoder` from now on."""
        self.drop()
        self._decoder = decoder
        self.labels_changed.emit()

    # What there is

    @property
    def labels(self) -> tuple[str, ...]:
        """Those that the prior can be asked for."""
        prior = self._decoder.prior if self._decoder is not None else None
        return () if prior is None else prior.labels

    @property
    def is_open(self) -> bool:
        return self._asked is not None

    @property
    def is_busy(self) -> bool:
        return self._ticket is not None

    @property
    def count(self) -> int:
        """How many were asked for."""
        return self._asked.count if self._asked is not None else 0

    @property
    def drawn(self) -> int:
        """How many of them have been drawn, those included that turned out like another."""
        return self._drawn

    @property
    def seconds_left(self) -> float | None:
        """Till all are drawn; None where that is too soon to say or of no interest."""
        passed = time.monotonic() - self._started
        left = passed * (1 - self._share) / max(self._share, 1e-3)
        return left if passed > SILENT_S and left > SILENT_S else None

    @property
    def variations(self) -> tuple[PicturedVariation, ...]:
        """Those that are ready, the likeliest first."""
        return tuple(self._variations)

    @property
    def chosen(self) -> PicturedVariation | None:
        """The one that is taken if nothing else is said."""
        return self._chosen

    @property
    def shown(self) -> Picture | None:
        """What the canvas shows: the variation pointed at, else the chosen one, else what is being drawn."""
        variation = self._pointed or self._chosen
        return self._draft if variation is None else variation.picture

    # Asking

    def start(self) -> None:
        """Draw variations for the selected cells; nothing where that is what there is already."""
        painting, decoder, wishes = self._painting, self._decoder, self.options.wishes
        self._soon.stop()
        if painting.is_stroking or wishes == self._asked or not self._can_start():
            return
        assert decoder is not None
        painting.settle()
        was_open = self.is_open
        self._forget()
        self._asked, self._started = wishes, time.monotonic()
        order = self._order(decoder, wishes)
        self._ticket = self._worker.run(
            lambda ticket: draw_variations(order, ticket),
            on_done=lambda _: self._finish(),
            on_error=self._give_up,
            on_part=self._receive,
        )
        if not was_open:
            self.opened.emit(True)
        self.changed.emit()
        self.shown_changed.emit()

    def again(self) -> None:
        """Other variations: those of the next seed."""
        self.options.next_seed()
        self.start()

    def _can_start(self) -> bool:
        """Says why not."""
        decoder, painting = self._decoder, self._painting
        if painting.read_only:
            self.refused.emit(READ_ONLY)
        elif not painting.may_paint:
            self.refused.emit(locked_words(painting.level, len(painting.painting.grid.levels)))
        elif decoder is None or decoder.model_id != painting.painting.model_id:
            self.refused.emit(STILL_LOADING)
        elif decoder.prior is None:
            self.lacking.emit()
        elif painting.selection.is_empty:
            self.nothing_selected.emit()
        else:
            return True
        return False

    def _order(self, decoder: Decoder, wishes: Wishes) -> Order:
        grid, level, selection = self._painting.painting.grid, self._painting.level, self._painting.selection
        masks = self._masks(refined(selection.mask, None, grid.ratios[level]), level)
        condition = self._asked_label.condition(self.labels)
        guidance = 1.0 if condition is None else wishes.guidance
        request = ResampleRequest(
            codes=tuple(codes.copy() for codes in grid.levels),
            masks=tuple(masks),
            seed=wishes.seed,
            condition=condition,
            drawing=Drawing(temperature=wishes.temperature, top_p=wishes.top_p, guidance=guidance),
            variations=wishes.count,
        )
        return Order(decoder, request, selection)

    def _one_level(self, mask: Mask, level: int) -> list[Mask]:
        masks: list[Mask] = [np.zeros(codes.shape, np.bool_) for codes in self._painting.painting.grid.levels]
        masks[level] = mask
        return masks

    def _follow_options(self, _name: str) -> None:
        if self.is_open:
            self._soon.start()

    # Receiving

    def _receive(self, part: Draft | PicturedVariation) -> None:
        shown = self.shown
        if isinstance(part, Draft):
            self._share, self._draft = part.share, part.picture
        else:
            self._drawn += 1
            self._add(part)
        self.changed.emit()
        if self.shown is not shown:
            self.shown_changed.emit()

    def _add(self, variation: PicturedVariation) -> None:
        """One that is like another is none: at temperature 0 all are alike."""
        if not any(variation.is_like(other) for other in self._variations):
            self._variations = sorted([*self._variations, variation], key=lambda one: (one.bits, one.number))
            self._chosen = self._chosen or variation

    def _finish(self) -> None:
        self._ticket, self._share = None, 1.0
        self.changed.emit()

    def _give_up(self, error: CodebrushError) -> None:
        self.drop()
        self.failed.emit(error)

    # Choosing

    def choose(self, place: int) -> None:
        """Show one of the variations on the canvas, by its place among them."""
        self._chosen, self._pointed = self._variations[place], None
        self.changed.emit()
        self.shown_changed.emit()

    def step(self, by: int) -> None:
        """To the next one, or the one before."""
        if self._chosen is not None:
            place = self._variations.index(self._chosen) + by
            self.choose(min(max(place, 0), len(self._variations) - 1))

    def point_at(self, place: int | None) -> None:
        """Show one while the pointer rests on it; with None the chosen one again."""
        pointed = None if place is None else self._variations[place]
        if pointed is not self._pointed:
            self._pointed = pointed
            self.shown_changed.emit()

    def take(self) -> None:
        """Paint the variation that is shown: one undo step."""
        variation, painting = self._pointed or self._chosen, self._painting
        if variation is None:
            return
        self.drop()
        if painting.begin(LABEL):
            stroke = painting.open_stroke
            assert stroke is not None
            for part in variation.parts:
                painting.paint_into(stroke, part.level, [(part.box, part.mask, part.codes)])
            painting.commit()
            self.taken.emit(variation.picture)

    def drop(self) -> None:
        """Forget the variations and stop drawing: the painting is as it was."""
        if self.is_open:
            self._forget()
            self.opened.emit(False)
            self.changed.emit()
            self.shown_changed.emit()

    def _forget(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
        self._soon.stop()
        self._ticket = self._asked = self._chosen = self._pointed = self._draft = None
        self._variations, self._drawn, self._share = [], 0, 0.0
