"""Sizes that stacks serve, and how they start."""

from __future__ import annotations

import pytest
import torch

from engine.layers.stacks import Residual, StackConfig, decoder, encoder, sides_and_widths


@pytest.mark.parametrize(
    ("size", "sides", "widths"),
    [
        (8, [8, 4], [4]),
        (28, [28, 14, 7], [4, 8]),
        (45, [45, 23, 12, 6], [4, 8, 16]),
        (64, [64, 32, 16, 8], [4, 8, 16]),
        (256, [256, 128, 64, 32, 16, 8], [4, 8, 16, 16, 16]),
    ],
)
def test_sides_halve_and_channels_double(size: int, sides: list[int], widths: list[int]) -> None:
    assert sides_and_widths(StackConfig(image_size=size, width=4)) == (sides, widths)


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
@pytest.mark.parametrize("size", [4, 8, 9, 28, 31, 33, 50])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_size_and_colour_is_served(architecture: str, size: int, channels: int) -> None:
    config = StackConfig(
        image_size=size, channels=channels, architecture=architecture, width=4, hidden=8, blocks=1
    )
    images = torch.rand(2, channels, size, size)
    assert encoder(config, 6)(images).shape == (2, 6)
    assert encoder(config, 6, context=3)(images, torch.rand(2, 3)).shape == (2, 6)
    assert decoder(config, 5)(torch.randn(2, 5)).shape == images.shape


@pytest.mark.parametrize("activation", ["relu", "elu", "silu", "tanh"])
def test_the_mlp_of_the_paper_has_its_sizes(activation: str) -> None:
    config = StackConfig(image_size=28, channels=1, architecture="mlp", hidden=400, activation=activation)
    weights = [tuple(p.shape) for p in encoder(config, 80).parameters() if p.ndim == 2]
    assert weights == [(400, 784), (80, 400)]
    weights = [tuple(p.shape) for p in decoder(config, 40).parameters() if p.ndim == 2]
    assert weights == [(400, 40), (784, 400)]


def test_residual_blocks_start_as_the_identity_and_learn_from_the_first_step() -> None:
    block, x = Residual(4, torch.nn.SiLU), torch.randn(2, 4, 5, 5)
    assert torch.equal(block(x), x)
    block(x).square().sum().backward()
    last = block.branch[-1]
    assert isinstance(last, torch.nn.Conv2d)
    assert last.weight.grad is not None
    assert float(last.weight.grad.abs().sum()) > 0


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_a_picture_is_encoded_by_itself_alone_in_train_and_eval(architecture: str) -> None:
    config = StackConfig(image_size=12, architecture=architecture, width=4, hidden=8)
    stack, images = encoder(config, 6), torch.rand(3, 3, 12, 12)
    trained = stack.train()(images)
    torch.testing.assert_close(trained[:1], stack(images[:1]))
    torch.testing.assert_close(trained, stack.eval()(images))


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_the_context_is_seen(architecture: str) -> None:
    config = StackConfig(image_size=12, architecture=architecture, width=4, hidden=8)
    stack, images = encoder(config, 6, context=3), torch.rand(2, 3, 12, 12)
    assert not torch.allclose(stack(images, torch.zeros(2, 3)), stack(images, torch.ones(2, 3)))
