"""VQ-VAE: "Neural Discrete Representation Learning", van den Oord et al., arXiv 1711.00937.

    L = -log p(x | z_q)  +  || sg[z_e] - e ||^2  +  beta || z_e - sg[e] ||^2            (eq. 3)

The first term is here a Gaussian's of fixed variance: the squared error over `pixel_variance`. With
`codebook_update = "ema"` (appendix A.1) the second term is replaced by moving averages. Deviations,
besides those of `engine.layers.quantizer`:

- Borders repeat in every convolution, in training too, so that any window of a canvas decodes alone.
- Upsampling keeps uniform fields uniform (`engine.layers.convolution.Up`), so a canvas filled with one
  code has one colour, exactly, and a 1x1 grid decodes to that colour too.

Shapes at 64 px, stride 4, 128 channels, D 64: image (B, 3, 64, 64) -> z_e (B, 64, 16, 16)
-> codes (B, 16, 16) -> image (B, 3, 64, 64).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from msgspec import Meta
from torch import Tensor, nn

from engine.decoding.decoder import CodeLevel
from engine.errors import CodesFault, OptionFault
from engine.layers.convolution import Conv, Down, ResidualStack, Up
from engine.layers.quantizer import CodebookStatistics, VectorQuantizer
from engine.models.base import (
    NO_DRAWS,
    DiscreteAutoencoder,
    Draws,
    ExportGraph,
    Latent,
    LossResult,
    ModelConfig,
)


class VQVAEConfig(ModelConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes follow section 4.1 of the paper and its common reproductions."""

    stride: Annotated[Literal[2, 4, 8, 16], Meta(description="pixels per code, each way")] = 4
    codes: Annotated[int, Meta(ge=2, le=8192, description="size of the codebook, K")] = 512
    code_dim: Annotated[int, Meta(ge=1, le=512, description="numbers per code vector, D")] = 64
    hidden: Annotated[int, Meta(ge=8, le=1024, description="channels of the convolutions")] = 128
    residual_hidden: Annotated[int, Meta(ge=4, le=1024, description="channels inside a residual block")] = 32
    residual_blocks: Annotated[int, Meta(ge=0, le=16, description="residual blocks each way")] = 2
    beta: Annotated[float, Meta(ge=0.0, le=100.0, description="weight of the commitment term")] = 0.25
    pixel_variance: Annotated[float, Meta(gt=0.0, le=1.0, description="variance of p(x | z_q)")] = 0.06
    codebook_update: Annotated[Literal["ema", "gradient"], Meta(description="how codes learn")] = "ema"
    decay: Annotated[float, Meta(ge=0.0, lt=1.0, description="EMA decay of the codebook, gamma")] = 0.99
    restart_every: Annotated[int, Meta(ge=0, description="steps between restarts of unused codes")] = 50


