"""Latent vectors: standard normal, or with the mean and covariance of a model's encodings."""

from __future__ import annotations

import numpy as np
import torch

from engine.models.ae import AE, AEConfig
from engine.sampling import latents
from engine.sampling.latents import Gaussian, fitted, standard
from tests.small import small_pictures


def test_the_standard_ones_have_mean_0_and_covariance_1() -> None:
    z = standard(3).draw(range(4000), seed=1)
    assert (z.dtype, z.shape) == (np.float32, (4000, 3))
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=0.06)
    np.testing.assert_allclose(np.cov(z.T), np.eye(3), atol=0.08)


def test_a_picture_has_its_vector_whichever_others_there_are() -> None:
    np.testing.assert_array_equal(standard(5).draw(range(9), 2)[7], standard(5).draw([7], 2)[0])
    assert not np.array_equal(standard(5).draw([7], 2), standard(5).draw([7], 3))


def test_temperature_scales_deviations() -> None:
    gaussian = Gaussian(np.array([1.0, -2.0]), np.array([[2.0, 0.0], [1.0, 0.5]]))
    np.testing.assert_array_equal(gaussian.draw([0, 1], 4, temperature=0), [[1, -2], [1, -2]])
    whole, half = (gaussian.draw([0], 4, temperature) - gaussian.mean for temperature in (1.0, 0.5))
    np.testing.assert_allclose(whole, 2 * half, rtol=1e-6)


def test_fitting_gives_mean_and_covariance_of_the_encodings() -> None:
    torch.manual_seed(0)
    model = AE(AEConfig(image_size=16, latent_dim=4, width=8)).eval().requires_grad_(False)
    pictures = small_pictures()
    told: list[float] = []
    gaussian = fitted(model, pictures, told.append)
    images = torch.from_numpy(pictures.images[:]).permute(0, 3, 1, 2).float() / 255
    z = model.encode(images).mean.double().numpy()
    np.testing.assert_allclose(gaussian.mean, z.mean(axis=0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gaussian.root @ gaussian.root.T, np.cov(z.T, bias=True), rtol=1e-4, atol=1e-9)
    assert told[-1] == 1.0


def test_a_number_that_never_varies_stays_as_it_is(monkeypatch) -> None:
    torch.manual_seed(0)
    model = AE(AEConfig(image_size=16, latent_dim=4, width=8)).eval().requires_grad_(False)
    monkeypatch.setattr(latents, "MOST_PICTURES", 1)
    gaussian = fitted(model, small_pictures(), lambda _: None)
    drawn = gaussian.draw(range(5), 0)
    np.testing.assert_allclose(drawn, np.repeat(drawn[:1], 5, axis=0))


def test_vectors_near_one_that_was_drawn_are_distributed_alike() -> None:
    root = np.array([[1.0, 0.0], [0.8, 0.3]])
    gaussian = Gaussian(np.array([3.0, -1.0]), root)
    drawn = gaussian.draw(range(3000), seed=1)
    near = np.concatenate([gaussian.near(z, [place], 1, 0.5) for place, z in enumerate(drawn)])
    np.testing.assert_allclose(near.mean(axis=0), gaussian.mean, atol=0.06)
    np.testing.assert_allclose(np.cov(near.T), root @ root.T, atol=0.08)
    apart = drawn - gaussian.mean, near - gaussian.mean
    correlation = (apart[0] * apart[1]).mean(axis=0) / (apart[0] ** 2).mean(axis=0)
    np.testing.assert_allclose(correlation, np.sqrt(0.75), atol=0.06)
