"""Which levels of codes the canvas shows: those that are hidden say nothing to its decoder.

That is how it looks at a painting, not a part of it: what is saved, resampled or exported as a model has all
levels, and another painting begins with all of them shown.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from engine.decoding.decoder import Decoder
from gui.state.painting import PaintingState
from gui.workers.decode import DecodeLoop


class ShownLevels(QObject):
    """`decoder` is what the canvas is to be decoded with."""

    changed = Signal()

    def __init__(self, painting: PaintingState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._painting = painting
        self._whole: Decoder | None = None
        self._decoder: Decoder | None = None
        self._made_from: Decoder | None = None
        self._hidden: frozenset[int] = frozenset()
        painting.document_changed.connect(self.show_all)

    @property
    def hidden(self) -> frozenset[int]:
        return self._hidden

    @property
    def decoder(self) -> Decoder | None:
        """The one that was set, to which hidden levels say nothing."""
        return self._decoder

    @property
    def is_able(self) -> bool:
        """Whether there are several levels and the decoder can do without some of them."""
        whole = self._whole
        return whole is not None and len(whole.levels) > 1 and whole.without({0}) is not None

    def set_decoder(self, decoder: Decoder | None) -> None:
        """Show paintings with `decoder` from now on, what was hidden remaining so if it can."""
        self._whole = decoder
        self._set(self._hidden if self.is_able else frozenset())

    def may_hide(self, level: int) -> bool:
        """Whether it is shown, and not the only one."""
        shown = self._levels() - self._hidden
        return self.is_able and level in shown and len(shown) > 1

    def show(self, level: int, is_shown: bool) -> None:
        """Show a level or hide it; one level is always shown."""
        if is_shown:
            self._set(self._hidden - {level})
        elif self.may_hide(level):
            self._set(self._hidden | {level})

    def switch(self, level: int) -> None:
        """Hide what is shown, and the other way round."""
        self.show(level, level in self._hidden)

    def show_all(self) -> None:
        self._set(frozenset())

    def when_all(self, decoding: DecodeLoop, then: Callable[[], object]) -> None:
        """Call `then` once all levels are shown, as `DecodeLoop.when_whole`."""
        self.show_all()
        decoding.when_whole(then)

    def _levels(self) -> frozenset[int]:
        return frozenset(range(len(self._painting.painting.grid.levels)))

    def _set(self, hidden: frozenset[int]) -> None:
        hidden = hidden if hidden < self._levels() else frozenset()
        if (hidden, self._whole) == (self._hidden, self._made_from):
            return
        self._hidden, self._made_from = hidden, self._whole
        self._decoder = self._whole
        if hidden and self._whole is not None:
            self._decoder = self._whole.without(hidden)
        self.changed.emit()
