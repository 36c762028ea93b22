"""A plain autoencoder: "Reducing the Dimensionality of Data with Neural Networks", Hinton and
Salakhutdinov, Science 313, 2006.

    L = || x - g(f(x)) ||^2

as the mean over pixels. Nothing says where f(x) may lie, so a z drawn at random is between pictures as
likely as in one: that is what the variational families add. Deviations: no layer-wise pretraining, and
the squared error where the paper takes the cross-entropy.

Shapes at 28 px, grey, D 64: image (B, 1, 28, 28) -> z (B, 64) -> image (B, 1, 28, 28).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from engine.layers.graphs import vector_graphs
from engine.layers.stacks import StackConfig, decoder, encoder
from engine.models.base import NO_DRAWS, Autoencoder, Draws, ExportGraph, Latent, LossResult


class AEConfig(StackConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes only."""


class AE(Autoencoder):
    """D numbers between an encoder and a decoder."""

    family = "ae"
    config: AEConfig

    def __init__(self, config: AEConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = encoder(config, config.latent_dim)
        self.decoder = decoder(config, config.latent_dim)

    @property
    def latent_dim(self) -> int:
        return self.config.latent_dim

    def encode(self, images: Tensor, condition: Tensor | None = None) -> Latent:
        return Latent(self.encoder(images))

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self._to_image(z).clamp(0.0, 1.0)

    def _to_image(self, z: Tensor) -> Tensor:
        return (self.decoder(z).float() + 1) / 2  # type: ignore[no-any-return]  # nn.Module calls are untyped

    def loss(self, images: Tensor, condition: Tensor | None = None, draws: Draws = NO_DRAWS) -> LossResult:
        mse = F.mse_loss(self._to_image(self.encode(images).mean), images)
        return LossResult(mse, {"mse": mse.detach()})

    def export_graphs(self) -> dict[str, ExportGraph]:
        return vector_graphs(self)
