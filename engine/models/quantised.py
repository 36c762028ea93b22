"""What models whose codes come from vector quantisers share: sizes, codebooks, checks and export graphs."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping, Sequence, Set
from typing import Annotated, Self

import torch
from msgspec import Meta
from torch import Tensor, nn

from engine.errors import CodesFault
from engine.layers.convolution import Conv
from engine.layers.quantizer import CodebookStatistics, VectorQuantizer, update_codebooks
from engine.models.base import DiscreteAutoencoder, ExportGraph, ModelConfig

LEAST_DEVIATION = 0.01
"""Of the root mean square of all channels."""


class QuantisedConfig(ModelConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes as in arXiv 1711.00937 section 4.1 and the common reproductions of it and of 1906.00446."""

    codes: Annotated[int, Meta(ge=2, le=8192, description="size of the codebook, K")] = 512
    code_dim: Annotated[int, Meta(ge=1, le=512, description="numbers per code vector, D")] = 64
    hidden: Annotated[int, Meta(ge=8, le=1024, description="channels of the convolutions")] = 128
    residual_hidden: Annotated[int, Meta(ge=4, le=1024, description="channels inside a residual block")] = 32
    residual_blocks: Annotated[int, Meta(ge=0, le=16, description="residual blocks each way")] = 2
    beta: Annotated[float, Meta(ge=0.0, le=100.0, description="weight of the commitment term")] = 0.25
    pixel_variance: Annotated[float, Meta(gt=0.0, le=1.0, description="variance of p(x | z_q)")] = 0.06
    decay: Annotated[float, Meta(ge=0.0, lt=1.0, description="EMA decay of the codebook, gamma")] = 0.99
    restart_every: Annotated[int, Meta(ge=0, description="steps between restarts of unused codes")] = 50


