from __future__ import annotations

import pytest

from engine.analysis.looks import CodeLooks, looks_from_statistics, looks_from_vectors
from gui.canvas.palette_words import fold_tip, spoken, swatch_tip
from tests.gui.codebooks import COUNT, FIRST_EDGE, FIRST_UNUSED, codebook


@pytest.fixture
def looks() -> CodeLooks:
    return looks_from_statistics(codebook())


def test_screen_readers_hear_what_a_code_is_and_which_hands_hold_it(looks: CodeLooks) -> None:
    assert spoken(None, None, 0, 0) == "Codes, none yet"
    assert spoken(looks, None, 7, 0) == f"Codes, {COUNT} swatches, code 7 in hand"
    assert spoken(looks, FIRST_EDGE, 7, 0) == f"Code {FIRST_EDGE}, edge or texture"
    assert spoken(looks, 7, 7, 7) == "Code 7, fill, primary, secondary"
    assert spoken(looks, FIRST_UNUSED, 7, 0) == f"Code {FIRST_UNUSED}, unused"


def test_nothing_is_made_up_where_nothing_is_known() -> None:
    assert spoken(looks_from_vectors(codebook().vectors), 3, 0, 0) == "Code 3"


def test_tool_tips_say_what_the_card_does_not(looks: CodeLooks) -> None:
    assert "unused" in swatch_tip(looks, FIRST_UNUSED)
    assert swatch_tip(looks, 3) == ""
    assert fold_tip(True) != fold_tip(False)
