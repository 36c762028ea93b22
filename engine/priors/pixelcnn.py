"""Gated PixelCNN: "Conditional Image Generation with PixelCNN Decoders", van den Oord, arXiv 1606.05328.

    p(x | y) = prod_i p(x_i | x_1, ..., x_{i-1}, y)                                            (eq. 4)
    gate(a, b) = tanh(a) * sigmoid(b)                                                   (eqs. 2 and 3)

A vertical stack sees all rows above, a horizontal one the cells to the left and, at every layer, what the
vertical one says of its own cell: together all that comes earlier, without a blind spot. The condition,
weights over labels, adds to what is gated (eq. 3); what coarser levels say (arXiv 1906.00446, section
3.2) adds to it in the horizontal stack, cell by cell. Deviations:

- What is modelled are codes, embedded, never fed as numbers; K logits come out per cell.
- The vertical stack is moved down by one row once, in the first layer. Everything in it then knows rows
  above only, so later layers may look at their own row, and a whole row can be computed at once.
- Skip connections from every layer of the horizontal stack to the head, as in WaveNet (1609.03499).
- Both stacks are residual but in their first layer: there the horizontal one's own code must not pass.
- Nothing is normalised: statistics over a batch or a grid would leak codes that come later.

Shapes at 96 channels, K 512, 10 labels: codes (B, 16, 16), condition (B, 10) -> embedded (B, 96, 16, 16)
-> each layer (B, 192, 16, 16), gated (B, 96, 16, 16) -> skips (B, 96, 16, 16) -> logits (B, 512, 16, 16).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import torch
from msgspec import Meta
from torch import Tensor, nn

from engine.layers.dropout import dropout
from engine.layers.embedding import embedding
from engine.layers.masked_conv import CellsBefore, RowsAbove


class PriorConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes of each level's network, and what keeps it from learning small sets by heart."""

    channels: Annotated[int, Meta(ge=4, le=1024, description="channels of both stacks")] = 96
    layers: Annotated[int, Meta(ge=1, le=64, description="gated layers")] = 12
    kernel: Annotated[Literal[3, 5, 7], Meta(description="cells across that a layer sees")] = 3
    first_kernel: Annotated[
        Literal[3, 5, 7, 9, 11], Meta(description="cells across that the first layer sees")
    ] = 7
    head: Annotated[int, Meta(ge=4, le=4096, description="channels between skips and logits")] = 192
    context: Annotated[
        int, Meta(ge=8, le=1024, description="channels of what finer levels are told of coarser ones")
    ] = 64
    context_blocks: Annotated[
        int, Meta(ge=0, le=16, description="residual blocks that read a coarser level")
    ] = 2
    dropout: Annotated[float, Meta(ge=0.0, lt=1.0, description="share of gated values set to zero")] = 0.25
    labels: Annotated[int, Meta(ge=0, le=65536, description="labels; 0 = as many as the data has")] = 0
    label_dropout: Annotated[
        float, Meta(ge=0.0, le=1.0, description="share of labels replaced by the null label in training")
    ] = 0.1
    layout: Annotated[
        int, Meta(ge=0, le=1024, description="k-means classes of what is where, drawn first; 0 = no layout")
    ] = 0
    layout_block: Annotated[
        Literal[2, 4, 8], Meta(description="coarsest cells across that one such class stands for")
    ] = 2
    layout_dropout: Annotated[
        float, Meta(gt=0.0, le=1.0, description="share of pictures whose codes are learned without a layout")
    ] = 0.15
    learn: Annotated[
        Literal["all", "coarser", "finest"],
        Meta(description="the levels that learn; the others stay as they begin"),
    ] = "all"
    file_precision: Annotated[
        Literal["float32", "float16"],
        Meta(description="of the weights in the finished model's file; float16 halves what they take"),
    ] = "float32"


