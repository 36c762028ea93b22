"""All that the prior of a painting's model is asked for, by those who ask it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from engine.decoding.decoder import Decoder
from gui.state.asked_label import AskedLabel
from gui.state.beneath import Beneath
from gui.state.dreaming import Dreaming
from gui.state.painting import PaintingState
from gui.state.resampling import Resampling
from gui.state.suggestions import Suggesting
from gui.state.surprise import SurpriseState
from gui.workers.job import Worker


class WithPrior(QObject):
    """Those who ask, of one painting and for one label."""

    lacking = Signal()  # one of them was asked, and the model has no prior
    failed = Signal(object)  # CodebrushError

    def __init__(self, painting: PaintingState, worker: Worker, parent: QObject | None = None) -> None:
        """`worker` is one that models are used on."""
        super().__init__(parent)
        asked = AskedLabel(self)
        about = painting, worker, asked
        self.surprise, self.suggesting = SurpriseState(*about, self), Suggesting(*about, self)
        self.dreaming = Dreaming(*about, self)
        self.beneath = Beneath(*about, self.dreaming, self)
        self.resampling = Resampling(*about, self, self.beneath.masks)
        for asking in (self.surprise, self.suggesting, self.resampling, self.dreaming):
            asking.lacking.connect(self.lacking)
        self._all = self.surprise, self.suggesting, self.resampling, self.dreaming, self.beneath
        for each in self._all:
            each.failed.connect(self.failed)
        self.beneath.changed.connect(lambda _: self.resampling.drop())
        self._acts: list[Callable[[], object]] = []
        painting.document_changed.connect(self._forget_acts)
        self.dreaming.rested.connect(self._act)
        self.beneath.rested.connect(self._act)
        self.resampling.opened.connect(self._leave_strokes)

    def set_decoder(self, decoder: Decoder | None) -> None:
        """Ask the prior of `decoder` from now on."""
        for asking in self._all:
            asking.set_decoder(decoder)

    def when_whole(self, act: Callable[[], object]) -> None:
        """Do it once every stroke has all its cells: at once, or soon; not at all where the painting goes."""
        self._acts.append(act)
        self._act()

    def _act(self) -> None:
        if not self.dreaming.is_busy and not self.beneath.is_busy:
            acts, self._acts = self._acts, []
            for act in acts:
                act()

    def _forget_acts(self) -> None:
        self._acts = []

    def _leave_strokes(self, variations_open: bool) -> None:
        """Variations are drawn for what is there: cells still waiting to be dreamt would drop them."""
        if variations_open:
            self.dreaming.drop()
            self.beneath.drop()
