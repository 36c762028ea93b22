"""CVAE: "Learning Structured Output Representation using Deep Conditional Generative Models", Sohn, Lee
and Yan, NeurIPS 2015, with the label as the condition and the picture as what is generated.

    log p(x|y) >= E_q[ log p(x|y, z) ] - KL( q(z|x, y) || p(z|y) )           (eq. 4, their x is our y)

Deviations: the prior is p(z|y) = N(0, I) whatever the label (the paper's section 4.1 allows that), so z
holds what the label does not say, and one z shows the same manner under every label. A condition (B, L)
weighs the labels and enters by a linear embedding: mixtures blend. Zeros are the null label: some labels
are dropped in training (`label_dropout`), so that the model also knows pictures of no stated label.
Everything else is as in the VAE (arXiv 1312.6114): the ELBO in nats per picture, reparameterised.

Shapes at 28 px, grey, D 64, 10 labels: image (B, 1, 28, 28), condition (B, 10) -> embedding (B, 32)
-> mean, log_var (B, 64); z (B, 64), embedding -> (B, 96) -> logits or scaled means (B, 1, 28, 28).
"""

from __future__ import annotations

from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor, nn

from engine.layers.graphs import vector_graphs
from engine.layers.stacks import decoder, encoder
from engine.layers.variational import (
    VariationalConfig,
    binary_draw,
    likelihood_of,
    posterior,
    refuse_conflicting,
    variational_loss,
)
from engine.models.base import NO_DRAWS, Draws, ExportGraph, Latent, LossResult, VariationalAutoencoder


class CVAEConfig(VariationalConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As a VAE's, and the labels."""

    labels: Annotated[int, Meta(ge=0, le=65536, description="labels; 0 = as many as the data has")] = 0
    label_dim: Annotated[int, Meta(ge=1, le=4096, description="numbers that stand for a label")] = 32
    label_dropout: Annotated[
        float, Meta(ge=0.0, le=1.0, description="share of labels replaced by the null label in training")
    ] = 0.1


class CVAE(VariationalAutoencoder):
    """D numbers with a standard normal prior, beside weights over labels."""

    family = "cvae"
    config: CVAEConfig

    def __init__(self, config: CVAEConfig) -> None:
        super().__init__()
        refuse_conflicting(config)
        self.config = config
        self.embedding = nn.Parameter(torch.empty(config.labels, config.label_dim))
        if not self.embedding.is_meta:  # random numbers for a model of shapes alone load half of torch
            nn.init.normal_(self.embedding)
        self.encoder = encoder(config, 2 * config.latent_dim, config.label_dim)
        self.decoder = decoder(config, config.latent_dim + config.label_dim)
        self.likelihood = likelihood_of(config)

    @property
    def importance_samples(self) -> int:
        return self.config.importance_samples

    @property
    def latent_dim(self) -> int:
        return self.config.latent_dim

    @property
    def label_count(self) -> int:
        return self.config.labels

    def encode(self, images: Tensor, condition: Tensor | None = None) -> Latent:
        return posterior(self.encoder(images, self._embedded(condition, len(images))))

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.likelihood.mean(self._output(z, condition)).clamp(0.0, 1.0)

    def targets(self, images: Tensor, draws: Draws = NO_DRAWS) -> Tensor:
        return binary_draw(images, draws) if self.config.binarise == "dynamic" else images

    def log_likelihood(self, targets: Tensor, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.likelihood.log_prob(self._output(z, condition), targets)

    def _embedded(self, condition: Tensor | None, batch: int) -> Tensor:
        """(B, L) -> (B, label_dim); linear, so that mixtures blend and zeros stay zeros."""
        if condition is None:
            return self.embedding.new_zeros(batch, self.config.label_dim)
        return condition @ self.embedding

    def _output(self, z: Tensor, condition: Tensor | None) -> Tensor:
        embedded = self._embedded(condition, len(z))
        return self.decoder(torch.cat([z, embedded], dim=1))  # type: ignore[no-any-return]  # untyped calls

    def _kept(self, condition: Tensor | None, draws: Draws) -> Tensor | None:
        """Some conditions replaced by the null label."""
        if condition is None:
            return None
        kept = draws.uniform("labels", len(condition)) >= self.config.label_dropout
        return condition * kept.to(condition.device)[:, None]

    def loss(self, images: Tensor, condition: Tensor | None = None, draws: Draws = NO_DRAWS) -> LossResult:
        condition = self._kept(condition, draws)
        targets = self.targets(images, draws)
        latent = self.encode(targets, condition)

        def decoded(z: Tensor) -> Tensor:
            each = len(z) // len(images)
            return self._output(z, None if condition is None else condition.repeat_interleave(each, dim=0))

        return variational_loss(self.config, self.likelihood, images, targets, latent, decoded, draws)

    def export_graphs(self) -> dict[str, ExportGraph]:
        return vector_graphs(self)
