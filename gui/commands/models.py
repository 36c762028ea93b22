"""The painting and its model: they belong together, or the painting can only be looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.analysis.looks import CodeLooks
from engine.checkpoint import ModelCard
from engine.codes.document import Painting
from engine.decoding.decoder import CodeLevel
from engine.errors import CodebrushError
from gui.dialogs.choose_file import FileChooser
from gui.dialogs.missing_model import MissingModelDialog
from gui.main_window import MainWindow
from gui.state.book import Book
from gui.state.painting import PaintingState
from gui.state.session import Session

MODEL_FILTER = "Models (*.safetensors manifest.json);;All files (*)"
FIRST_SIZE = (40, 64)  # rows, columns


@dataclass(frozen=True, slots=True)
class NoModel:
    """Stands where no model could be opened at all, so that there is a painting to show."""

    name: str = ""
    model_id: str = ""
    levels: tuple[CodeLevel, ...] = (CodeLevel(4, 512, 1),)


class Models:
    """Shows paintings with their own model where it is at hand, and changes models for a painting."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        painting: PaintingState,
        book: Book,
        chooser: FileChooser,
    ) -> None:
        self._window, self._session, self._painting = window, session, painting
        self._book, self._chooser = book, chooser
        self._came_from: str | None = None  # model_id that the painting had before the last change
        session.statistics_changed.connect(self._agree)
        painting.document_changed.connect(self._agree)
        session.failed.connect(self._take_back)

    def blank(self, rows: int, columns: int) -> Painting:
        """A blank painting for the model in use: the code that looks most like paper."""
        card = self._session.card
        model = card if card is not None and card.levels else NoModel()
        return Painting.blank(rows, columns, self.blank_codes[: len(model.levels)], model)

    @property
    def blank_codes(self) -> tuple[int, ...]:
        """Per level the code that looks most like paper; 0 where nothing is known of them yet."""
        statistics, looks = self._session.statistics, self._book.looks
        if statistics:
            return tuple(level.blank for level in statistics)
        levels = len(self._session.card.levels) if self._session.card is not None else 1
        if self._book.blank is not None and len(self._book.blank) == levels:
            return self._book.blank
        first = looks.blank if looks is not None and levels == 1 else 0
        return (first, *[0] * (levels - 1))

    def show(self, painting: Painting, preview: NDArray[np.uint8] | None = None) -> None:
        """Put `painting` on the canvas, with its own model if that is at hand."""
        card = self._session.card
        if card is None or card.model_id != painting.model_id:
            path = self._session.find(painting.model_id)
            if path is not None:
                self._session.open_model(path)
        self._came_from = None
        self._painting.set_painting(painting, preview)
        self._window.show_workspace("paint")

    def use(self, path: str | Path, when_safe: Callable[[Callable[[], object]], object]) -> None:
        """Paint with another model: on the same codes if they fit it, else on a blank canvas.

        `when_safe` asks about unsaved changes before a painting is replaced.
        """
        try:
            card = self._session.look(path)
        except CodebrushError as error:
            self._window.messages.say_fault(error)
            return
        painting = self._painting.painting
        if not card.levels:
            self._session.open_model(path)  # which tells whoever can show it
        elif card.model_id == painting.model_id or fits(painting, card):
            self._open(card)
        else:
            when_safe(lambda: self._start_over(card))

    def ask_for_file(self, when_safe: Callable[[Callable[[], object]], object]) -> None:
        """Let a model be chosen from a file."""
        self._chooser.to_open("Open model", MODEL_FILTER, lambda path: self.use(path, when_safe))

    def choose(self) -> None:
        """Offer the models at hand that can show a painting whose own model is missing."""
        MissingModelDialog(
            self._window,
            self._painting.painting.model_name,
            self._fitting(),
            lambda path: self.use(path, lambda act: act()),
            lambda: self.ask_for_file(lambda act: act()),
        ).open()

    def _fitting(self) -> dict[str, Path]:
        found = {}
        for name, path in self._session.at_hand().items():
            try:
                if fits(self._painting.painting, self._session.look(path)):
                    found[name] = path
            except CodebrushError:
                continue
        return found

    def _open(self, card: ModelCard) -> None:
        self._painting.settle()
        painting = self._painting.painting
        if not self._session.open_model(card.path) or card.model_id == painting.model_id:
            return
        self._came_from = painting.model_id
        self._adopt(painting, card)
        self._window.show_workspace("paint")
        self._window.messages.say("info", f"{card.name} shows the same codes its own way")

    def _adopt(self, painting: Painting, card: ModelCard) -> None:
        painting.adopt(card)
        self._painting.set_painting(painting)

    def _start_over(self, card: ModelCard) -> None:
        if self._session.open_model(card.path):
            self.show(self.blank(*FIRST_SIZE))

    def _take_back(self, error: CodebrushError) -> None:
        """A model that turned out to be broken: the painting goes back to the one before it."""
        card, painting = self._session.card, self._painting.painting
        if card is not None and card.model_id == self._came_from and fits(painting, card):
            self._came_from = None
            self._adopt(painting, card)
        self._window.messages.say_fault(error)

    def _agree(self) -> None:
        """Only the model that made the codes may change them."""
        card, painting = self._session.card, self._painting.painting
        missing = card is None or card.model_id != painting.model_id
        self._painting.set_read_only(missing)
        banner = self._window.banner
        if not missing:
            banner.hide()
        elif card is None:
            banner.say(
                "warn", "There is no model yet: open one to paint with it", "Open a model", self.choose
            )
        else:
            who = f"“{painting.title}” was made with {painting.model_name}"
            text = f"{who}, which is not here: it can be looked at, not changed"
            banner.say("warn", text, "Choose a model", self.choose)


def fits(painting: Painting, card: ModelCard) -> bool:
    """Whether the model has as many levels, codes and cells in a cell as the painting."""
    if not card.levels:
        return False
    strides = [level.stride_px for level in card.levels]
    ratios = tuple(strides[0] // stride for stride in strides)
    counts = tuple(level.codes for level in card.levels)
    return (ratios, counts) == (painting.grid.ratios, painting.grid.code_counts)


VIVID_ENOUGH = 48.0
"""To show on paper: the difference of a colour's channels, of 255."""


def vivid_code(looks: CodeLooks) -> int:
    """A code to begin with: the most colourful in good use, so that a stroke shows; a fill where one does."""
    colours = looks.fields.astype(np.float64).mean(axis=(1, 2))  # (K, 3)
    vividness = colours.max(axis=1) - colours.min(axis=1)
    if np.ptp(vividness) == 0:
        vividness = 255 - colours[:, 0]  # a grey model: the darkest
    # The fills of a coarse level may all be paper, where its codes say more than a colour.
    for some in (looks.fills, np.full(len(colours), True)):
        good = _in_good_use(some, looks)
        if vividness[good].max(initial=-np.inf) >= VIVID_ENOUGH:
            return int(np.argmax(np.where(good, vividness, -np.inf)))
    return int(np.argmax(vividness))


def _in_good_use(some: NDArray[np.bool_], looks: CodeLooks) -> NDArray[np.bool_]:
    """Those of some codes, (K,), that the data uses no less than half of them are used."""
    if looks.statistics is None or not some.any():
        return some
    use = looks.statistics.use
    return some & (use >= np.median(use[some]))
