"""The label that all asks of a prior share."""

from __future__ import annotations

from gui.state.asked_label import AskedLabel


def test_it_is_any_where_a_prior_does_not_know_it() -> None:
    asked, told = AskedLabel(), []
    asked.changed.connect(told.append)
    assert asked.condition(["cat", "dog"]) is None
    asked.label = "dog"
    condition = asked.condition(["cat", "dog"])
    assert condition is not None
    assert condition.tolist() == [0.0, 1.0]
    assert asked.among(["cat"]) == ""
    assert asked.condition(["cat"]) is None
    assert asked.condition([]) is None
    asked.label = "dog"
    assert told == ["label"]
