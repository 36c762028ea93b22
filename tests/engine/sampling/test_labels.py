"""Labels by name."""

from __future__ import annotations

import pytest

from engine.errors import OptionFault
from engine.sampling.labels import label_index, weights_of_label

LABELS = ("Flags", "Food & Drink", "Smileys")


def test_capitals_do_not_matter() -> None:
    assert label_index("food & drink", LABELS) == 1
    assert label_index("a", ("A", "a")) == 1
    assert weights_of_label("FLAGS", LABELS).tolist() == [1, 0, 0]


def test_what_is_not_there_is_told_with_what_is() -> None:
    with pytest.raises(OptionFault, match="did you mean 'Smileys'"):
        label_index("smiley", LABELS)
    with pytest.raises(OptionFault, match="use one of Flags, Food & Drink, Smileys"):
        label_index("zebra", LABELS)
    with pytest.raises(OptionFault, match="there are no labels here"):
        label_index("zebra", ())
