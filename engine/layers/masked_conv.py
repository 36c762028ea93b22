"""Convolutions that see only what comes earlier in raster order (arXiv 1606.05328, section 2.2).

Built over the unmasked taps alone, by padding above and to the left: a masked kernel would multiply
zeros, and masks that are written into weights cannot be exported. The weights are those that a sampler
that goes row by row and cell by cell multiplies with. Beyond the border all is zero: where a grid begins
is something to be known.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class RowsAbove(nn.Conv2d):
    """Sees `rows` x `columns` cells, centred, above a cell: (B, C, h, w) -> (B, C', h, w).

    The lowest of the rows is the cell's own where `sees_own`, which is for features that know nothing of
    their own row; else it is the one above.
    """

    def __init__(self, channels_in: int, channels_out: int, rows: int, columns: int, sees_own: bool) -> None:
        super().__init__(channels_in, channels_out, (rows, columns))
        side, above = columns // 2, rows - sees_own
        # Without its own row the last one is seen by nobody: it is cut off.
        self._borders = (side, side, above, rows - 1 - above)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, self._borders))


class CellsBefore(nn.Conv2d):
    """Sees `columns` cells to the left, the last of them the cell's own where `sees_own`."""

    def __init__(self, channels_in: int, channels_out: int, columns: int, sees_own: bool) -> None:
        super().__init__(channels_in, channels_out, (1, columns))
        before = columns - sees_own
        self._borders = (before, columns - 1 - before)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, self._borders))
