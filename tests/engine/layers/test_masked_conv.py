"""Masked convolutions: exactly the taps they say, equal to a plain convolution whose kernel is masked."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from engine.layers.masked_conv import CellsBefore, RowsAbove

SIZES = [(1, 1), (1, 6), (6, 1), (5, 7)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sees_own", [False, True])
def test_rows_above_are_a_masked_convolution(size: tuple[int, int], sees_own: bool) -> None:
    conv = RowsAbove(3, 4, rows=2, columns=5, sees_own=sees_own)
    x = torch.randn(2, 3, *size)
    kernel = torch.zeros(4, 3, 5, 5)  # its middle is the cell itself
    lowest = 2 if sees_own else 1
    kernel[:, :, lowest - 1 : lowest + 1] = conv.weight
    torch.testing.assert_close(conv(x), F.conv2d(x, kernel, conv.bias, padding=2))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sees_own", [False, True])
def test_cells_before_are_a_masked_convolution(size: tuple[int, int], sees_own: bool) -> None:
    conv = CellsBefore(3, 4, columns=2, sees_own=sees_own)
    x = torch.randn(2, 3, *size)
    kernel = torch.zeros(4, 3, 1, 5)
    last = 2 if sees_own else 1
    kernel[..., last - 1 : last + 1] = conv.weight
    torch.testing.assert_close(conv(x), F.conv2d(x, kernel, conv.bias, padding=(0, 2)))
