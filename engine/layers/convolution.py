"""Convolutions whose borders repeat, never zero.

Replicate padding makes a 1x1 grid of codes decode to the middle of a uniform field, leaves no frame
around a canvas and no seam between windows. Nothing here normalises over space or attends: a window
decoded with its receptive margin equals the same region of the full decode. Each layer says which
cells of its input it `reads`, and margins follow from that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring cells along one axis, from `first` to `last`, both included."""

    first: int
    last: int

    @property
    def margin(self) -> int:
        """How far it reaches beyond cell 0."""
        return max(-self.first, self.last)

    def grown(self, cells: int) -> Span:
        return Span(self.first - cells, self.last + cells)

    def coarsened(self, ratio: int) -> Span:
        """The cells, `ratio` times as long, that it touches."""
        return Span(self.first // ratio, self.last // ratio)

    def joined(self, other: Span) -> Span:
        return Span(min(self.first, other.first), max(self.last, other.last))


class Conv(nn.Conv2d):
    """A stride-1 convolution that keeps height and width, borders repeated: (B, C, h, w) -> (B, C', h, w)."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3) -> None:
        super().__init__(channels_in, channels_out, kernel)
        self._border = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        if self._border:
            x = F.pad(x, (self._border,) * 4, mode="replicate")
        return super().forward(x)

    def reads(self, out: Span) -> Span:
        """Cells of the input behind the cells `out` of the output."""
        return out.grown(self._border)


class Down(nn.Conv2d):
    """Halves height and width by a 4x4 convolution of stride 2: (B, C, 2h, 2w) -> (B, C', h, w)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(channels_in, channels_out, 4, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, (1, 1, 1, 1), mode="replicate"))

    def reads(self, out: Span) -> Span:
        """Cells of the input behind the cells `out` of the output."""
        return Span(2 * out.first - 1, 2 * out.last + 2)


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

    def reads(self, out: Span) -> Span:
        """Cells of the input behind the cells `out` of the output: the nearest and the next on its side."""
        return Span((out.first - 1) // 2, (out.last + 1) // 2)

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

    def reads(self, out: Span) -> Span:
        """Cells of the input behind the cells `out` of the output."""
        return out.grown(len(self.blocks))


def encoder_layers(
    channels_in: int, hidden: int, residual_hidden: int, blocks: int, halvings: int
) -> list[nn.Module]:
    """Features of pictures or of finer features: (B, C, h * 2^n, w * 2^n) -> (B, hidden, h, w).

    `halvings` is n. The weights start as arXiv 1502.01852 (eq. 10) has them, so that features are as wide as
    the pictures. With PyTorch's own start they are a hundredth of that: each step of Adam then moves the
    encodings a hundred times as far for their size, and codebooks, which follow slowly, are left behind (two
    levels, batch 64, learning rate 0.0012: the coarse one fell to 15 codes within 1,250 steps).
    """
    widths = [channels_in, hidden // 2, *[hidden] * (halvings - 1)]
    layers: list[nn.Module] = []
    for narrow, wide in pairwise(widths):
        layers += [Down(narrow, wide), nn.ReLU()]
    layers += [Conv(widths[-1], hidden), ResidualStack(hidden, residual_hidden, blocks)]
    for layer in layers:
        layer.apply(_start_wide)
    return layers


def _start_wide(layer: nn.Module) -> None:
    # Random numbers for a model of shapes alone load half of torch.
    if isinstance(layer, nn.Conv2d) and not layer.weight.is_meta:
        values_seen = layer.in_channels * math.prod(layer.kernel_size)
        nn.init.normal_(layer.weight, std=math.sqrt(2 / values_seen))
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def decoder_layers(
    channels_in: int, channels_out: int, hidden: int, residual_hidden: int, blocks: int, doublings: int
) -> list[nn.Module]:
    """The way back, to any values: (B, C, h, w) -> (B, C', h * 2^n, w * 2^n); `doublings` is n."""
    widths = [*[hidden] * (doublings - 1), hidden // 2, channels_out]
    ups: list[nn.Module] = []
    for wide, narrow in zip([hidden, *widths[1:-1]], widths[1:], strict=True):
        ups += [Up(wide, narrow), nn.ReLU()]
    stack = ResidualStack(hidden, residual_hidden, blocks)
    return [Conv(channels_in, hidden), stack, *ups[:-1]]  # no ReLU after the last


def span_read(layer: nn.Module, out: Span) -> Span:
    """Cells of the input that the cells `out` of a layer's output depend on, and no others."""
    if isinstance(layer, nn.Sequential):
        for part in reversed(layer):
            out = span_read(part, out)
        return out
    if isinstance(layer, nn.ReLU):
        return out
    if isinstance(layer, Conv | Down | Up | ResidualStack):
        return layer.reads(out)
    raise TypeError(f"how far {type(layer).__name__} reaches is not known")
