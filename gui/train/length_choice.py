"""How long to train, in three words, each with the time it is expected to take here."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.frame.card_choice import CardChoice
from gui.state.expected_times import ExpectedTimes
from gui.train.words import duration_words
from gui.workers.train_form import PresetOffer, TrainForm

_LENGTHS = {"quick": "Quick look", "good": "Good", "best": "Best"}
"""Before a form says what there is."""


class LengthChoice(CardChoice):
    """The presets of a form."""

    def __init__(self, times: ExpectedTimes, parent: QWidget | None = None) -> None:
        super().__init__("Preset", side_by_side=True, parent=parent)
        self._times = times
        self._form: TrainForm | None = None
        self.show_form(None)

    @property
    def offer(self) -> PresetOffer | None:
        """The preset that is chosen."""
        return next((offer for offer in self._offers if offer.key == self.key), None)

    def show_form(self, form: TrainForm | None) -> None:
        """Those of a form; without one there is nothing to be offered yet."""
        self._form = form
        self.show_times()

    def show_times(self) -> None:
        """As far as they are known."""
        lines = {offer.key: (offer.title, offer.tip) for offer in self._offers}
        cards = lines or {key: (title, "") for key, title in _LENGTHS.items()}
        self.show_cards({key: (title, self._time_words(key), tip) for key, (title, tip) in cards.items()})

    def seconds_of(self, steps: int | None) -> float | None:
        """Expected of so many steps, without a number of those of the preset; None where it is not known."""
        offer, times = self.offer, self._times.of(self._form.subject if self._form is not None else None)
        if offer is None or offer.key not in times:
            return None
        return times[offer.key] * (steps or offer.steps) / offer.steps

    @property
    def _offers(self) -> tuple[PresetOffer, ...]:
        return self._form.presets if self._form is not None else ()

    def _time_words(self, key: str) -> str:
        subject = self._form.subject if self._form is not None else None
        times = self._times.of(subject)
        if key in times:
            words = duration_words(times[key])
            return words if " h " in words else f"about {words}"  # a card has no room for all of it
        return "..." if subject is None or self._times.is_waiting_for(subject) else ""
