"""What a data set does with each code: counts, neighbours, mean and typical pictures."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from engine.analysis.reconstruction import BATCH, batches_of, device_of
from engine.analysis.statistics import LevelStatistics
from engine.data.source import Pictures
from engine.decoding.decoder import to_pixels
from engine.errors import DataFault
from engine.models.base import DiscreteAutoencoder


@torch.inference_mode()
def encode_all(model: DiscreteAutoencoder, pictures: Pictures) -> list[Tensor]:
    """The codes of every picture: per level (N, h, w) int64, on the CPU."""
    if not len(pictures):
        raise DataFault(f"{pictures.data_name}: no pictures to encode")
    batches = [model.encode_codes(images) for images in batches_of(pictures, device_of(model))]
    return [torch.cat([codes[level].cpu() for codes in batches]) for level in range(len(model.levels))]


@torch.inference_mode()
def code_statistics(model: DiscreteAutoencoder, pictures: Pictures) -> tuple[LevelStatistics, ...]:
    """Statistics of a one-level model over `pictures` (the train split)."""
    (codes,) = encode_all(model, pictures)
    level = model.levels[0]
    means = _mean_contexts(model, codes)  # (K, C, 3s, 3s)
    s = level.stride_px
    pixels = to_pixels(means.numpy())
    return (
        LevelStatistics(
            use=np.bincount(codes.flatten().numpy(), minlength=level.codes).astype(np.int64),
            use_by_label=_use_by_label(codes, pictures, level.codes),
            swatches=np.ascontiguousarray(pixels[:, s : 2 * s, s : 2 * s]),
            fields=to_pixels(uniform_fields(model).numpy()),
            contexts=pixels,
            patches=_typical_patches(model, pictures, codes, means),
            vectors=model.codebook(0).cpu().numpy().astype(np.float32),
            followers=_followers(codes.numpy(), level.codes),
        ),
    )


@torch.inference_mode()
def uniform_fields(model: DiscreteAutoencoder) -> Tensor:
    """The middle of each code's uniform field, (K, C, s, s): borders repeat, so a 1x1 grid decodes to it."""
    grids = torch.arange(model.levels[0].codes, device=device_of(model))[:, None, None]
    return model.decode_codes([grids]).cpu()


@torch.inference_mode()
def mean_swatches(model: DiscreteAutoencoder, codes: Tensor) -> Tensor:
    """The mean of the decoded cell over its occurrences in `codes` (N, h, w): (K, C, s, s)."""
    s = model.levels[0].stride_px
    return _mean_contexts(model, codes)[..., s : 2 * s, s : 2 * s]


def _mean_contexts(model: DiscreteAutoencoder, codes: Tensor) -> Tensor:
    """Mean decoded cell with its eight neighbours; codes never used get their uniform field, repeated."""
    level, device = model.levels[0], device_of(model)
    s = level.stride_px
    sums = torch.zeros(level.codes, model.config.channels * 9 * s * s, dtype=torch.float64)
    counts = torch.bincount(codes.flatten(), minlength=level.codes)
    for batch in torch.split(codes, 32):
        decoded = model.decode_codes([batch.to(device)]).cpu()
        sums.index_add_(0, batch.flatten(), _contexts(decoded, s).double())
    means = (sums / counts.clamp(min=1)[:, None]).float().view(level.codes, -1, 3 * s, 3 * s)
    fields = uniform_fields(model).repeat(1, 1, 3, 3)
    return torch.where((counts > 0)[:, None, None, None], means, fields)


def _contexts(images: Tensor, s: int) -> Tensor:
    """Every cell with its eight neighbours, borders repeated: (B, C, H, W) -> (B*h*w, C*3s*3s)."""
    padded = F.pad(images, (s, s, s, s), mode="replicate")
    return F.unfold(padded, 3 * s, stride=s).transpose(1, 2).flatten(0, 1)


def _typical_patches(
    model: DiscreteAutoencoder, pictures: Pictures, codes: Tensor, means: Tensor
) -> NDArray[np.uint8]:
    """Of the real patches that chose a code the one nearest to their mean picture: (K, 3s, 3s, C)."""
    s = model.levels[0].stride_px
    best = torch.full((len(means),), torch.inf)
    patches = means.flatten(1).clone()
    targets = means.flatten(1)
    for images, batch in zip(
        batches_of(pictures, torch.device("cpu")), torch.split(codes, BATCH), strict=True
    ):
        contexts, chosen = _contexts(images, s), batch.flatten()
        distances = (contexts - targets[chosen]).square().sum(dim=1)
        nearest = torch.full_like(best, torch.inf).scatter_reduce_(0, chosen, distances, "amin")
        winners = torch.nonzero((distances == nearest[chosen]) & (distances < best[chosen])).flatten()
        patches[chosen[winners]] = contexts[winners]
        best = torch.minimum(best, nearest)
    return to_pixels(patches.view_as(means).numpy())


def _use_by_label(codes: Tensor, pictures: Pictures, k: int) -> NDArray[np.int64]:
    table = np.zeros((len(pictures.label_names), k), np.int64)
    for label in range(len(pictures.label_names)):
        chosen = codes[torch.from_numpy(pictures.labels == label)]
        table[label] = np.bincount(chosen.flatten().numpy(), minlength=k)
    return table


def _followers(codes: NDArray[np.int64], k: int) -> NDArray[np.int32]:
    """How often code j stands right of (0) and below (1) code i: (2, K, K)."""
    right = np.stack([codes[:, :, :-1].ravel(), codes[:, :, 1:].ravel()])
    below = np.stack([codes[:, :-1, :].ravel(), codes[:, 1:, :].ravel()])
    tables = [np.bincount(a * k + b, minlength=k * k).reshape(k, k) for a, b in (right, below)]
    return np.stack(tables).astype(np.int32)
