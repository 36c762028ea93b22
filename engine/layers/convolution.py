"""Convolutions whose borders repeat, never zero.

Replicate padding makes a 1x1 grid of codes decode to the middle of a uniform field, leaves no frame
around a canvas and no seam between windows. Nothing here normalises over space or attends: a window
decoded with its receptive margin equals the same region of the full decode.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class Conv(nn.Conv2d):
    """A stride-1 convolution that keeps height and width, borders repeated: (B, C, h, w) -> (B, C', h, w)."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3) -> None:
        super().__init__(channels_in, channels_out, kernel)
        self._border = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        if self._border:
            x = F.pad(x, (self._border,) * 4, mode="replicate")
        return super().forward(x)


class Down(nn.Conv2d):
    """Halves height and width by a 4x4 convolution of stride 2: (B, C, 2h, 2w) -> (B, C', h, w)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(channels_in, channels_out, 4, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, (1, 1, 1, 1), mode="replicate"))


class Up(nn.ConvTranspose2d):
    """Doubles height and width by a 4x4 transposed convolution: (B, C, h, w) -> (B, C', 2h, 2w).

    Two things are held that a plain one does not keep. Borders repeat: the input is padded by one
    repeated cell and what that cell added is cropped. And what is uniform stays uniform: the four
    output pixels of an input cell see different taps of the kernel (its phases), so a plain kernel
    gives a uniform field a texture of period two. Here the phases are balanced to one common sum.
    Resizing before a 3x3 convolution is the special case with 9 free taps; this one has 13 of 16, at
    less than half the arithmetic.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(channels_in, channels_out, 4, stride=2)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        del output_size  # there is only one size that doubles
        padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
        # Padding 3 is the usual 1 and the 2 pixels that the repeated cell adds on each side.
        return F.conv_transpose2d(padded, self.balanced_weight(), self.bias, stride=2, padding=3)

    def balanced_weight(self) -> Tensor:
        """The kernel (C, C', 4, 4) with equal sums over each of its four 2x2 phases."""
        # Row 2t + a of the kernel is tap t of phase a, and columns likewise.
        phases = self.weight.reshape(*self.weight.shape[:2], 2, 2, 2, 2)  # (C, C', tap, phase, tap, phase)
        means = phases.mean(dim=(2, 4), keepdim=True)
        balanced = phases - means + means.mean(dim=(3, 5), keepdim=True)
        return balanced.reshape(self.weight.shape)


class ResidualStack(nn.Module):
    """`blocks` x (ReLU, 3x3, ReLU, 1x1, add), then ReLU, as in arXiv 1711.00937 section 4.1."""

    def __init__(self, channels: int, hidden: int, blocks: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.ReLU(), Conv(channels, hidden), nn.ReLU(), Conv(hidden, channels, 1))
            for _ in range(blocks)
        )

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = x + block(x)
        return F.relu(x)
