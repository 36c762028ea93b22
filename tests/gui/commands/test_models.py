"""The code that a painter begins with."""

from __future__ import annotations

import numpy as np
import pytest

from engine.analysis.looks import CodeLooks
from gui.commands.models import vivid_code

WHITE, GREY, RED, PINK, BLUE = (255, 255, 255), (90, 90, 90), (240, 20, 20), (250, 180, 190), (20, 30, 250)


def looks(colours: list[tuple[int, int, int]], fills: list[int]) -> CodeLooks:
    """Codes of one colour each, of which some are fills."""
    swatches = np.array(colours, np.uint8)[:, None, None].repeat(4, axis=1).repeat(4, axis=2)
    vectors = np.zeros((len(colours), 2), np.float32)
    return CodeLooks(swatches, swatches, vectors, np.isin(np.arange(len(colours)), fills), None)


@pytest.mark.parametrize(
    ("fills", "expected"),
    [
        ([0, 1, 2, 3], 2),  # the most colourful
        ([0, 1, 3], 3),  # of the fills, though another code has more colour
        ([0, 1], 4),  # no fill would show: any code
        ([], 4),
    ],
)
def test_it_is_the_most_colourful_fill_that_shows_on_paper(fills: list[int], expected: int) -> None:
    assert vivid_code(looks([WHITE, GREY, RED, PINK, BLUE], fills)) == expected


def test_of_greys_it_is_the_darkest() -> None:
    greys = [(255, 255, 255), (30, 30, 30), (90, 90, 90), (0, 0, 0)]
    assert vivid_code(looks(greys, [0, 1, 2])) == 1
    assert vivid_code(looks(greys, [0])) == 3


def test_of_a_model_that_shows_nothing_there_is_a_code_too() -> None:
    assert vivid_code(looks([WHITE, WHITE, WHITE], [0, 1])) == 0
