"""Pictures side by side: each whole and in its place, whatever their number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.contact_sheet import GAP_PX, SURROUND, contact_sheet, sheet_px


@given(st.integers(1, 30), st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]))
def test_every_picture_is_there_in_rows(count: int, height: int, width: int, channels: int) -> None:
    pictures = [np.full((height, width, channels), 100 + index, np.uint8) for index in range(count)]
    sheet = contact_sheet(pictures)
    assert sheet.shape[0] * sheet.shape[1] == sheet_px(count, height, width)
    columns = (sheet.shape[1] - GAP_PX) // (width + GAP_PX)
    for index in range(count):
        row, column = divmod(index, columns)
        top, left = GAP_PX + row * (height + GAP_PX), GAP_PX + column * (width + GAP_PX)
        assert (sheet[top : top + height, left : left + width] == 100 + index).all()
    assert (sheet >= 100).sum() == count * height * width * channels


@pytest.mark.parametrize(("count", "across"), [(1, 1), (2, 2), (4, 2), (5, 3), (16, 4)])
def test_it_is_about_as_wide_as_high(count: int, across: int) -> None:
    sheet = contact_sheet([np.zeros((8, 8, 3), np.uint8)] * count)
    assert sheet.shape[1] == GAP_PX + across * (8 + GAP_PX)
    assert sheet[0, 0].tolist() == list(SURROUND)
