"""A prior per level of codes, each finer one conditioned on the coarser ones: arXiv 1906.00446, section 3.2.

    p(codes) = p(codes_0 | y) p(codes_1 | codes_0, y) p(codes_2 | codes_0, codes_1, y) ...    (coarsest first)

Written for a list of levels: that of a VQ-VAE has one. What a finer level is told comes from a small
convolutional network over the coarser grids, raised to its own; it sees them whole, what lies below and to
the right, too. Deviations: the paper's top prior attends to all of its grid; here all levels are plain gated
PixelCNNs, so that a window of a canvas can be resampled by itself.

The loss is the nats of all codes of a picture by their number. Levels share no weights, so each learns as if
it were trained alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.decoding.decoder import CodeLevel
from engine.layers.convolution import Conv, ResidualStack, Up
from engine.layers.embedding import embedding
from engine.models.base import NO_DRAWS, Draws, LossResult, Trainable
from engine.priors.pixelcnn import PixelCNN, PriorConfig


class HierarchicalPrior(Trainable[Sequence[Tensor]]):
    """The priors of a model with `levels` of codes, coarsest first."""

    file_prefix = "prior."

    def __init__(self, config: PriorConfig, levels: Sequence[CodeLevel]) -> None:
        super().__init__()
        self.config = config
        for index in range(len(levels)):  # called as in the file: prior.<level>.*
            self.add_module(str(index), LevelPrior(config, levels[: index + 1]))

    @property
    def levels(self) -> list[LevelPrior]:
        """The prior of each level, coarsest first."""
        return list(self.children())  # type: ignore[arg-type]  # it has no other children

    @property
    def label_count(self) -> int:
        return self.config.labels

    def forward(self, codes: Sequence[Tensor], condition: Tensor | None = None) -> list[Tensor]:
        """Logits (B, K, h, w) per level of codes (B, h, w) int64; `condition` (B, L) weighs labels."""
        return [prior(codes[: index + 1], condition) for index, prior in enumerate(self.levels)]

    def nats(self, codes: Sequence[Tensor], condition: Tensor | None = None) -> list[Tensor]:
        """-log p of every code, given those before it and the coarser levels: (B, h, w) float32 per level."""
        return [nats_of(logits, grid) for logits, grid in zip(self(codes, condition), codes, strict=True)]

    def loss(
        self, inputs: Sequence[Tensor], condition: Tensor | None = None, draws: Draws = NO_DRAWS
    ) -> LossResult:
        nats = self.nats(inputs, self._kept(condition, draws))
        total = torch.cat([level.flatten() for level in nats]).mean()
        bits = {f"bits_{index}": level.detach().mean() / BIT for index, level in enumerate(nats)}
        return LossResult(total, bits)

    def _kept(self, condition: Tensor | None, draws: Draws) -> Tensor | None:
        """Some conditions replaced by the null label."""
        if condition is None:
            return None
        kept = draws.uniform("labels", len(condition)) >= self.config.label_dropout
        return condition * kept.to(condition.device, non_blocking=True)[:, None]


class LevelPrior(nn.Module):
    """The prior of the last of `levels`, told of those before it."""

    def __init__(self, config: PriorConfig, levels: Sequence[CodeLevel]) -> None:
        super().__init__()
        coarser = len(levels) > 1
        self.context = Context(config, levels) if coarser else None
        self.pixelcnn = PixelCNN(config, levels[-1].codes, has_context=coarser)

    def forward(self, codes: Sequence[Tensor], condition: Tensor | None = None) -> Tensor:
        """Logits (B, K, h, w) of the last of `codes`."""
        return self.pixelcnn(codes[-1], condition, self.told(codes[:-1]))  # type: ignore[no-any-return]

    def told(self, coarser: Sequence[Tensor]) -> Tensor | None:
        """What the coarser levels say of each cell, (B, context, h, w); None where there are none."""
        return None if self.context is None else self.context(coarser)


class Context(nn.Module):
    """Coarser grids to features at the grid of the last of `levels`."""

    def __init__(self, config: PriorConfig, levels: Sequence[CodeLevel]) -> None:
        super().__init__()
        width = config.context
        self.embeddings = nn.ModuleList(embedding(level.codes, width) for level in levels[:-1])
        self.stages = nn.ModuleList(
            nn.Sequential(
                Conv(width * (2 if index else 1), width),
                ResidualStack(width, width, config.context_blocks),
                *(Up(width, width) for _ in range((coarse.stride_px // fine.stride_px).bit_length() - 1)),
            )
            for index, (coarse, fine) in enumerate(pairwise(levels))
        )

    def forward(self, coarser: Sequence[Tensor]) -> Tensor:
        """(B, h, w) int64 per coarser level -> (B, context, h * ratio, w * ratio)."""
        told: Tensor | None = None
        for table, stage, codes in zip(self.embeddings, self.stages, coarser, strict=True):
            seen = table(codes).permute(0, 3, 1, 2)
            told = stage(seen if told is None else torch.cat([told, seen], dim=1))
        assert told is not None
        return told


BIT = 0.6931471805599453
"""In nats: the natural logarithm of 2."""


def nats_of(logits: Tensor, codes: Tensor) -> Tensor:
    """-log softmax(logits)[code] per cell: (B, K, h, w) and (B, h, w) -> (B, h, w) float32."""
    rows = logits.permute(0, 2, 3, 1).flatten(0, 2).float()  # a view: channels come last in memory
    return F.cross_entropy(rows, codes.flatten(), reduction="none").view(codes.shape)
