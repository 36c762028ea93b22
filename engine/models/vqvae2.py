"""VQ-VAE-2: "Generating Diverse High-Fidelity Images with VQ-VAE-2", Razavi et al., arXiv 1906.00446.

    h_top = E_top(x);  e_top = Quantize(h_top)                                   (algorithm 1, two levels)
    h_bottom = E_bottom(x, e_top);  e_bottom = Quantize(h_bottom)
    x^ = D(e_top, e_bottom)

    L = || x - D(e) ||^2 / pixel_variance  +  beta sum_levels || h - sg[e] ||^2             (eq. 2)

The codebooks learn by moving averages (eq. 3 and section 2.1). Here levels are a list, coarsest first,
and each is built like the paper's (figure 2a): its encoder sees the features of the next finer one;
what its decoder makes of it and of the coarser ones stands beside the finer features before they are
quantised; the last decoder takes all levels, raised to the finest grid and concatenated. Deviations,
besides those of `engine.layers.quantizer`:

- Borders repeat in every convolution, in training too, so that any window of a canvas decodes alone.
- Upsampling keeps uniform fields uniform (`engine.layers.convolution.Up`).
- With a `level_dropout` the decoder is at times told the coarser levels only, as arXiv 2107.03312 (section
  III.C) drops the later quantisers: it has to make the best picture of them, so they learn what is where
  rather than what the finest codes lack.

With strides (8, 4), 128 channels, two residual blocks of 32, K 512 and D 64 it is the network of the
common public reproduction (rosinality/vq-vae-2-pytorch), whose borders are zero. Shapes then, at 64 px:
image (B, 3, 64, 64) -> features (B, 128, 8, 8), (B, 128, 16, 16) -> codes (B, 8, 8), (B, 16, 16)
-> z_q (B, 64, 8, 8), (B, 64, 16, 16) -> field (B, 128, 16, 16) -> image (B, 3, 64, 64).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from itertools import pairwise
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from msgspec import Meta
from torch import Tensor, nn

from engine.decoding.decoder import CodeLevel
from engine.errors import OptionFault
from engine.layers.convolution import Conv, Span, Up, decoder_layers, encoder_layers, span_read
from engine.layers.quantizer import Quantised, VectorQuantizer
from engine.models.base import NO_DRAWS, Draws, Latent, LossResult
from engine.models.quantised import QuantisedAutoencoder, QuantisedConfig, standardise

Stride = Literal[2, 4, 8, 16, 32, 64]


class VQVAE2Config(QuantisedConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Several levels of codes, whose vectors are of one size."""

    strides: Annotated[
        tuple[Stride, ...], Meta(min_length=2, max_length=5, description="pixels per code, coarsest first")
    ] = (8, 4)
    coarse_codes: Annotated[
        int, Meta(ge=0, le=8192, description="codes of each coarser level; 0 = as many as of the finest")
    ] = 0
    level_dropout: Annotated[
        float,
        Meta(ge=0.0, le=1.0, description="share of pictures the decoder makes of coarser levels alone"),
    ] = 0.0


