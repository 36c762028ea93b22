from __future__ import annotations

import pytest

from engine.analysis.looks import CodeFacts
from gui.canvas.code_words import norm_words, share_words, use_words


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.123, "12 %"), (0.0994, "9.9 %"), (0.012, "1.2 %"), (0.00034, "0.034 %"), (1e-7, "under 0.001 %")],
)
def test_shares_have_two_figures(share: float, words: str) -> None:
    assert share_words(share) == words


def test_what_is_known_of_use_is_said() -> None:
    used = CodeFacts(3, "Fill", cells=120, share=0.012, rank=13, norm=4.3141)
    assert use_words(used, 512) == "Used in 1.2 % of cells, rank 13 of 512"
    assert norm_words(used) == "Norm 4.31"
    unused = CodeFacts(3, "Unused", cells=0, share=0.0, rank=512, norm=1.0)
    assert use_words(unused, 512) == "No training cell chose it"
    unknown = CodeFacts(3, "Code", cells=None, share=None, rank=None, norm=1.0)
    assert use_words(unknown, 512) == "How often it is used is not known"