class PixelCNN(nn.Module):
    """p(codes | condition, context) of grids of `codes` codes, of any size."""

    def __init__(self, config: PriorConfig, codes: int, has_context: bool = False) -> None:
        """With `has_context`, features of coarser levels (B, config.context, h, w) may be given."""
        super().__init__()
        channels, context = config.channels, config.context if has_context else 0
        self.embedding = embedding(codes, channels)
        biases = 4 * channels * config.layers
        self.labels = nn.Linear(config.labels, biases, bias=False) if config.labels else None
        self.layers = nn.ModuleList(GatedLayer(config, index == 0, context) for index in range(config.layers))
        self.head = nn.Sequential(
            nn.ReLU(), nn.Conv2d(channels, config.head, 1), nn.ReLU(), nn.Conv2d(config.head, codes, 1)
        )

    def forward(
        self, codes: Tensor, condition: Tensor | None = None, context: Tensor | None = None
    ) -> Tensor:
        """Logits (B, K, h, w) of every cell of codes (B, h, w) int64, given those before it.

        `condition` (B, L) float32 weighs labels; zeros, and None, are the null label.
        """
        vertical = horizontal = self.embedding(codes).permute(0, 3, 1, 2)  # (B, C, h, w), channels last
        skips: Tensor | None = None
        for layer, biases in zip(self.layers, self.label_biases(condition), strict=True):
            vertical, horizontal, skip = layer(vertical, horizontal, biases, context)
            skips = skip if skips is None else skips + skip
        return self.head(skips)  # type: ignore[no-any-return]  # nn.Module calls are untyped

    def label_biases(self, condition: Tensor | None) -> list[Tensor | None]:
        """Per layer what a condition adds to both stacks before the gates: (B, 4C, 1, 1), vertical first."""
        if condition is None or self.labels is None:
            return [None] * len(self.layers)
        return list(self.labels(condition)[:, :, None, None].chunk(len(self.layers), dim=1))


class GatedLayer(nn.Module):
    """One layer of both stacks, as in figure 2 of the paper."""

    def __init__(self, config: PriorConfig, is_first: bool, context: int) -> None:
        super().__init__()
        channels, kernel = config.channels, config.first_kernel if is_first else config.kernel
        reach = kernel // 2 + (not is_first)  # cells that it sees of each axis, its own among them or not
        self.is_first = is_first
        self.dropout = config.dropout
        self.vertical = RowsAbove(channels, 2 * channels, reach, kernel, sees_own=not is_first)
        self.across = nn.Conv2d(2 * channels, 2 * channels, 1)  # from the vertical stack to the horizontal
        self.horizontal = CellsBefore(channels, 2 * channels, reach, sees_own=not is_first)
        self.told = nn.Conv2d(context, 2 * channels, 1, bias=False) if context else None
        self.out = nn.Conv2d(channels, 2 * channels, 1)  # to the next layer and to the head

    def forward(
        self, vertical: Tensor, horizontal: Tensor, biases: Tensor | None, context: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Both stacks (B, C, h, w) after this layer, and its part of what the head sees."""
        above = self.vertical(vertical)
        before = self.horizontal(horizontal) + self.across(above)
        if biases is not None:
            for_above, for_before = biases.chunk(2, dim=1)
            above, before = above + for_above, before + for_before
        if self.told is not None and context is not None:
            before = before + self.told(context)
        rows = self._kept(gate(above))
        following, skip = self.out(self._kept(gate(before))).chunk(2, dim=1)
        if self.is_first:
            return rows, following, skip
        return vertical + rows, horizontal + following, skip

    def _kept(self, values: Tensor) -> Tensor:
        return dropout(values, self.dropout) if self.training and self.dropout else values


def gate(values: Tensor) -> Tensor:
    """tanh(a) * sigmoid(b) of the two halves of the channels: (B, 2C, h, w) -> (B, C, h, w)."""
    a, b = values.chunk(2, dim=1)
    return torch.tanh(a) * torch.sigmoid(b)
