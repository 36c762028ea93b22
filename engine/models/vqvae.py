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

from collections.abc import Sequence, Set
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from msgspec import Meta
from torch import Tensor, nn

from engine.decoding.decoder import CodeLevel
from engine.errors import OptionFault
from engine.layers.convolution import Conv, Span, decoder_layers, encoder_layers, span_read
from engine.layers.quantizer import VectorQuantizer
from engine.models.base import NO_DRAWS, Draws, Latent, LossResult
from engine.models.quantised import QuantisedAutoencoder, QuantisedConfig, standardise


class VQVAEConfig(QuantisedConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One level of codes, learned by moving averages or by gradient."""

    stride: Annotated[Literal[2, 4, 8, 16], Meta(description="pixels per code, each way")] = 4
    codebook_update: Annotated[Literal["ema", "gradient"], Meta(description="how codes learn")] = "ema"


class VQVAE(QuantisedAutoencoder):
    """One level of codes between a convolutional encoder and decoder."""

    family = "vqvae"
    config: VQVAEConfig

    def __init__(self, config: VQVAEConfig) -> None:
        super().__init__()
        if config.image_size % config.stride:
            raise OptionFault(f"image_size {config.image_size} is not a multiple of stride {config.stride}")
        self.config = config
        doublings = config.stride.bit_length() - 1
        sizes = config.hidden, config.residual_hidden, config.residual_blocks, doublings
        self.encoder = nn.Sequential(
            *encoder_layers(config.channels, *sizes), Conv(config.hidden, config.code_dim, 1)
        )
        self.quantizer = VectorQuantizer(config.codes, config.code_dim, config.codebook_update, config.decay)
        self.decoder = nn.Sequential(*decoder_layers(config.code_dim, config.channels, *sizes))

    @property
    def levels(self) -> tuple[CodeLevel, ...]:
        return (CodeLevel(self.config.stride, self.config.codes, self.config.code_dim),)

    @property
    def quantizers(self) -> tuple[VectorQuantizer]:
        return (self.quantizer,)

    @property
    def receptive_margin(self) -> int:
        return span_read(self.decoder, Span(0, self.config.stride - 1)).margin

    @property
    def encode_margin(self) -> int:
        return span_read(self.encoder, Span(0, 0)).coarsened(self.config.stride).margin

    def encode(self, images: Tensor, condition: Tensor | None = None) -> Latent:
        return Latent(self.quantizer.lookup(self.encode_codes(images)[0]))

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self._to_image(z).clamp(0.0, 1.0)

    def codes_of(self, images: Tensor) -> list[Tensor]:
        return [self.quantizer.nearest(self._to_z_e(images))]

    def picture_of(self, z_q: Sequence[Tensor]) -> Tensor:
        return self.decode(z_q[0])

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
        return LossResult(total, {name: t.detach() for name, t in terms.items()}, (quantised.statistics,))

    @torch.no_grad()
    def begin(self, images: Tensor, generator: torch.Generator) -> None:
        self.quantizer.start_from(standardise(self.encoder[-1], self._to_z_e(images)), generator)

    @torch.no_grad()
    def go_on(self, images: Tensor, generator: torch.Generator, missing: Set[str] = frozenset()) -> None:
        self.go_on_at(0, self._to_z_e(images), generator, missing)