class QuantisedAutoencoder(DiscreteAutoencoder):
    """A discrete autoencoder with one `VectorQuantizer` per level, coarsest first."""

    config: QuantisedConfig

    @property
    @abstractmethod
    def quantizers(self) -> Sequence[VectorQuantizer]:
        """One per level, coarsest first."""

    @abstractmethod
    def codes_of(self, images: Tensor) -> list[Tensor]:
        """Codes per level of images whose sides are multiples of the coarsest stride."""

    @abstractmethod
    def picture_of(self, z_q: Sequence[Tensor]) -> Tensor:
        """Images in [0, 1] of code vectors (B, D, h, w) per level."""

    def encode_codes(self, images: Tensor) -> list[Tensor]:
        return self.codes_of(self.pad_to_stride(images))

    def decode_codes(self, codes: Sequence[Tensor], without: Set[int] = frozenset()) -> Tensor:
        self.check_codes(codes)
        z_q = self.looked_up(codes)
        return self.picture_of([grid * 0 if level in without else grid for level, grid in enumerate(z_q)])

    def looked_up(self, codes: Sequence[Tensor]) -> list[Tensor]:
        """The vectors of codes (B, h, w) that fit the model, (B, D, h, w) per level."""
        return [quantizer.lookup(grid) for quantizer, grid in zip(self.quantizers, codes, strict=True)]

    def codebook(self, level: int) -> Tensor:
        return self._quantizer(level).embedding.detach()

    def with_codebook(self, level: int, vectors: Tensor) -> Self:
        expected = self.codebook(level).shape
        if vectors.shape != expected:
            raise CodesFault(f"a codebook of shape {tuple(expected)} is needed, not {tuple(vectors.shape)}")
        changed = copy.deepcopy(self)
        with torch.no_grad():
            changed.quantizers[level].embedding.copy_(vectors)
        return changed

    def code_life(self, level: int) -> tuple[Tensor, Tensor]:
        return self._quantizer(level).life()

    def begins_anew(self, unfit: Set[str]) -> Set[str] | None:
        """Codebooks: a trained model may have had more codes, or fewer."""
        return unfit if unfit <= set(self._codebook_names) else None

    def go_on_at(self, level: int, z_e: Tensor, generator: torch.Generator, missing: Set[str]) -> None:
        """A level's part of `go_on`: its codebook stays where it is, or is placed on z_e (B, D, h, w)."""
        if self._codebook_names[level] in missing:
            self.quantizers[level].start_from(z_e, generator)
        else:
            self.quantizers[level].go_on(z_e)

    @property
    def _codebook_names(self) -> list[str]:
        return [
            f"{name}.embedding" for name, part in self.named_modules() if isinstance(part, VectorQuantizer)
        ]

    @torch.no_grad()
    def update(
        self, statistics: Sequence[CodebookStatistics], step: int, generator: torch.Generator
    ) -> Mapping[str, float | Tensor]:
        every = self.config.restart_every
        return update_codebooks(self.quantizers, statistics, step, every, generator, self.was_trained)

    def export_graphs(self) -> dict[str, ExportGraph]:
        rows, columns, stride = 6, 5, self.levels[0].stride_px
        ratios = [stride // level.stride_px for level in self.levels]
        image = torch.rand(2, self.config.channels, rows * stride, columns * stride)
        codes = tuple(
            torch.randint(0, level.codes, (2, rows * ratio, columns * ratio))
            for level, ratio in zip(self.levels, ratios, strict=True)
        )
        names = tuple(f"codes_{level}" for level in range(len(codes)))
        image_axes = {0: "batch", 2: "height", 3: "width"}
        codes_axes = tuple(_axes_of_codes(level) for level in range(len(codes)))
        return {
            "encoder": ExportGraph(_EncoderGraph(self), (image,), ("image",), names, (image_axes,)),
            "decoder": ExportGraph(_DecoderGraph(self), codes, names, ("image",), codes_axes),
        }

    def _quantizer(self, level: int) -> VectorQuantizer:
        count = len(self.quantizers)
        if not 0 <= level < count:
            has = "one level, 0" if count == 1 else f"levels 0 to {count - 1}"
            raise CodesFault(f"level {level} does not exist: this model has {has}")
        return self.quantizers[level]


@torch.no_grad()
def standardise(layer: nn.Module, z_e: Tensor) -> Tensor:
    """Weights for `layer`, a `Conv`, with which the z_e (B, D, h, w) it gave have mean 0 and variance 1.

    Per channel: the data-dependent start of arXiv 1602.07868, section 3. Untrained encoders say almost the
    same of everything, and codes placed on that are one code. Returns what `layer` gives now.
    """
    assert isinstance(layer, Conv)
    mean, deviation = z_e.float().mean(dim=(0, 2, 3)), z_e.float().std(dim=(0, 2, 3))
    # What does not vary at all in the batch may vary in the next.
    deviation = deviation.maximum(LEAST_DEVIATION * z_e.float().square().mean().sqrt()).clamp(min=1e-6)
    layer.weight.div_(deviation[:, None, None, None])
    if layer.bias is not None:
        layer.bias.sub_(mean).div_(deviation)
    return (z_e - mean[:, None, None]) / deviation[:, None, None]


class _EncoderGraph(nn.Module):
    """image (B, C, H, W), sides multiples of the coarsest stride -> codes_0 (B, h, w), codes_1, ..."""

    def __init__(self, model: QuantisedAutoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.model.codes_of(image))


class _DecoderGraph(nn.Module):
    """codes_0 (B, h, w), codes_1, ... -> image (B, C, H, W) in [0, 1]."""

    def __init__(self, model: QuantisedAutoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, *codes: Tensor) -> Tensor:
        return self.model.picture_of(self.model.looked_up(codes))


def _axes_of_codes(level: int) -> Mapping[int, str]:
    suffix = f"_{level}" if level else ""
    return {0: "batch", 1: f"rows{suffix}", 2: f"columns{suffix}"}
