"""A prior per level of codes, each finer one conditioned on the coarser ones: arXiv 1906.00446, section 3.2.

    p(codes) = p(codes_0 | y) p(codes_1 | codes_0, y) p(codes_2 | codes_0, codes_1, y) ...    (coarsest first)

Written for a list of levels: that of a VQ-VAE has one. What a finer level is told comes from a small
convolutional network over the coarser grids, raised to its own; it sees them whole, what lies below and to
the right, too. Deviations: the paper's top prior attends to all of its grid; here all levels are plain gated
PixelCNNs, so that a window of a canvas can be resampled by itself.

With a layout (`layout.py`), the coarsest level is told of it in the same way, unless it has to do without: on
grids that are there already, which are looked at or redrawn in part, there is none.

The loss is the nats of all codes of a picture, and of its layout, by the number of codes. Levels share no
weights, so each learns as if it were trained alone.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.decoding.decoder import CodeLevel
from engine.layers.convolution import Conv, ResidualStack, Up
from engine.layers.embedding import embedding
from engine.models.base import NO_DRAWS, Draws, LossResult, Trainable
from engine.priors.layout import Layout
from engine.priors.pixelcnn import PixelCNN, PriorConfig


class HierarchicalPrior(Trainable[Sequence[Tensor]]):
    """The priors of a model with `levels` of codes, coarsest first."""

    file_prefix = "prior."

    def __init__(self, config: PriorConfig, levels: Sequence[CodeLevel]) -> None:
        super().__init__()
        self.config = config
        self.layout = Layout(levels[0], config.layout, config.layout_block) if config.layout else None
        told_first = [] if self.layout is None else [self.layout.level]
        self.layout_prior = LevelPrior(config, told_first) if told_first else None
        self._count = len(levels)
        for index in range(len(levels)):  # called as in the file: prior.<level>.*
            coarser = levels[:index] or told_first
            self.add_module(str(index), LevelPrior(config, [*coarser, levels[index]]))
        count = len(levels)
        self.learning = {"all": range(count), "coarser": range(count - 1), "finest": range(count - 1, count)}[
            config.learn
        ]
        for index, prior in enumerate(self.levels):
            prior.requires_grad_(index in self.learning)
        if self.layout_prior is not None:
            self.layout_prior.requires_grad_(0 in self.learning)

    @property
    def levels(self) -> list[LevelPrior]:
        """The prior of each level, coarsest first."""
        return [self.get_submodule(str(index)) for index in range(self._count)]  # type: ignore[misc]  # its own

    @property
    def label_count(self) -> int:
        return self.config.labels

    def begins_anew(self, unfit: Set[str]) -> Set[str] | None:
        """A layout, as a whole: what was learned with other classes would misread its own."""
        if not all(map(_is_of_layout, unfit)):
            return None
        return {name for name in self.state_dict() if _is_of_layout(name)} if unfit else unfit

    @torch.no_grad()
    def go_on(
        self, inputs: Sequence[Tensor], generator: torch.Generator, missing: Set[str] = frozenset()
    ) -> None:
        """A layout that begins anew says nothing at first."""
        for name, parameter in self.named_parameters():
            if name in missing and ".told." in name:
                parameter.zero_()

    def forward(
        self, codes: Sequence[Tensor], condition: Tensor | None = None, layout: Tensor | None = None
    ) -> list[Tensor]:
        """Logits (B, K, h, w) per level of codes (B, h, w) int64; `condition` (B, L) weighs labels.

        `layout` (B, h, w) int64, as `layout_of` gives it, is told to the coarsest level.
        """
        given = [] if layout is None else [layout]
        return [
            prior([*(codes[:index] or given), codes[index]], condition)
            for index, prior in enumerate(self.levels)
        ]

    def layout_of(self, codes: Sequence[Tensor]) -> Tensor | None:
        """The layout (B, h, w) int64 of codes (B, h, w) per level; None for priors without."""
        return None if self.layout is None else self.layout.of(codes[0])

    def nats(
        self, codes: Sequence[Tensor], condition: Tensor | None = None, layout: Tensor | None = None
    ) -> list[Tensor]:
        """-log p of every code, given those before it and the coarser levels: (B, h, w) float32 per level."""
        said = self(codes, condition, layout)
        return [nats_of(logits, grid) for logits, grid in zip(said, codes, strict=True)]

    def coarsest_nats(self, codes: Tensor, condition: Tensor | None, layout: Tensor | None) -> Tensor:
        """-log p of the coarsest codes (B, h, w) and of their layout, if there is one, per picture: (B,)."""
        given = [] if layout is None else [layout]
        nats = nats_of(self.levels[0]([*given, codes], condition), codes).sum((1, 2))
        return nats if layout is None else nats + self.layout_nats(layout, condition).sum((1, 2))

    def layout_nats(self, layout: Tensor, condition: Tensor | None = None) -> Tensor:
        """-log p of every class of a layout (B, h, w), given those before it: (B, h, w) float32."""
        assert self.layout_prior is not None
        return nats_of(self.layout_prior([layout], condition), layout)

    def loss(
        self, inputs: Sequence[Tensor], condition: Tensor | None = None, draws: Draws = NO_DRAWS
    ) -> LossResult:
        """Of the levels that learn; the bits of the coarsest codes are with those of their layout."""
        condition = self._kept(condition, draws)
        sums: list[Tensor] = []
        terms: dict[str, Tensor] = {}
        for level in self.learning:
            prior, grid = self.levels[level], inputs[level]
            if level == 0 and self.layout is not None:
                layout = self.layout.of(grid)
                of_layout = self.layout_nats(layout, condition)
                terms["bits_layout"] = of_layout.detach().mean() / BIT
                kept = self._layouts_kept(len(grid), draws)
                nats = of_layout.sum() + nats_of(prior([layout, grid], condition, kept), grid).sum()
            else:
                nats = nats_of(prior(inputs[: level + 1], condition), grid).sum()
            sums.append(nats)
            terms[f"bits_{level}"] = nats.detach() / BIT / grid.numel()
        codes = sum(inputs[level].numel() for level in self.learning)
        return LossResult(torch.stack(sums).sum() / codes, terms)

    def _layouts_kept(self, batch: int, draws: Draws) -> Tensor:
        """1 where a picture's codes are learned with its layout, else 0: (B, 1, 1, 1)."""
        kept = draws.uniform("layout", batch) >= self.config.layout_dropout
        return kept.float()[:, None, None, None]

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

    def forward(
        self, codes: Sequence[Tensor], condition: Tensor | None = None, kept: Tensor | None = None
    ) -> Tensor:
        """Logits (B, K, h, w) of the last of `codes`; what it is told is times `kept` (B, 1, 1, 1)."""
        told = self.told(codes[:-1], codes[-1].shape[1:])
        if told is not None and kept is not None:
            told = told * kept.to(told.device, told.dtype, non_blocking=True)
        return self.pixelcnn(codes[-1], condition, told)  # type: ignore[no-any-return]

    def told(self, coarser: Sequence[Tensor], grid: Sequence[int]) -> Tensor | None:
        """What coarser levels say of each cell of a grid, (B, context, h, w); None where none are given."""
        if self.context is None or not coarser:
            return None
        rows, columns = grid
        return self.context(coarser)[:, :, :rows, :columns]  # type: ignore[no-any-return]


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


def _is_of_layout(name: str) -> bool:
    """Whether a tensor of this name is of a layout or of what the coarsest level makes of it."""
    return name.startswith(("layout", "0.context.")) or (name.startswith("0.") and ".told." in name)


BIT = 0.6931471805599453
"""In nats: the natural logarithm of 2."""


def nats_of(logits: Tensor, codes: Tensor) -> Tensor:
    """-log softmax(logits)[code] per cell: (B, K, h, w) and (B, h, w) -> (B, h, w) float32."""
    rows = logits.permute(0, 2, 3, 1).flatten(0, 2).float()  # a view: channels come last in memory
    return F.cross_entropy(rows, codes.flatten(), reduction="none").view(codes.shape)
