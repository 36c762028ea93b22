"""Nats against a linear-Gaussian model, whose likelihood and posterior are known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal, Normal

from engine.analysis import likelihood
from engine.analysis.likelihood import measure_nats
from engine.data.source import Pictures
from engine.models.base import (
    NO_DRAWS,
    Draws,
    ExportGraph,
    Latent,
    LossResult,
    ModelConfig,
    VariationalAutoencoder,
)

SIDE, D, SD = 3, 2, 0.3


class LinearGaussian(VariationalAutoencoder):
    """x = W z + b + SD * noise: x ~ N(b, W W' + SD^2 I). The posterior is a Gaussian, too.

    The columns of W are orthogonal, so its covariance is diagonal; `widened` is how much wider q is.
    """

    family = "linear"

    def __init__(self, widened: float = 1.0, labels: int = 0) -> None:
        super().__init__()
        self.config = ModelConfig(image_size=4, channels=1)
        generator = torch.Generator().manual_seed(1)
        columns, _ = torch.linalg.qr(torch.randn(SIDE * SIDE, D + 1, generator=generator))
        self.w = nn.Parameter(columns[:, :D] * torch.tensor([0.8, 0.4]))
        self.b = nn.Parameter(torch.rand(SIDE * SIDE, generator=generator))
        self.shift = nn.Parameter(columns[:, D])
        self.widened = widened
        self.labels = labels

    @property
    def latent_dim(self) -> int:
        return D

    @property
    def label_count(self) -> int:
        return self.labels

    def offset(self, condition: Tensor | None) -> Tensor:
        return self.b if condition is None else self.b + condition[:, :1] * self.shift

    def encode(self, images: Tensor, condition: Tensor | None = None) -> Latent:
        precision = 1 + self.w.square().sum(dim=0) / SD**2
        mean = (images.flatten(1) - self.offset(condition)) @ self.w / SD**2 / precision
        log_var = (self.widened / precision).log().expand_as(mean)
        return Latent(mean, log_var)

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return (z @ self.w.T + self.offset(condition)).view(-1, 1, SIDE, SIDE)

    def targets(self, images: Tensor, draws: Draws = NO_DRAWS) -> Tensor:
        return images

    def log_likelihood(self, targets: Tensor, z: Tensor, condition: Tensor | None = None) -> Tensor:
        mean = self.decode(z, condition)
        return Normal(mean, SD).log_prob(targets).sum(dim=(1, 2, 3))

    def loss(self, images: Tensor, condition: Tensor | None = None, draws: Draws = NO_DRAWS) -> LossResult:
        raise NotImplementedError

    def export_graphs(self) -> dict[str, ExportGraph]:
        return {}

    def true_nll(self, pictures: Pictures, shifted: bool = False) -> float:
        x = torch.from_numpy(pictures.images).float().flatten(1) / 255
        covariance = self.w @ self.w.T + SD**2 * torch.eye(SIDE * SIDE)
        condition = torch.from_numpy(pictures.labels == 0).float()[:, None] if shifted else None
        with torch.no_grad():
            return -float(MultivariateNormal(self.offset(condition), covariance).log_prob(x).mean())


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several chunks, so that what is put together from them is tested."""
    monkeypatch.setattr(likelihood, "DECODED_AT_ONCE", 7 * 50 * SIDE * SIDE)


@pytest.fixture
def pictures() -> Pictures:
    images = np.random.default_rng(2).integers(0, 256, (60, SIDE, SIDE, 1), dtype=np.uint8)
    return Pictures(
        images=images,
        names=tuple(str(index) for index in range(60)),
        labels=np.arange(60, dtype=np.int64) % 2,
        label_names=("even", "odd"),
        split_of=np.full(60, "test"),
        data_name="noise",
    )


def test_with_the_true_posterior_every_weight_is_the_likelihood(pictures: Pictures) -> None:
    model = LinearGaussian()
    nats = measure_nats(model, pictures, samples=1)
    # One sample is enough: p(x|z) p(z) / q(z|x) = p(x) for any z.
    assert nats.nll == pytest.approx(model.true_nll(pictures), abs=1e-4)


def test_the_elbo_of_the_true_posterior_is_the_likelihood(pictures: Pictures) -> None:
    model = LinearGaussian()
    nats = measure_nats(model, pictures, samples=2000)
    assert nats.elbo == pytest.approx(-model.true_nll(pictures), abs=0.05)
    assert nats.elbo == -nats.reconstruction - nats.kl


def test_importance_sampling_mends_a_wrong_posterior(pictures: Pictures) -> None:
    model = LinearGaussian(widened=2.0)
    nats = measure_nats(model, pictures, samples=2000)
    # KL(q || true posterior) of twice the variance, per dimension: (2 - 1 - log 2) / 2.
    assert -nats.elbo - model.true_nll(pictures) == pytest.approx(D * (1 - math.log(2)) / 2, abs=0.05)
    assert nats.nll == pytest.approx(model.true_nll(pictures), abs=0.02)


def test_more_samples_never_make_the_bound_worse(pictures: Pictures) -> None:
    model = LinearGaussian(widened=4.0)
    few, many = (measure_nats(model, pictures, samples=samples).nll for samples in (1, 500))
    assert model.true_nll(pictures) <= many < few


def test_the_true_labels_are_given(pictures: Pictures) -> None:
    model = LinearGaussian(labels=2)
    nats = measure_nats(model, pictures, samples=1)
    assert nats.nll == pytest.approx(model.true_nll(pictures, shifted=True), abs=1e-4)
    assert nats.nll != pytest.approx(model.true_nll(pictures), abs=1e-2)


def test_active_units_are_those_whose_mean_varies(pictures: Pictures) -> None:
    model = LinearGaussian()
    means = model.encode(torch.from_numpy(pictures.images).float().flatten(1) / 255).mean
    assert (means.var(dim=0, unbiased=False) > likelihood.ACTIVE_ABOVE).all()
    assert measure_nats(model, pictures, samples=1).active_units == 2
    with torch.no_grad():
        model.w[:, 1] *= 0.01
    assert measure_nats(model, pictures, samples=1).active_units == 1


def test_progress_ends_at_one_and_figures_repeat(pictures: Pictures) -> None:
    told: list[float] = []
    model = LinearGaussian(widened=2.0)
    first = measure_nats(model, pictures, 5, told.append)
    assert told[-1] == 1.0
    assert measure_nats(model, pictures, 5) == first


@pytest.mark.parametrize("pictures_at_once", [1, 7, 120, 10_000])
def test_what_is_decoded_at_once_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, pictures: Pictures, pictures_at_once: int
) -> None:
    monkeypatch.setattr(likelihood, "DECODED_AT_ONCE", pictures_at_once * SIDE * SIDE)
    model = LinearGaussian(labels=2)
    nll = measure_nats(model, pictures, samples=20).nll
    assert nll == pytest.approx(model.true_nll(pictures, shifted=True), abs=1e-4)
