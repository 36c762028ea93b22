"""Variations of pictures, shifted, turned and scaled a little: a small set shows more of its shapes.

What is drawn for a picture is a function of its place and of the variation's number, so the codes of
variations can be extracted once and found again.
"""

from __future__ import annotations

import math
from typing import Annotated

import msgspec
import torch
import torch.nn.functional as F
from msgspec import Meta
from torch import Tensor


class Variations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which pictures are varied; `variations` counts without their mirror images."""

    varied: Annotated[
        float, Meta(ge=0.0, le=1.0, description="share that is a little shifted, turned and scaled")
    ] = 0.0
    variations: Annotated[
        int, Meta(ge=1, le=64, description="how many such variations there are of each picture")
    ] = 6


SHIFT = 0.1
"""Farthest shift either way, as a part of the side."""
TURN = math.radians(10)
"""Farthest turn either way, in radians."""
SCALE = 1.2
"""Largest enlargement; reductions go as far."""


def variation_draws(count: int, variation: int) -> Tensor:
    """Uniform numbers in [0, 1) for each of `count` pictures: float32 (count, 4)."""
    return torch.rand(count, 4, generator=torch.Generator().manual_seed(variation))


def varied(images: Tensor, draws: Tensor) -> Tensor:
    """Squares (B, C, H, W) in [0, 1], each as its row of `draws` (B, 4) in [0, 1) has it; borders go on."""
    right, down, turn, scale = (2 * draws.to(images.device, images.dtype) - 1).T
    # Where each pixel comes from, in units of half a side: the way back, so that scales are inverse.
    back = SCALE**-scale
    cosine, sine = back * torch.cos(TURN * turn), back * torch.sin(TURN * turn)
    rows = [cosine, -sine, 2 * SHIFT * right, sine, cosine, 2 * SHIFT * down]
    ways = torch.stack(rows, dim=1).view(-1, 2, 3)
    places = F.affine_grid(ways, list(images.shape), align_corners=False)
    taken = F.grid_sample(images, places, mode="bicubic", padding_mode="border", align_corners=False)
    return taken.clamp(0, 1)
