"""Encoders and decoders for vector latents: images (B, C, S, S) to (B, outputs), and (B, inputs) back.

`mlp` is that of arXiv 1312.6114, appendix C: fully connected layers on the flattened picture.

`conv` halves the side until 8 pixels or fewer are left (28 -> 14 -> 7, 64 -> 32 -> 16 -> 8; odd sides
round up, and the decoder crops what doubling gives too much), with twice as many channels each time up to
four times the first, and has the mlp on what is left. No layer has many channels at full resolution: that
is where the time would go. Residual blocks start as the identity (their last convolution is zero), which
trains deep stacks without any normalisation, so that a picture's loss depends on no other picture. Borders
are padded with zeros: a picture of one size has borders, unlike a canvas.

Shapes at 28 px, grey, width 16, hidden 400, 64 latent numbers: image (B, 1, 28, 28) -> (B, 16, 14, 14)
-> (B, 32, 7, 7) -> flat (B, 1568) -> (B, 400) -> mean and log variance (B, 128); z (B, 64) -> (B, 400)
-> (B, 32, 7, 7) -> (B, 16, 14, 14) -> (B, 8, 28, 28) -> (B, 1, 28, 28).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Annotated, Literal

import torch
from msgspec import Meta
from torch import Tensor, nn

from engine.models.base import ModelConfig

COARSEST = 8
"""Sides are halved until they are no longer than this."""
NECK = 32
"""Channels at the coarsest side between the convolutions and the fully connected layer."""
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
}


class StackConfig(ModelConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What families with vector latents share; which fields count depends on `architecture`."""

    latent_dim: Annotated[int, Meta(ge=1, le=4096, description="numbers per picture, D")] = 64
    architecture: Annotated[Literal["mlp", "conv"], Meta(description="fully connected or convolutional")] = (
        "conv"
    )
    activation: Annotated[
        Literal["relu", "elu", "silu", "tanh"], Meta(description="what makes layers non-linear")
    ] = "silu"
    hidden: Annotated[int, Meta(ge=1, le=8192, description="units of a fully connected layer")] = 400
    layers: Annotated[int, Meta(ge=0, le=16, description="fully connected layers each way, but the last")] = 1
    width: Annotated[int, Meta(ge=4, le=512, description="channels of conv at half the side")] = 16
    blocks: Annotated[int, Meta(ge=0, le=16, description="residual blocks of conv at each side")] = 2


def encoder(config: StackConfig, outputs: int, context: int = 0) -> Encoder:
    """Images and a context (B, context) -> (B, outputs)."""
    return (MLPEncoder if config.architecture == "mlp" else ConvEncoder)(config, outputs, context)


def decoder(config: StackConfig, inputs: int) -> nn.Module:
    """(B, inputs) -> (B, C, S, S), which nothing bounds."""
    return (MLPDecoder if config.architecture == "mlp" else ConvDecoder)(config, inputs)


class Encoder(nn.Module):
    """Images in [0, 1] and what else is known of them to numbers."""

    def forward(self, images: Tensor, context: Tensor | None = None) -> Tensor:
        """(B, C, S, S) and (B, context) -> (B, outputs) float32."""
        raise NotImplementedError


class MLPEncoder(Encoder):
    """The context stands beside the pixels."""

    def __init__(self, config: StackConfig, outputs: int, context: int) -> None:
        super().__init__()
        pixels = config.channels * config.image_size**2
        self.stack = _mlp(pixels + context, outputs, config)

    def forward(self, images: Tensor, context: Tensor | None = None) -> Tensor:
        x = images.flatten(1) * 2 - 1
        if context is not None:
            x = torch.cat([x, context], dim=1)
        return self.stack(x).float()  # type: ignore[no-any-return]  # nn.Module calls are untyped


class MLPDecoder(nn.Module):
    """All pixels by one fully connected layer at the end."""

    def __init__(self, config: StackConfig, inputs: int) -> None:
        super().__init__()
        self.shape = (config.channels, config.image_size, config.image_size)
        self.stack = _mlp(inputs, config.channels * config.image_size**2, config)

    def forward(self, z: Tensor) -> Tensor:
        return self.stack(z).unflatten(1, self.shape)  # type: ignore[no-any-return]


