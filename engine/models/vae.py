"""VAE: "Auto-Encoding Variational Bayes", Kingma and Welling, arXiv 1312.6114; the tutorial is 1606.05908.

    log p(x) >= E_q[ log p(x|z) ] - KL( q(z|x) || p(z) )                     (eq. 3; the ELBO)
    q(z|x) = N(mean, diag(sigma^2)),   p(z) = N(0, I)                        (eq. 9)
    z = mean + sigma * epsilon,   epsilon ~ N(0, I)                          (eq. 10's z, with L = 1)
    KL = 1/2 sum_j ( mean_j^2 + sigma_j^2 - 1 - log sigma_j^2 )              (appendix B)

The loss is the negative ELBO in nats per picture. Options that deviate from the paper: the KL may have
another weight (beta, arXiv 1804.03599's constraint is not built) and come in slowly over the first steps;
`free_bits` (arXiv 1606.04934, eq. 15); several `importance_samples` give a bound nearer to log p(x), which
makes it an importance-weighted autoencoder (IWAE, arXiv 1509.00519); a Gaussian p(x|z) has one variance for
all pixels, fixed or learned (arXiv 2006.13202), not one per pixel. Every `binarise` other than "none" makes
pictures of 0 and 1.

The paper's MNIST network is architecture "mlp": 784-400-40 is image_size 28, channels 1, hidden 400,
layers 1, latent_dim 40.

Shapes at 28 px, grey, D 64: image (B, 1, 28, 28) -> mean, log_var (B, 64) -> z (B, 64)
-> logits or scaled means (B, 1, 28, 28).
"""

from __future__ import annotations

from torch import Tensor

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


class VAEConfig(VariationalConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes, the likelihood, and the bound that is learned by."""


class VAE(VariationalAutoencoder):
    """D numbers with a standard normal prior."""

    family = "vae"
    config: VAEConfig

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        refuse_conflicting(config)
        self.config = config
        self.encoder = encoder(config, 2 * config.latent_dim)
        self.decoder = decoder(config, config.latent_dim)
        self.likelihood = likelihood_of(config)

    @property
    def importance_samples(self) -> int:
        return self.config.importance_samples

    @property
    def latent_dim(self) -> int:
        return self.config.latent_dim

    def encode(self, images: Tensor, condition: Tensor | None = None) -> Latent:
        return posterior(self.encoder(images))

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.likelihood.mean(self.decoder(z)).clamp(0.0, 1.0)

    def targets(self, images: Tensor, draws: Draws = NO_DRAWS) -> Tensor:
        return binary_draw(images, draws) if self.config.binarise == "dynamic" else images

    def log_likelihood(self, targets: Tensor, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.likelihood.log_prob(self.decoder(z), targets)

    def loss(self, images: Tensor, condition: Tensor | None = None, draws: Draws = NO_DRAWS) -> LossResult:
        targets = self.targets(images, draws)
        latent = self.encode(targets)
        return variational_loss(self.config, self.likelihood, images, targets, latent, self.decoder, draws)

    def export_graphs(self) -> dict[str, ExportGraph]:
        return vector_graphs(self)