class VQVAE(DiscreteAutoencoder):
    """One level of codes between a convolutional encoder and decoder."""

    family = "vqvae"
    config: VQVAEConfig

    def __init__(self, config: VQVAEConfig) -> None:
        super().__init__()
        if config.image_size % config.stride:
            raise OptionFault(f"image_size {config.image_size} is not a multiple of stride {config.stride}")
        self.config = config
        self.encoder = _encoder(config)
        self.quantizer = VectorQuantizer(config.codes, config.code_dim, config.codebook_update, config.decay)
        self.decoder = _decoder(config)

    @property
    def levels(self) -> tuple[CodeLevel, ...]:
        return (CodeLevel(self.config.stride, self.config.codes, self.config.code_dim),)

    @property
    def receptive_margin(self) -> int:
        # One cell for the 3x3, one per residual block, one for all the upsampling together: each
        # 4x4 transposed convolution reaches half a cell of its own input beyond the doubled one.
        return 2 + self.config.residual_blocks

    @property
    def encode_margin(self) -> int:
        return 2 + self.config.residual_blocks

    def codebook(self, level: int) -> Tensor:
        if level != 0:
            raise CodesFault(f"level {level} does not exist: this model has one level, 0")
        return self.quantizer.embedding.detach()

    def with_codebook(self, level: int, vectors: Tensor) -> VQVAE:
        expected = self.codebook(level).shape
        if vectors.shape != expected:
            raise CodesFault(f"a codebook of shape {tuple(expected)} is needed, not {tuple(vectors.shape)}")
        changed = copy.deepcopy(self)
        with torch.no_grad():
            changed.quantizer.embedding.copy_(vectors)
        return changed

    def encode(self, images: Tensor, condition: Tensor | None = None) -> Latent:
        return Latent(self.quantizer.lookup(self.encode_codes(images)[0]))

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self._to_image(z).clamp(0.0, 1.0)

    def encode_codes(self, images: Tensor) -> list[Tensor]:
        return [self.quantizer.nearest(self._to_z_e(self.pad_to_stride(images)))]

    def decode_codes(self, codes: Sequence[Tensor]) -> Tensor:
        self.check_codes(codes)
        return self.decode(self.quantizer.lookup(codes[0]))

    def _to_z_e(self, images: Tensor) -> Tensor:
        return self.encoder(images * 2 - 1)  # type: ignore[no-any-return]  # nn.Module calls are untyped

    def _to_image(self, z_q: Tensor) -> Tensor:
        return (self.decoder(z_q).float() + 1) / 2  # type: ignore[no-any-return]

    def loss(self, images: Tensor, condition: Tensor | None = None, draws: Draws = NO_DRAWS) -> LossResult:
        quantised = self.quantizer(self._to_z_e(images))
        mse = F.mse_loss(self._to_image(quantised.z_q), images)
        total = mse / self.config.pixel_variance + self.config.beta * quantised.commitment_loss
        if self.config.codebook_update == "gradient":
            total = total + quantised.codebook_loss
        terms = {"mse": mse, "codebook": quantised.codebook_loss, "commitment": quantised.commitment_loss}
        return LossResult(total, {name: t.detach() for name, t in terms.items()}, quantised.statistics)

    @torch.no_grad()
    def begin(self, images: Tensor, generator: torch.Generator) -> None:
        z_e = self._to_z_e(images).float()
        self.quantizer.start_from(z_e.permute(0, 2, 3, 1).reshape(-1, z_e.shape[1]), generator)

    @torch.no_grad()
    def update(
        self, statistics: CodebookStatistics, step: int, generator: torch.Generator
    ) -> Mapping[str, float]:
        self.quantizer.update(statistics)
        every = self.config.restart_every
        restarted = 0
        if every and (step + 1) % every == 0:
            restarted = self.quantizer.restart_unused(statistics, generator)
        return {"restarted": float(restarted)}

    def export_graphs(self) -> dict[str, ExportGraph]:
        config = self.config
        image = torch.rand(2, config.channels, config.stride * 6, config.stride * 5)
        codes = torch.randint(0, config.codes, (2, 6, 5))
        image_axes = {0: "batch", 2: "height", 3: "width"}
        codes_axes = {0: "batch", 1: "rows", 2: "columns"}
        return {
            "encoder": ExportGraph(_EncoderGraph(self), (image,), ("image",), ("codes_0",), (image_axes,)),
            "decoder": ExportGraph(_DecoderGraph(self), (codes,), ("codes_0",), ("image",), (codes_axes,)),
        }


class _EncoderGraph(nn.Module):
    """image (B, C, H, W), sides multiples of the stride -> codes_0 (B, h, w)."""

    def __init__(self, model: VQVAE) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        return self.model.quantizer.nearest(self.model._to_z_e(image))


class _DecoderGraph(nn.Module):
    """codes_0 (B, h, w) -> image (B, C, H, W) in [0, 1]."""

    def __init__(self, model: VQVAE) -> None:
        super().__init__()
        self.model = model

    def forward(self, codes_0: Tensor) -> Tensor:
        return self.model.decode(self.model.quantizer.lookup(codes_0))


def _encoder(config: VQVAEConfig) -> nn.Sequential:
    halvings = config.stride.bit_length() - 1
    widths = [config.channels, config.hidden // 2, *[config.hidden] * (halvings - 1)]
    layers: list[nn.Module] = []
    for channels_in, channels_out in pairwise(widths):
        layers += [Down(channels_in, channels_out), nn.ReLU()]
    return nn.Sequential(
        *layers,
        Conv(widths[-1], config.hidden),
        ResidualStack(config.hidden, config.residual_hidden, config.residual_blocks),
        Conv(config.hidden, config.code_dim, 1),
    )


def _decoder(config: VQVAEConfig) -> nn.Sequential:
    doublings = config.stride.bit_length() - 1
    widths = [*[config.hidden] * (doublings - 1), config.hidden // 2, config.channels]
    ups: list[nn.Module] = []
    for channels_in, channels_out in zip([config.hidden, *widths[1:-1]], widths[1:], strict=True):
        ups += [Up(channels_in, channels_out), nn.ReLU()]
    return nn.Sequential(
        Conv(config.code_dim, config.hidden),
        ResidualStack(config.hidden, config.residual_hidden, config.residual_blocks),
        *ups[:-1],  # the last layer's output is the picture: no ReLU
    )
