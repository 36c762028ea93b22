"""The graphs that models with vector latents export; the batch is free.

encoder: image (B, C, S, S) [, condition (B, L)] -> mean (B, D) [, log_var (B, D)]
decoder: z (B, D) [, condition (B, L)] -> image (B, C, S, S) in [0, 1]
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.models.base import Autoencoder, ExportGraph, VariationalAutoencoder


def vector_graphs(model: Autoencoder) -> dict[str, ExportGraph]:
    """Encoder and decoder of a model whose latents are vectors."""
    config = model.config
    variational = isinstance(model, VariationalAutoencoder)
    image = torch.rand(2, config.channels, config.image_size, config.image_size)
    z = torch.randn(2, model.latent_dim)
    return {
        "encoder": _graph(_Encoder(model), model, "image", image, ("mean", "log_var")[: 1 + variational]),
        "decoder": _graph(_Decoder(model), model, "z", z, ("image",)),
    }


def _graph(
    module: nn.Module, model: Autoencoder, name: str, example: Tensor, outputs: tuple[str, ...]
) -> ExportGraph:
    batch = {0: "batch"}
    if not model.label_count:
        return ExportGraph(module, (example,), (name,), outputs, (batch,))
    condition = torch.rand(len(example), model.label_count)
    return ExportGraph(module, (example, condition), (name, "condition"), outputs, (batch, batch))


class _Encoder(nn.Module):
    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor | tuple[Tensor, Tensor]:
        latent = self.model.encode(image, condition)
        return latent.mean if latent.log_var is None else (latent.mean, latent.log_var)


class _Decoder(nn.Module):
    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.model.decode(z, condition)
