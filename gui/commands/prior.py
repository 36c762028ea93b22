"""What the window does with a prior: surprise, suggestions, resampling, dreaming, the offer of one."""

from __future__ import annotations

from collections.abc import Callable

from gui.main_window import MainWindow
from gui.state.brush import BrushState
from gui.state.resampling import NOTHING_SELECTED
from gui.state.session import Session
from gui.state.with_prior import WithPrior
from gui.workers.kernel import KernelCompiler


class Prior:
    """Hands each new model's prior to those who ask it, and says what comes of that."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        brush: BrushState,
        asking: WithPrior,
        compiler: KernelCompiler,
        train_prior: Callable[[], object],
    ) -> None:
        self._window, self._session, self._brush = window, session, brush
        self._asking = asking
        self._compiler, self._train_prior = compiler, train_prior
        asking.lacking.connect(self._offer)
        asking.failed.connect(window.messages.say_fault)
        asking.resampling.nothing_selected.connect(self._ask_for_a_selection)
        asking.resampling.refused.connect(lambda text: window.messages.say("info", text))
        asking.surprise.shown_changed.connect(self._follow_surprise)
        session.decoder_changed.connect(self._follow_model)
        asking.beneath.changed.connect(self._show_beneath)
        asking.beneath.ability_changed.connect(self._show_beneath)
        self._follow_surprise(False)
        self._show_beneath()

    def _follow_model(self) -> None:
        decoder = self._session.decoder
        self._asking.set_decoder(decoder)
        if decoder is not None and decoder.prior is not None:
            self._compiler.start()

    def _follow_surprise(self, shown: bool) -> None:
        self._window.actions_table["view.surprise"].setChecked(shown)
        for name in ("select.surprising", "edit.heal"):
            self._window.actions_table.allow(name, shown)

    def _show_beneath(self) -> None:
        beneath, table = self._asking.beneath, self._window.actions_table
        table["level.follow"].setChecked(beneath.follow)
        table.allow("level.follow", beneath.is_able)

    def _offer(self) -> None:
        text = f"{self._session.model_name} has no prior, which would know what codes to expect"
        self._window.messages.say("info", text, "Train a prior", self._train_prior)

    def _ask_for_a_selection(self) -> None:
        def select() -> None:
            self._brush.tool = "select"

        self._window.messages.say("info", NOTHING_SELECTED, "Select cells", select)