class ConvEncoder(Encoder):
    """The context adds to every pixel of the first feature map, like planes of constant value."""

    def __init__(self, config: StackConfig, outputs: int, context: int) -> None:
        super().__init__()
        sides, widths = sides_and_widths(config)
        activation = ACTIVATIONS[config.activation]
        self.stem = _conv(config.channels, widths[0], stride=2)
        self.context = nn.Linear(context, widths[0], bias=False) if context else None
        stages: list[nn.Module] = [_blocks(widths[0], config)]
        for channels_in, channels_out in pairwise(widths):
            stages += [
                activation(),
                _conv(channels_in, channels_out, stride=2),
                _blocks(channels_out, config),
            ]
        self.stages = nn.Sequential(*stages, activation(), _conv(widths[-1], NECK, kernel=1), activation())
        self.head = _mlp(NECK * sides[-1] ** 2, outputs, config)

    def forward(self, images: Tensor, context: Tensor | None = None) -> Tensor:
        x = self.stem(images * 2 - 1)
        if self.context is not None and context is not None:
            x = x + self.context(context)[:, :, None, None]
        return self.head(self.stages(x).flatten(1)).float()  # type: ignore[no-any-return]


class ConvDecoder(nn.Module):
    """From the coarsest side up, each doubled and cropped to the encoder's."""

    def __init__(self, config: StackConfig, inputs: int) -> None:
        super().__init__()
        sides, widths = sides_and_widths(config)
        activation = ACTIVATIONS[config.activation]
        self.shape = (NECK, sides[-1], sides[-1])
        self.start = _mlp(inputs, NECK * sides[-1] ** 2, config)
        widths = [max(widths[0] // 2, 8), *widths]  # of the full side, too
        stages: list[nn.Module] = [_conv(NECK, widths[-1]), _blocks(widths[-1], config)]
        for index in range(len(widths) - 2, 0, -1):
            stages += [activation(), Up(widths[index + 1], widths[index], sides[index])]
            stages.append(_blocks(widths[index], config))
        stages += [activation(), Up(widths[1], widths[0], sides[0]), activation()]
        self.stages = nn.Sequential(*stages, _zeroed(_conv(widths[0], config.channels)))

    def forward(self, z: Tensor) -> Tensor:
        return self.stages(self.start(z).unflatten(1, self.shape))  # type: ignore[no-any-return]


class Up(nn.ConvTranspose2d):
    """Doubles height and width and crops them to `side`: (B, C, h, h) -> (B, C', side, side)."""

    def __init__(self, channels_in: int, channels_out: int, side: int) -> None:
        super().__init__(channels_in, channels_out, 4, stride=2, padding=1)
        self.side = side

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        return super().forward(x, output_size)[..., : self.side, : self.side]


class Residual(nn.Module):
    """x + conv(activation(conv(activation(x)))), the identity at first (arXiv 1901.09321)."""

    def __init__(self, channels: int, activation: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            activation(), _conv(channels, channels), activation(), _zeroed(_conv(channels, channels))
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)  # type: ignore[no-any-return]


def sides_and_widths(config: StackConfig) -> tuple[list[int], list[int]]:
    """The sides from the picture's own to the coarsest, and the channels of all but the first."""
    sides = [config.image_size]
    while len(sides) == 1 or sides[-1] > COARSEST:
        sides.append((sides[-1] + 1) // 2)
    widths = [config.width * min(2**index, 4) for index in range(len(sides) - 1)]
    return sides, widths


def _mlp(inputs: int, outputs: int, config: StackConfig) -> nn.Sequential:
    widths = [inputs, *[config.hidden] * config.layers]
    layers: list[nn.Module] = []
    for width_in, width_out in pairwise(widths):
        layers += [nn.Linear(width_in, width_out), ACTIVATIONS[config.activation]()]
    return nn.Sequential(*layers, nn.Linear(widths[-1], outputs))


def _blocks(channels: int, config: StackConfig) -> nn.Sequential:
    return nn.Sequential(*(Residual(channels, ACTIVATIONS[config.activation]) for _ in range(config.blocks)))


def _conv(channels_in: int, channels_out: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, kernel, stride, padding=kernel // 2)


def _zeroed(conv: nn.Conv2d) -> nn.Conv2d:
    nn.init.zeros_(conv.weight)
    nn.init.zeros_(conv.bias)  # type: ignore[arg-type]  # it has one
    return conv