class VQVAE2(QuantisedAutoencoder):
    """Levels of codes, each conditioned on the coarser ones."""

    family = "vqvae2"
    config: VQVAE2Config

    def __init__(self, config: VQVAE2Config) -> None:
        super().__init__()
        _refuse_conflicting(config)
        self.config = config
        hidden, dim = config.hidden, config.code_dim
        sizes = hidden, config.residual_hidden, config.residual_blocks
        steps = [_doublings(coarse, fine) for coarse, fine in pairwise((*config.strides, 1))]
        self.encoders = nn.ModuleList(
            nn.Sequential(*encoder_layers(channels, *sizes, step))
            for channels, step in zip([hidden] * (len(steps) - 1) + [config.channels], steps, strict=True)
        )
        self.to_code = nn.ModuleList(
            Conv(hidden + (dim if level else 0), dim, 1) for level in range(len(steps))
        )
        self.codebooks = nn.ModuleList(
            VectorQuantizer(codes, dim, "ema", config.decay) for codes in _codes_of(config)
        )
        # What a finer level is told: of the level itself and of what it was told of the coarser ones.
        self.contexts = nn.ModuleList(
            nn.Sequential(*decoder_layers(2 * dim if level else dim, dim, *sizes, step))
            for level, step in enumerate(steps[:-1])
        )
        self.raises = nn.ModuleList(
            nn.Sequential(*(Up(dim, dim) for _ in range(_doublings(stride, config.strides[-1]))))
            for stride in config.strides[:-1]
        )
        last = decoder_layers(dim * len(steps), config.channels, *sizes, steps[-1])
        self.decoder = nn.Sequential(*last)

    @property
    def levels(self) -> tuple[CodeLevel, ...]:
        config = self.config
        sizes = zip(config.strides, _codes_of(config), strict=True)
        return tuple(CodeLevel(stride, codes, config.code_dim) for stride, codes in sizes)

    @property
    def quantizers(self) -> list[VectorQuantizer]:
        return list(self.codebooks)  # type: ignore[arg-type]  # a ModuleList forgets what it holds

    @property
    def shows_coarser_levels(self) -> bool:
        return self.config.level_dropout > 0

    @property
    def receptive_margin(self) -> int:
        ratios, field = self._ratios, span_read(self.decoder, Span(0, self.config.strides[0] - 1))
        grids = [*(span_read(up, field) for up in self.raises), field]
        return max(grid.coarsened(ratio).margin for grid, ratio in zip(grids, ratios, strict=True))

    @property
    def encode_margin(self) -> int:
        read = (self._pixels_read(level, Span(0, ratio - 1)) for level, ratio in enumerate(self._ratios))
        return max(pixels.coarsened(self.config.strides[0]).margin for pixels in read)

    def encode(self, images: Tensor, condition: Tensor | None = None) -> Latent:
        """The field that `decode` takes: all levels at the finest grid, (B, levels * D, h, w)."""
        return Latent(self._field(self.looked_up(self.encode_codes(images))))

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self._to_image(z).clamp(0.0, 1.0)

    def codes_of(self, images: Tensor) -> list[Tensor]:
        codes: list[Tensor] = []

        def choose(level: int, z_e: Tensor) -> Tensor:
            codes.append(self.quantizers[level].nearest(z_e))
            return self.quantizers[level].lookup(codes[level])

        self._quantise(images, choose)
        return codes

    def picture_of(self, z_q: Sequence[Tensor]) -> Tensor:
        return self.decode(self._field(z_q))

    def loss(self, images: Tensor, condition: Tensor | None = None, draws: Draws = NO_DRAWS) -> LossResult:
        seen: list[Quantised] = []

        def choose(level: int, z_e: Tensor) -> Tensor:
            seen.append(self.quantizers[level](z_e))
            return seen[level].z_q

        z_q = self._without_finer(self._quantise(images, choose), draws)
        mse = F.mse_loss(self._to_image(self._field(z_q)), images)
        commitment = torch.stack([level.commitment_loss for level in seen]).sum()
        total = mse / self.config.pixel_variance + self.config.beta * commitment
        terms = {"mse": mse.detach()}
        for level, quantised in enumerate(seen):
            terms[f"codebook_{level}"] = quantised.codebook_loss.detach()
            terms[f"commitment_{level}"] = quantised.commitment_loss.detach()
        return LossResult(total, terms, tuple(level.statistics for level in seen))

    @torch.no_grad()
    def begin(self, images: Tensor, generator: torch.Generator) -> None:
        def choose(level: int, z_e: Tensor) -> Tensor:
            z_e = standardise(self.to_code[level], z_e)
            self.quantizers[level].start_from(z_e, generator)
            return self.quantizers[level].lookup(self.quantizers[level].nearest(z_e))

        self._quantise(images, choose)

    @torch.no_grad()
    def go_on(self, images: Tensor, generator: torch.Generator, missing: Set[str] = frozenset()) -> None:
        def choose(level: int, z_e: Tensor) -> Tensor:
            self.go_on_at(level, z_e, generator, missing)
            return self.quantizers[level].lookup(self.quantizers[level].nearest(z_e))

        self._quantise(images, choose)

    def _quantise(self, images: Tensor, choose: Callable[[int, Tensor], Tensor]) -> list[Tensor]:
        """z_q per level: `choose` gives it for a level and its z_e (B, D, h, w)."""
        z_q: list[Tensor] = []
        told: Tensor | None = None  # of the coarser levels, (B, D, h, w)
        for level, features in enumerate(self._features(images)):
            seen = features if told is None else torch.cat([told, features], dim=1)
            z_q.append(choose(level, self.to_code[level](seen)))
            if level < len(self.contexts):
                known = z_q[level] if told is None else torch.cat([told, z_q[level]], dim=1)
                told = self.contexts[level](known)
        return z_q

    def _features(self, images: Tensor) -> list[Tensor]:
        """What the encoders see, coarsest first: (B, hidden, h, w) per level."""
        features = [images * 2 - 1]
        for encoder in reversed(self.encoders):
            features.append(encoder(features[-1]))
        return features[:0:-1]

    def _field(self, z_q: Sequence[Tensor]) -> Tensor:
        raised = [up(grid) for up, grid in zip(self.raises, z_q[:-1], strict=True)]
        return torch.cat([*raised, z_q[-1]], dim=1)

    def _without_finer(self, z_q: Sequence[Tensor], draws: Draws) -> list[Tensor]:
        """Zeros in place of the finer levels of some pictures, as many of them as chance will have it."""
        share = self.config.level_dropout
        if not share:
            return list(z_q)
        # From [0, 1): below `share` the levels from 1, 2, ... on are missing, each as often as the others.
        draw = draws.uniform("level_dropout", len(z_q[0])).to(z_q[0].device)
        whole = len(z_q)
        told = torch.where(draw < share, 1 + (draw / share * (whole - 1)).long(), whole)
        return [grid * (level < told)[:, None, None, None] for level, grid in enumerate(z_q)]

    def _to_image(self, field: Tensor) -> Tensor:
        return (self.decoder(field).float() + 1) / 2  # type: ignore[no-any-return]  # nn.Module calls are untyped

    @property
    def _ratios(self) -> list[int]:
        return [self.config.strides[0] // stride for stride in self.config.strides]

    def _pixels_read(self, level: int, codes: Span) -> Span:
        """The pixels behind `codes` of a level."""
        pixels = codes
        for encoder in self.encoders[level:]:
            pixels = span_read(encoder, pixels)
        if level == 0:
            return pixels
        return pixels.joined(self._pixels_read(level - 1, span_read(self.contexts[level - 1], codes)))


def _codes_of(config: VQVAE2Config) -> tuple[int, ...]:
    return (*[config.coarse_codes or config.codes] * (len(config.strides) - 1), config.codes)


def _doublings(coarse: int, fine: int) -> int:
    return (coarse // fine).bit_length() - 1


def _refuse_conflicting(config: VQVAE2Config) -> None:
    if any(coarse <= fine for coarse, fine in pairwise(config.strides)):
        raise OptionFault(f"strides {config.strides}: each must be larger than the next, coarsest first")
    if config.image_size % config.strides[0]:
        raise OptionFault(f"image_size {config.image_size} is not a multiple of stride {config.strides[0]}")
    if config.coarse_codes == 1:
        raise OptionFault("coarse_codes 1: a code that is always the same says nothing; 0, or 2 and more")
