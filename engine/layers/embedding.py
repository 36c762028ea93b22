"""Vectors that stand for codes."""

from __future__ import annotations

import torch
from torch import nn


def embedding(codes: int, channels: int) -> nn.Embedding:
    """A table (codes, channels), standard normal; empty for a model of shapes alone.

    Random numbers without a device load half of torch, which takes seconds.
    """
    weight = torch.empty(codes, channels)
    return nn.Embedding(codes, channels, _weight=weight if weight.is_meta else weight.normal_())
