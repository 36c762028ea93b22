"""The weights of a PixelCNN as matrices that a sampler multiplies rows and cells with.

x @ matrix, so inputs come first, but for the vertical kernels, where they come last: those lie as a cell sees
them, tap after tap in raster order. The horizontal ones lie as a cell gives: what it adds to itself, to its
neighbour on the right, to the next one. A cell's features are then multiplied once, and what is kept for its
neighbours are sums.

The horizontal stack gates by tanh(a) * sigmoid(b) = tanh(a) * (1 + tanh(b / 2)) / 2. Both halvings are in the
weights here, and exact: what is told and given to its b is half of the network's, and so is what `out` makes
of its gates. One tanh of both then does.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.priors.pixelcnn import GatedLayer, PixelCNN


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Matrices:
    """L layers of C channels, K codes, on the CPU. Equal to itself alone."""

    embedding: Tensor  # (K, C)
    vertical: tuple[Tensor, ...]  # per layer (2C, rows * columns * C)
    vertical_bias: Tensor  # (L, 2C)
    kernels: tuple[tuple[int, int], ...]  # per layer rows and columns of the vertical kernel
    across: Tensor  # (L, 2C, 2C)
    before_bias: Tensor  # (L, 2C): of `across` and of the horizontal stack
    first: Tensor  # (K, columns * 2C): what each code gives to the right in the first layer, nearest first
    others: Tensor  # (L - 1, C, (1 + columns) * 2C): the same of the other layers, the cell itself first
    out: Tensor  # (L, C + 1, 2C): to the next layer, then to the head; the last row is the bias
    widen: tuple[Tensor, Tensor]  # (C, H) and bias (H,)
    narrow: tuple[Tensor, Tensor]  # (H, K) and bias (K,)
    labels: Tensor | None  # (labels, L, 4C)
    told: Tensor | None  # (context, L * 2C)

    @property
    def layers(self) -> int:
        return len(self.vertical)

    @property
    def channels(self) -> int:
        return self.embedding.shape[1]

    @property
    def codes(self) -> int:
        return self.embedding.shape[0]

    @property
    def reach_rows(self) -> int:
        """Rows above, beyond those that the first layer sees, that what is said of a row depends on."""
        return sum(rows - 1 for rows, _ in self.kernels[1:])

    @property
    def first_columns(self) -> int:
        """Cells to the left that the first layer sees."""
        return self.first.shape[1] // (2 * self.channels)

    @property
    def other_columns(self) -> int:
        """Cells to the left, beyond itself, that each other layer sees."""
        return self.others.shape[2] // (2 * self.channels) - 1

    @property
    def reach_columns(self) -> int:
        """Cells to the left, beyond those that the first layer sees, that a cell's logits depend on."""
        return (self.layers - 1) * self.other_columns


@torch.no_grad()
def matrices_of(pixelcnn: PixelCNN, dtype: torch.dtype = torch.float32) -> Matrices:
    """Copies of the weights; later training does not reach them."""
    layers = [layer for layer in pixelcnn.layers if isinstance(layer, GatedLayer)]

    def copied(tensor: Tensor) -> Tensor:
        return tensor.detach().to("cpu", dtype, copy=True).contiguous()

    def stacked(*tensors: Tensor) -> Tensor:
        return copied(torch.stack(tensors))

    channels = pixelcnn.embedding.weight.shape[1]
    givers = [_for_tanh(_given(layer.horizontal.weight), channels) for layer in layers]
    columns = layers[1].horizontal.kernel_size[1] if len(layers) > 1 else 1
    no_others = torch.empty(0, channels, 2 * channels * columns)
    widen, narrow = (layer for layer in pixelcnn.head if isinstance(layer, nn.Conv2d))
    return Matrices(
        embedding=copied(pixelcnn.embedding.weight),
        vertical=tuple(copied(_taps(layer.vertical.weight).T) for layer in layers),
        vertical_bias=stacked(*(_bias(layer.vertical) for layer in layers)),
        kernels=tuple((layer.vertical.kernel_size[0], layer.vertical.kernel_size[1]) for layer in layers),
        across=stacked(*(_for_tanh(_taps(layer.across.weight), channels) for layer in layers)),
        before_bias=stacked(
            *(_for_tanh(_bias(layer.across) + _bias(layer.horizontal), channels) for layer in layers)
        ),
        first=copied(pixelcnn.embedding.weight @ givers[0]),
        others=stacked(*givers[1:]) if layers[1:] else copied(no_others),
        out=stacked(*(torch.cat([_taps(layer.out.weight) / 2, _bias(layer.out)[None]]) for layer in layers)),
        widen=(copied(_taps(widen.weight)), copied(_bias(widen))),
        narrow=(copied(_taps(narrow.weight)), copied(_bias(narrow))),
        labels=None if pixelcnn.labels is None else copied(_labels(pixelcnn.labels.weight, channels)),
        told=_told(layers, dtype),
    )


def _taps(weight: Tensor) -> Tensor:
    """A kernel (out, in, rows, columns) as a matrix (rows * columns * in, out)."""
    return weight.permute(2, 3, 1, 0).flatten(0, 2)


def _bias(convolution: nn.Conv2d) -> Tensor:
    assert convolution.bias is not None
    return convolution.bias


def _given(weight: Tensor) -> Tensor:
    """A kernel (2C, C, 1, columns) as what a cell gives, the nearest first: (C, columns * 2C)."""
    return weight[:, :, 0].permute(1, 2, 0).flip(1).flatten(1)


def _for_tanh(given: Tensor, channels: int) -> Tensor:
    """What is given to the gates of the horizontal stack, (..., n * 2C), with the halves of b halved."""
    gates = given.reshape(*given.shape[:-1], -1, 2, channels)
    return torch.stack([gates[..., 0, :], gates[..., 1, :] / 2], dim=-2).flatten(-3)


def _labels(weight: Tensor, channels: int) -> Tensor:
    vertical, horizontal = weight.T.reshape(len(weight.T), -1, 2, 2 * channels).unbind(2)
    return torch.cat([vertical, _for_tanh(horizontal, channels)], dim=-1)


def _told(layers: list[GatedLayer], dtype: torch.dtype) -> Tensor | None:
    told = [
        _for_tanh(_taps(layer.told.weight), layer.out.in_channels)
        for layer in layers
        if layer.told is not None
    ]
    return torch.cat(told, dim=1).to("cpu", dtype).contiguous() if told else None
