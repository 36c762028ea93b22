"""VAE and CVAE: the ELBO as written, its draws, its conditions; and the plain autoencoder beside them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from torch import distributions

from engine.checkpoint import write_model
from engine.errors import OptionFault
from engine.layers.likelihoods import kl_to_standard_normal
from engine.layers.variational import log_prior_to_posterior, reparameterised
from engine.models.ae import AE
from engine.models.base import Autoencoder, Draws, Latent, VariationalAutoencoder
from engine.models.cvae import CVAE
from engine.models.registry import build, load
from engine.models.vae import VAE
from engine.training.snapshot import describe, model_tensors
from tests.small import small_pictures

SIZES = {"image_size": 16, "latent_dim": 5, "width": 4, "hidden": 12, "blocks": 1}
FAMILIES = [("ae", {}), ("vae", {}), ("cvae", {"labels": 2})]
VARIATIONAL = FAMILIES[1:]
GREY = {"channels": 1, "likelihood": "bernoulli"}


def small(family: str, **options: Any) -> Any:
    """Untrained and seeded, but for zeros that only training would move."""
    torch.manual_seed(1)
    model = build(family, {**SIZES, **options})
    with torch.no_grad():
        for weight in model.parameters():
            if weight.requires_grad and not weight.any():
                weight.normal_(std=0.1)
    return model


def pictures(channels: int = 3, count: int = 4, size: int = 16) -> torch.Tensor:
    return torch.rand(count, channels, size, size, generator=torch.Generator().manual_seed(2))


def one_hot(count: int = 4, labels: int = 2) -> torch.Tensor:
    return torch.eye(labels)[torch.arange(count) % labels]


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
@pytest.mark.parametrize(("family", "extra"), FAMILIES)
@pytest.mark.parametrize(("size", "channels"), [(8, 1), (15, 3)])
@torch.no_grad()
def test_shapes_and_ranges(
    family: str, extra: dict[str, int], architecture: str, size: int, channels: int
) -> None:
    model = small(family, architecture=architecture, **{"image_size": size, "channels": channels}, **extra)
    images = pictures(channels, size=size)
    latent = model.encode(images)
    assert latent.mean.shape == (4, 5) == (4, model.latent_dim)
    assert (latent.log_var is None) == (family == "ae")
    decoded = model.decode(10 * torch.randn(4, 5))
    assert decoded.shape == images.shape
    assert 0 <= float(decoded.min()) < float(decoded.max()) <= 1
    assert model.label_count == extra.get("labels", 0)


def test_the_plain_autoencoder_has_the_squared_error() -> None:
    model, images = small("ae"), pictures()
    result = model.loss(images)
    output = model.decoder(model.encoder(images))
    torch.testing.assert_close(result.total, ((output + 1) / 2 - images).square().mean())
    assert result.terms.keys() == {"mse"}
    torch.testing.assert_close(result.terms["mse"], result.total.detach())


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize(("family", "extra"), VARIATIONAL)
def test_the_loss_is_minus_the_elbo(family: str, extra: dict[str, int], likelihood: str) -> None:
    model, images, draws = small(family, likelihood=likelihood, **extra), pictures(), Draws(3, 7)
    if likelihood == "bernoulli":
        images = images.round()
    result = model.loss(images, draws=draws)
    latent = model.encode(images)
    sigma = (latent.log_var / 2).exp()
    z = latent.mean + sigma * draws.normal("posterior", 4, 5)
    kl = distributions.kl_divergence(
        distributions.Normal(latent.mean, sigma), distributions.Normal(torch.zeros(5), torch.ones(5))
    )
    reconstruction = -model.log_likelihood(images, z).mean()
    terms = result.terms
    torch.testing.assert_close(result.total, reconstruction + kl.sum(1).mean())
    torch.testing.assert_close(terms["reconstruction"], reconstruction.detach())
    torch.testing.assert_close(terms["kl"], kl.sum(1).mean().detach())
    torch.testing.assert_close(terms["elbo"], -result.total.detach())
    torch.testing.assert_close(terms["mse"], (model.decode(z) - images).square().mean().detach())
    assert float(terms["kl_weight"]) == 1.0
    assert not any(term.requires_grad for term in terms.values())


@pytest.mark.parametrize(("step", "weight"), [(0, 0.0), (1, 0.5), (3, 1.5), (4, 2.0), (99, 2.0)])
def test_the_kl_warms_up_in_a_straight_line(step: int, weight: float) -> None:
    model = small("vae", kl_weight=2.0, kl_warmup_steps=4)
    result = model.loss(pictures(), draws=Draws(0, step))
    assert float(result.terms["kl_weight"]) == weight
    expected = result.terms["reconstruction"] + weight * result.terms["kl"]
    torch.testing.assert_close(result.total.detach(), expected)
    elbo = -result.terms["reconstruction"] - result.terms["kl"]
    torch.testing.assert_close(result.terms["elbo"], elbo)  # without weights


def test_free_bits_cost_nothing_more() -> None:
    model, images = small("vae", free_bits=0.25), pictures()
    result, latent = model.loss(images), model.encode(images)
    floored = kl_to_standard_normal(latent.mean, latent.log_var).mean(0).clamp(min=0.25).sum()
    torch.testing.assert_close(result.total, result.terms["reconstruction"] + floored)
    assert floored.item() > float(result.terms["kl"])


@pytest.mark.parametrize(("family", "extra"), VARIATIONAL)
def test_the_importance_weighted_bound_is_as_written(family: str, extra: dict[str, int]) -> None:
    model, draws = small(family, importance_samples=3, **GREY, **extra), Draws(3, 7)
    images = pictures(channels=1).round()
    condition = one_hot() if extra else None
    if extra:
        model.config = msgspec.structs.replace(model.config, label_dropout=0.0)
    result = model.loss(images, condition, draws)
    latent = model.encode(images, condition)
    sigma = (latent.log_var / 2).exp()
    noise = draws.normal("posterior", 4, 3, 5)
    weights = []
    for k in range(3):
        z = latent.mean + sigma * noise[:, k]
        prior = distributions.Normal(0.0, 1.0).log_prob(z).sum(1)
        posterior = distributions.Normal(latent.mean, sigma).log_prob(z).sum(1)
        weights.append(model.log_likelihood(images, z, condition) + prior - posterior)
    bound = (torch.logsumexp(torch.stack(weights), 0) - math.log(3)).mean()
    torch.testing.assert_close(result.total, -bound)
    torch.testing.assert_close(result.terms["importance_bound"], bound.detach())
    assert float(result.terms["elbo"]) < bound.item()
    assert not any(term.requires_grad for term in result.terms.values())


def test_the_ratio_in_the_importance_weighted_bound_has_the_kls_weight() -> None:
    model = small("vae", importance_samples=2, kl_weight=2.0, kl_warmup_steps=4)
    images = pictures()
    for step, weight in [(0, 0.0), (4, 2.0)]:
        draws = Draws(0, step)
        latent, noise = model.encode(images), draws.normal("posterior", 4, 2, 5)
        z = reparameterised(latent, noise)
        ratio = weight * log_prior_to_posterior(latent, noise, z)
        log_p = torch.stack([model.log_likelihood(images, z[:, k]) for k in range(2)], 1)
        expected = (torch.logsumexp(log_p + ratio, 1) - math.log(2)).mean()
        result = model.loss(images, draws=draws)
        torch.testing.assert_close(result.total, -expected)
        assert float(result.terms["kl_weight"]) == weight


def test_free_bits_and_several_draws_do_not_go_together() -> None:
    with pytest.raises(OptionFault, match="free_bits"):
        small("vae", free_bits=0.25, importance_samples=2)


def test_draws_of_z_have_the_posteriors_mean_and_deviation_and_its_gradient() -> None:
    mean = torch.tensor([[1.0, -2.0]], requires_grad=True)
    log_var = torch.tensor([[0.0, 2.0]], requires_grad=True)
    many = Latent(mean.expand(40_000, 2), log_var.expand(40_000, 2))
    z = reparameterised(many, Draws(1, 1).normal("posterior", 40_000, 1, 2))[:, 0]
    torch.testing.assert_close(z.mean(0), mean[0], atol=0.05, rtol=0)
    torch.testing.assert_close(z.std(0), torch.tensor([1.0, torch.e]), atol=0.05, rtol=0)
    # d E[z^2] / d mean = 2 mean, d E[z^2] / d log_var = sigma^2
    by_mean, by_log_var = torch.autograd.grad(z.square().mean(0).sum(), [mean, log_var])
    torch.testing.assert_close(by_mean, 2 * mean.detach(), atol=0.1, rtol=0)
    torch.testing.assert_close(by_log_var, log_var.detach().exp(), atol=0.2, rtol=0)


@pytest.mark.parametrize(("family", "extra"), VARIATIONAL)
def test_dynamic_binarisation_draws_by_grey_value_and_the_encoder_sees_the_draw(
    family: str, extra: dict[str, int]
) -> None:
    model = small(family, binarise="dynamic", **GREY, **extra)
    images = torch.full((200, 1, 16, 16), 0.3)
    drawn = model.targets(images, Draws(0, 5))
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    assert float(drawn.mean()) == pytest.approx(0.3, abs=0.01)
    assert torch.equal(drawn, model.targets(images, Draws(0, 5)))
    assert not torch.equal(drawn, model.targets(images, Draws(0, 6)))
    assert torch.equal(model.targets(drawn, Draws(0, 6)), drawn)  # a draw of a draw is itself
    static = small(family, binarise="static", **GREY, **extra)
    assert static.targets(images) is images
    result = model.loss(images, draws=Draws(0, 5))
    torch.testing.assert_close(result.terms["elbo"], static.loss(drawn, draws=Draws(0, 5)).terms["elbo"])
    decoded_against_grey = result.terms["mse"]
    assert float(decoded_against_grey) < float(static.loss(drawn, draws=Draws(0, 5)).terms["mse"])


@pytest.mark.parametrize(("family", "extra"), FAMILIES)
def test_a_loss_is_a_function_of_its_draws_and_changes_nothing(family: str, extra: dict[str, int]) -> None:
    model, images = small(family, **extra), pictures()
    condition = one_hot() if extra else None
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.manual_seed(9)
    state = torch.random.get_rng_state()
    first = model.train().loss(images, condition, Draws(0, 3))
    assert torch.equal(torch.random.get_rng_state(), state)
    again = model.eval().loss(images, condition, Draws(0, 3))
    assert torch.equal(first.total, again.total)
    other = model.loss(images, condition, Draws(0, 4))
    assert torch.equal(first.total, other.total) == (family == "ae")
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize(("family", "extra"), VARIATIONAL)
def test_two_ranks_see_what_one_sees(family: str, extra: dict[str, int]) -> None:
    model, images = small(family, binarise="dynamic", **GREY, **extra), pictures(1)
    condition = one_hot()
    whole = model.loss(images, condition, Draws(0, 3)).total
    rows = slice(0, 2), slice(2, 4)
    halves = [
        model.loss(images[own], condition[own], Draws(0, 3, rank=rank, ranks=2)).total
        for rank, own in enumerate(rows)
    ]
    torch.testing.assert_close(whole, (halves[0] + halves[1]) / 2)


def test_every_weight_learns() -> None:
    for family, extra in FAMILIES:
        for architecture in ("mlp", "conv"):
            model = small(family, architecture=architecture, **extra)
            model.loss(pictures(), one_hot() if extra else None).total.backward()
            trained = {name: p.grad for name, p in model.named_parameters() if p.requires_grad}
            idle = [name for name, grad in trained.items() if grad is None or not grad.any()]
            assert not idle, (family, architecture)


def test_nats_are_of_float32_under_autocast() -> None:
    model, images = small("vae", **GREY), pictures(1).round()
    plain = model.loss(images)
    with torch.autocast("cpu", torch.bfloat16):
        half = model.loss(images)
        latent = model.encode(images)
    assert half.total.dtype == latent.mean.dtype == latent.log_var.dtype == torch.float32
    torch.testing.assert_close(half.total, plain.total, rtol=1e-2, atol=0)


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
@torch.no_grad()
def test_conditions_weigh_labels(architecture: str) -> None:
    model: CVAE = small("cvae", labels=3, architecture=architecture)
    images, z = pictures(), torch.randn(4, 5, generator=torch.Generator().manual_seed(3))
    labels = torch.eye(3)[[0, 1, 2, 0]]
    nothing = torch.zeros(4, 3)
    assert torch.equal(model.decode(z, nothing), model.decode(z))
    assert torch.equal(model.encode(images, nothing).mean, model.encode(images).mean)
    assert not torch.allclose(model.decode(z, labels), model.decode(z))
    assert not torch.allclose(model.encode(images, labels).mean, model.encode(images).mean)
    # A mixture is the mixture of embeddings, so a picture between changes by little for a little weight.
    mixed = 0.5 * labels + 0.5 * labels.roll(1, dims=1)
    halfway = (model._embedded(labels, 4) + model._embedded(labels.roll(1, dims=1), 4)) / 2
    torch.testing.assert_close(model._embedded(mixed, 4), halfway)
    nudged = model.decode(z, labels + 1e-3 * mixed)
    assert 0 < float((nudged - model.decode(z, labels)).abs().max()) < 1e-2


def test_some_labels_are_dropped_in_the_loss() -> None:
    images, condition, draws = pictures(count=40), one_hot(40), Draws(0, 2)
    model: CVAE = small("cvae", labels=2, label_dropout=0.5)
    kept = draws.uniform("labels", 40) >= 0.5
    assert 10 < int(kept.sum()) < 30
    never = small("cvae", labels=2, label_dropout=0.0)
    always = small("cvae", labels=2, label_dropout=1.0)
    by_hand = never.loss(images, condition * kept[:, None], draws).total
    assert torch.equal(model.loss(images, condition, draws).total, by_hand)
    assert torch.equal(always.loss(images, condition, draws).total, never.loss(images, None, draws).total)


@pytest.mark.parametrize(("family", "extra"), FAMILIES)
def test_a_model_file_gives_the_model_back(tmp_path: Path, family: str, extra: dict[str, int]) -> None:
    model: Autoencoder = small(family, **extra)
    path = tmp_path / "model.safetensors"
    description = describe(model, small_pictures(), recipe={}, training={}, metrics={})
    write_model(path, model_tensors(model), description)
    loaded, images = load(path, "cpu"), pictures()
    assert type(loaded) is type(model)
    assert loaded.config == model.config
    condition = one_hot() if extra else None
    assert torch.equal(loaded.encode(images, condition).mean, model.encode(images, condition).mean)
    torch.testing.assert_close(
        loaded.loss(images, condition).total.detach(), model.loss(images, condition).total.detach()
    )


def test_each_says_what_it_is() -> None:
    assert [type(small(family, **extra)) for family, extra in FAMILIES] == [AE, VAE, CVAE]
    assert not isinstance(small("ae"), VariationalAutoencoder)


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
@pytest.mark.parametrize(("family", "extra"), FAMILIES)
def test_graphs_are_the_model(family: str, extra: dict[str, int], architecture: str) -> None:
    model = small(family, architecture=architecture, **extra).eval()
    graphs = model.export_graphs()
    names = ("condition",) if extra else ()
    assert graphs["encoder"].inputs == ("image", *names)
    assert graphs["decoder"].inputs == ("z", *names)
    assert graphs["encoder"].outputs == (("mean",) if family == "ae" else ("mean", "log_var"))
    assert graphs["decoder"].outputs == ("image",)
    for graph in graphs.values():
        assert graph.free_axes == ({0: "batch"},) * len(graph.inputs)
        assert [tensor.shape[0] for tensor in graph.example] == [2] * len(graph.inputs)
    latent, given = model.encode(*graphs["encoder"].example), graphs["encoder"].example
    encoded = graphs["encoder"].module(*given)
    assert torch.equal(encoded if family == "ae" else encoded[0], latent.mean)
    assert torch.equal(
        graphs["decoder"].module(*graphs["decoder"].example), model.decode(*graphs["decoder"].example)
    )
