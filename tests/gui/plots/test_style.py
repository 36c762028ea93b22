from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from gui import theme
from gui.plots import style


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (0.0123456, "0.01235"),
        (12.3456, "12.35"),
        (123.456, "123.5"),
        (1234.5, "1,234"),
        (128.0, "128"),
        (70000.0, "70,000"),
        (-90.126, "-90.13"),
        (1.234e-5, "1.23e-05"),
        (2.5e8, "2.50e+08"),
        (float("nan"), "nan"),
    ],
)
def test_values_have_four_digits(value: float, words: str) -> None:
    assert style.number_words(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (0.001, "0.001"),
        (20.0, "20"),
        (5000.0, "5000"),
        (20000.0, "20k"),
        (12500.0, "12.5k"),
        (3e6, "3M"),
        (2e-5, "2e-05"),
        (-100.0, "-100"),
    ],
)
def test_ticks_are_short(value: float, words: str) -> None:
    assert style.tick_words(value) == words


def _luminance(colour: str) -> float:
    parts = QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_line_colour_shows_on_the_ground() -> None:
    assert len(set(theme.SERIES)) == 10
    for colour in theme.SERIES:
        assert (_luminance(colour) + 0.05) / (_luminance(theme.PANEL) + 0.05) > 4.5
    assert style.colour_of(10) == style.colour_of(0)


def test_pens_keep_their_width_whatever_the_scale(qapp: object) -> None:
    assert style.line_pen("#ffffff").isCosmetic()
    faint = style.line_pen("#ffffff", faint=True)
    assert faint.color().alpha() < 255
    assert style.line_pen("#ffffff", dashed=True).dashPattern() == [4, 3]
    assert style.axis_pen().isCosmetic()
