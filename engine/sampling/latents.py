"""Latent vectors to be decoded: N(0, I), or for a plain autoencoder a Gaussian fitted to its encodings.

A VAE is trained so that its encodings fill N(0, I). A plain autoencoder's lie anywhere: the Gaussian of their
mean and covariance is what one can do without another model, and what it gives shows why that is not enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.analysis.reconstruction import device_of, labelled_batches
from engine.data.source import Pictures
from engine.models.base import Autoencoder
from engine.priors.uniforms import DEVIATION, uniforms_of

MOST_PICTURES = 10_000
"""So many, evenly picked, tell a mean and a covariance well enough."""


@dataclass(frozen=True, slots=True, eq=False)
class Gaussian:
    """A normal distribution of D numbers: `mean` (D,), and `root` (D, D) of its covariance root @ root.T."""

    mean: NDArray[np.float64]
    root: NDArray[np.float64]

    def draw(self, images: Sequence[int], seed: int, temperature: float = 1.0) -> NDArray[np.float32]:
        """Vectors (B, D), deviations `temperature` times as large; 0 gives the mean."""
        return np.asarray(self.mean + temperature * self._deviations(images, seed, 0), np.float32)

    def near(
        self,
        latent: NDArray[np.float32],
        images: Sequence[int],
        seed: int,
        apart: float,
        temperature: float = 1.0,
    ) -> NDArray[np.float32]:
        """Vectors (B, D) `apart` deviations from one (D,): at 0 the same one, at 1 any of the distribution.

        z' = mean + sqrt(1 - apart^2) (z - mean) + apart * temperature * deviation. Without the root, vectors
        near ones near ones ... would leave the distribution; with it, those of vectors drawn from it are
        distributed alike (a step of "preconditioned Crank-Nicolson": Cotter et al., arXiv 1202.0709).
        """
        kept = np.sqrt(1 - apart**2) * (latent - self.mean)
        away = apart * temperature * self._deviations(images, seed, DEVIATION)
        return np.asarray(self.mean + kept + away, np.float32)

    def _deviations(self, images: Sequence[int], seed: int, level: int) -> NDArray[np.float64]:
        """Vectors (B, D) of mean 0."""
        uniforms = uniforms_of(seed, images, level, 1, len(self.mean))[:, 0]
        # By the inverse of the distribution function: one uniform number for each normal one.
        least = np.finfo(np.float64).tiny
        normal = torch.special.ndtri(torch.from_numpy(np.maximum(uniforms, least))).numpy()
        return np.asarray(normal @ self.root.T)


def standard(dim: int) -> Gaussian:
    """N(0, I)."""
    return Gaussian(np.zeros(dim), np.eye(dim))


@torch.inference_mode()
def fitted(model: Autoencoder, pictures: Pictures, done: Callable[[float], object]) -> Gaussian:
    """That of the encodings of `pictures`; `done` is told the share of them, 0 to 1."""
    chosen = pictures.spread(MOST_PICTURES)
    encodings: list[NDArray[np.float64]] = []
    for images, condition in labelled_batches(model, chosen, device_of(model)):
        encodings.append(model.encode(images, condition).mean.cpu().double().numpy())
        done(sum(map(len, encodings)) / len(chosen))
    z = np.concatenate(encodings)
    mean = z.mean(axis=0)
    # Not by Cholesky: a number that never varies makes the covariance singular.
    values, vectors = np.linalg.eigh((z - mean).T @ (z - mean) / len(z))
    return Gaussian(mean, vectors * np.sqrt(np.maximum(values, 0.0)))
