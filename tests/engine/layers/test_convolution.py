"""Borders repeat, uniform stays uniform, and doubling reaches no further than it says."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.layers.convolution import (
    Conv,
    Down,
    ResidualStack,
    Span,
    Up,
    decoder_layers,
    encoder_layers,
    span_read,
)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize(
    ("layer", "scale"), [(Conv(3, 5), 1.0), (Down(3, 5), 0.5), (Up(3, 5), 2.0), (ResidualStack(3, 4, 2), 1.0)]
)
@pytest.mark.parametrize("size", [(2, 2), (4, 6), (8, 2)])
def test_a_uniform_field_stays_uniform_up_to_its_border(
    layer: torch.nn.Module, scale: float, size: tuple[int, int]
) -> None:
    out = layer(torch.randn(1, 3, 1, 1).expand(1, 3, *size))
    assert out.shape[2:] == (int(size[0] * scale), int(size[1] * scale))
    assert (out.amax(dim=(2, 3)) - out.amin(dim=(2, 3))).max() < 1e-5


def test_doubling_is_a_transposed_convolution_of_the_repeated_input() -> None:
    up, x = Up(2, 3), torch.randn(1, 2, 4, 5)
    padded = torch.nn.functional.pad(x, (1, 1, 1, 1), mode="replicate")
    whole = torch.nn.functional.conv_transpose2d(padded, up.balanced_weight(), up.bias, stride=2, padding=1)
    assert torch.allclose(up(x), whole[:, :, 2:-2, 2:-2], atol=1e-6)


def test_all_phases_of_a_balanced_kernel_have_one_sum() -> None:
    weight = Up(4, 6).balanced_weight()
    sums = torch.stack([weight[:, :, a::2, b::2].sum(dim=(2, 3)) for a in (0, 1) for b in (0, 1)])
    assert torch.allclose(sums, sums[:1].expand_as(sums), atol=1e-6)


def test_a_balanced_kernel_stays_as_it_is() -> None:
    up = Up(2, 2)
    balanced = up.balanced_weight().detach()
    up.weight.data.copy_(balanced)
    assert torch.allclose(up.balanced_weight(), balanced, atol=1e-7)


def test_resizing_before_a_convolution_is_a_special_case() -> None:
    # Nearest resize then 3x3 equals a 4x4 transposed kernel: the 3x3 one spread over 2x2 blocks.
    small = torch.randn(2, 3, 3, 3)  # (C', C, 3, 3)
    spread = torch.nn.functional.conv2d(small.flip(2, 3).view(6, 1, 3, 3), torch.ones(1, 1, 2, 2), padding=1)
    up = Up(3, 2)
    up.weight.data.copy_(spread.view(2, 3, 4, 4).transpose(0, 1))
    up.bias.data.zero_()
    x = torch.randn(1, 3, 5, 4)
    resized = torch.nn.functional.interpolate(x, scale_factor=2, mode="nearest")
    padded = torch.nn.functional.pad(resized, (1, 1, 1, 1), mode="replicate")
    assert torch.allclose(up(x), torch.nn.functional.conv2d(padded, small), atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "scale"),
    [
        (Conv(1, 1), 1.0),
        (Conv(1, 1, 1), 1.0),
        (Down(1, 1), 0.5),
        (Up(1, 1), 2.0),
        (ResidualStack(1, 4, 3), 1.0),
        (nn.Sequential(*encoder_layers(1, 8, 4, 1, halvings=2)), 0.25),
        (nn.Sequential(*decoder_layers(1, 1, 8, 4, 1, doublings=2)), 4.0),
    ],
)
@pytest.mark.parametrize("out", [Span(0, 0), Span(1, 1), Span(1, 2)])
def test_a_layer_reads_the_cells_it_says_and_no_others(layer: nn.Module, scale: float, out: Span) -> None:
    _make_positive(layer)
    row = torch.rand(1, 1, 1, 48, dtype=torch.float64, requires_grad=True)
    middle = int(24 * scale)
    y = layer.double()(row.expand(1, 1, 4, 48))
    y[..., middle + out.first : middle + out.last + 1].sum().backward()
    assert row.grad is not None
    read = torch.nonzero(row.grad.flatten()).flatten() - 24
    assert Span(int(read.min()), int(read.max())) == span_read(layer, out)


def _make_positive(layer: nn.Module) -> None:
    """So that no ReLU hides and no sum cancels what reaches through."""
    for parameter in layer.parameters():
        parameter.data.uniform_(0.1, 0.2)


def test_how_far_another_layer_reaches_is_not_guessed() -> None:
    with pytest.raises(TypeError, match="Linear"):
        span_read(nn.Sequential(nn.Linear(2, 2)), Span(0, 0))


def test_features_start_as_wide_as_the_pictures() -> None:
    torch.manual_seed(0)
    images = torch.randn(4, 3, 32, 32)
    encoder = torch.nn.Sequential(*encoder_layers(3, 128, 32, 2, 2))
    features = encoder(images)
    assert 0.5 < features.square().mean().sqrt() < 3


def test_layers_of_shapes_alone_draw_no_numbers() -> None:
    with torch.device("meta"):
        assert encoder_layers(3, 8, 4, 1, 2)[0].weight.is_meta
