"""What a data set does with each code: counts, neighbours, mean and typical pictures.

Cells are gathered as `(B, h, w, C*s*s)` with one row per cell, so that whatever is wanted of a cell and
its eight neighbours comes from nine shifted views, without copying every cell nine times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from engine.analysis.reconstruction import batch_size, batches_of, device_of
from engine.analysis.statistics import LevelStatistics
from engine.data.source import Pictures
from engine.decoding.decoder import to_pixels
from engine.errors import DataFault
from engine.models.base import DiscreteAutoencoder

Done = Callable[[float], None]
"""Is told the share done, 0 to 1."""

_AROUND = [(row, column) for row in range(3) for column in range(3)]


def _tell_nobody(_part: float) -> None:
    pass


@torch.inference_mode()
def encode_all(model: DiscreteAutoencoder, pictures: Pictures, done: Done = _tell_nobody) -> list[Tensor]:
    """The codes of every picture: per level (N, h, w) int64, on the CPU."""
    if not len(pictures):
        raise DataFault(f"{pictures.data_name}: no pictures to encode")
    batches = []
    for images in batches_of(pictures, device_of(model)):
        batches.append([level.cpu() for level in model.encode_codes(images)])
        done(sum(len(levels[0]) for levels in batches) / len(pictures))
    return [torch.cat(levels) for levels in zip(*batches, strict=True)]


@torch.inference_mode()
def code_statistics(
    model: DiscreteAutoencoder, pictures: Pictures, done: Done = _tell_nobody
) -> tuple[LevelStatistics, ...]:
    """Statistics of a one-level model over `pictures` (the train split)."""
    # The shares are those of the time it takes.
    (codes,) = encode_all(model, pictures, lambda part: done(0.45 * part))
    level = model.levels[0]
    s = level.stride_px
    means = _mean_contexts(model, codes, lambda part: done(0.45 + 0.45 * part))  # (K, C, 3s, 3s)
    patches = _typical_patches(pictures, codes, means)
    done(1.0)
    pixels = to_pixels(means.numpy())
    return (
        LevelStatistics(
            use=np.bincount(codes.flatten().numpy(), minlength=level.codes).astype(np.int64),
            use_by_label=_use_by_label(codes, pictures, level.codes),
            swatches=np.ascontiguousarray(pixels[:, s : 2 * s, s : 2 * s]),
            fields=to_pixels(uniform_fields(model).numpy()),
            contexts=pixels,
            patches=patches,
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
def mean_swatches(model: DiscreteAutoencoder, codes: Tensor, done: Done = _tell_nobody) -> Tensor:
    """The mean of the decoded cell over its occurrences in `codes` (N, h, w): (K, C, s, s).

    Codes that do not occur get their uniform field.
    """
    level = model.levels[0]
    s, channels = level.stride_px, model.config.channels
    sums = torch.zeros(level.codes, channels * s * s, dtype=torch.float64)
    for batch, decoded in _decoded(model, codes, done):
        sums.index_add_(0, batch.flatten(), _cells(decoded.double(), s).flatten(0, 2))
    return _means_or_fields(model, sums.view(-1, channels, s, s), codes)


def _mean_contexts(model: DiscreteAutoencoder, codes: Tensor, done: Done) -> Tensor:
    """As `mean_swatches`, each cell with its eight neighbours: (K, C, 3s, 3s)."""
    level = model.levels[0]
    s, channels = level.stride_px, model.config.channels
    sums = torch.zeros(9, level.codes, channels * s * s, dtype=torch.float64)
    for batch, decoded in _decoded(model, codes, done):
        for place, cells in zip(sums, _neighbours(decoded.double(), s), strict=True):
            place.index_add_(0, batch.flatten(), cells)
    return _means_or_fields(model, _assembled(sums, channels, s), codes)


def _decoded(model: DiscreteAutoencoder, codes: Tensor, done: Done) -> Iterator[tuple[Tensor, Tensor]]:
    """Codes (B, h, w) and their pictures (B, C, H, W), batch by batch, on the CPU."""
    height, width = (cells * model.levels[0].stride_px for cells in codes.shape[1:])
    seen = 0
    for batch in torch.split(codes, batch_size(height, width)):
        yield batch, model.decode_codes([batch.to(device_of(model))]).cpu()
        seen += len(batch)
        done(seen / len(codes))


def _means_or_fields(model: DiscreteAutoencoder, sums: Tensor, codes: Tensor) -> Tensor:
    counts = torch.bincount(codes.flatten(), minlength=len(sums))[:, None, None, None]
    fields = uniform_fields(model)
    times = sums.shape[-1] // fields.shape[-1]
    return torch.where(counts > 0, (sums / counts.clamp(min=1)).float(), fields.repeat(1, 1, times, times))


def _cells(images: Tensor, s: int) -> Tensor:
    """(B, C, h*s, w*s) -> (B, h, w, C*s*s)."""
    batch, channels, height, width = images.shape
    split = images.reshape(batch, channels, height // s, s, width // s, s)
    return split.permute(0, 2, 4, 1, 3, 5).reshape(batch, height // s, width // s, channels * s * s)


def _neighbours(images: Tensor, s: int) -> Iterator[Tensor]:
    """What lies at each of the nine places around every cell, borders repeated: nine times (B*h*w, C*s*s)."""
    cells = _cells(F.pad(images, (s, s, s, s), mode="replicate"), s)
    height, width = cells.shape[1] - 2, cells.shape[2] - 2
    for row, column in _AROUND:
        yield cells[:, row : row + height, column : column + width].reshape(-1, cells.shape[3])


def _assembled(places: Tensor, channels: int, s: int) -> Tensor:
    """Nine cells to one picture: (9, N, C*s*s) -> (N, C, 3s, 3s)."""
    split = places.view(3, 3, -1, channels, s, s)
    return split.permute(2, 3, 0, 4, 1, 5).reshape(-1, channels, 3 * s, 3 * s)


def _typical_patches(pictures: Pictures, codes: Tensor, means: Tensor) -> NDArray[np.uint8]:
    """Of the real patches that chose a code the one nearest to their mean picture: (K, 3s, 3s, C)."""
    k, channels, side = means.shape[:3]
    s = side // 3
    targets = _cells(means, s).view(k, 9, -1).transpose(0, 1).contiguous()  # (9, K, C*s*s)
    patches, best = targets.clone(), torch.full((k,), torch.inf)
    batches = batches_of(pictures, torch.device("cpu"))
    size = batch_size(*pictures.images.shape[1:3])
    for images, batch in zip(batches, torch.split(codes, size), strict=True):
        places, chosen = list(_neighbours(images, s)), batch.flatten()
        distances = torch.zeros(len(chosen))
        for cells, target in zip(places, targets, strict=True):
            distances += (cells - target[chosen]).square().sum(dim=1)
        for code, row in _nearer(chosen, distances, best):
            patches[:, code] = torch.stack([cells[row] for cells in places])
    return to_pixels(_assembled(patches, channels, s).numpy())


def _nearer(chosen: Tensor, distances: Tensor, best: Tensor) -> Iterator[tuple[int, int]]:
    """Codes and the first of their rows that is nearer than `best` (K,), which is brought up to date."""
    nearest = torch.full_like(best, torch.inf).scatter_reduce_(0, chosen, distances, "amin")
    rows = torch.nonzero((distances == nearest[chosen]) & (distances < best[chosen])).flatten()
    torch.minimum(best, nearest, out=best)
    first = dict(zip(reversed(chosen[rows].tolist()), reversed(rows.tolist()), strict=True))
    yield from first.items()


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
