"""The families to choose from, each with a sentence."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.frame.card_choice import CardChoice
from gui.train.words import FAMILIES, FORMAL, PRIOR, PRIOR_FORMAL, PRIOR_WORDS


def family_choice(parent: QWidget) -> CardChoice:
    """The families, each with one plain sentence, and the prior of a model that is there already."""
    choice = CardChoice("Family", side_by_side=False, parent=parent)
    families = {key: (*words, FORMAL[key]) for key, words in FAMILIES.items()}
    choice.show_cards({**families, PRIOR: (*PRIOR_WORDS, PRIOR_FORMAL)})
    return choice
