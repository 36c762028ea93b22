"""What a data set does with each code: counts, neighbours, mean and typical pictures.

Cells are gathered as `(B, h, w, C*s*s)` with one row per cell, so that whatever is wanted of a cell and
its eight neighbours comes from nine shifted views, without copying every cell nine times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from engine.analysis.companions import find_companions, uniform_grids
from engine.analysis.reconstruction import BATCH, batch_size, batches_of, device_of
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
    """Statistics of every level over `pictures` (the train split)."""
    # The shares are those of the time it takes.
    codes = encode_all(model, pictures, lambda part: done(0.45 * part))
    fields = uniform_fields(model, codes)
    means = _mean_contexts(model, codes, fields, lambda part: done(0.45 + 0.45 * part))
    statistics = []
    for index, mean in enumerate(means):
        statistics.append(_level_statistics(model, pictures, index, codes[index], mean, fields[index]))
        done(0.9 + 0.1 * (index + 1) / len(means))
    return tuple(statistics)


def _level_statistics(
    model: DiscreteAutoencoder, pictures: Pictures, index: int, codes: Tensor, means: Tensor, fields: Tensor
) -> LevelStatistics:
    """Of the codes (N, h, w) of a level, with their mean contexts (K, C, 3s, 3s) and fields (K, C, s, s)."""
    s, k = model.levels[index].stride_px, model.levels[index].codes
    pixels = to_pixels(means.numpy())
    return LevelStatistics(
        use=np.bincount(codes.flatten().numpy(), minlength=k).astype(np.int64),
        use_by_label=_use_by_label(codes, pictures, k),
        swatches=np.ascontiguousarray(pixels[:, s : 2 * s, s : 2 * s]),
        fields=to_pixels(fields.numpy()),
        contexts=pixels,
        patches=_typical_patches(pictures, codes, means),
        vectors=model.codebook(index).cpu().numpy().astype(np.float32),
        followers=_followers(codes.numpy(), k),
    )


@torch.inference_mode()
def uniform_fields(model: DiscreteAutoencoder, codes: Sequence[Tensor]) -> list[Tensor]:
    """Per level the middle of each code's uniform field, (K, C, s, s): borders repeat, so one cell shows it.

    The other levels say what they most often say over or under the code in `codes` (N, h, w per level).
    """
    fields = []
    for level, companions in zip(
        model.levels, find_companions([grid.numpy() for grid in codes], model.levels), strict=True
    ):
        grids = [
            torch.from_numpy(grid).to(device_of(model)) for grid in uniform_grids(companions, model.levels)
        ]
        batches = zip(*(torch.split(grid, BATCH) for grid in grids), strict=True)
        cells = torch.cat([model.decode_codes(batch).cpu() for batch in batches])
        fields.append(cells[..., : level.stride_px, : level.stride_px].contiguous())
    return fields


@torch.inference_mode()
def mean_swatches(
    model: DiscreteAutoencoder, codes: Sequence[Tensor], fields: Sequence[Tensor], done: Done = _tell_nobody
) -> list[Tensor]:
    """Per level the mean of the decoded cell over its occurrences in `codes` (N, h, w): (K, C, s, s).

    Codes that do not occur get their uniform field.
    """
    sums = [torch.zeros(field.shape[0], field[0].numel(), dtype=torch.float64) for field in fields]
    for batch, decoded in _decoded(model, codes, done):
        for total, grid, level in zip(sums, batch, model.levels, strict=True):
            total.index_add_(0, grid.flatten(), _cells(decoded.double(), level.stride_px).flatten(0, 2))
    return [
        _means_or_fields(total.view(field.shape), grid, field)
        for total, grid, field in zip(sums, codes, fields, strict=True)
    ]


def _mean_contexts(
    model: DiscreteAutoencoder, codes: Sequence[Tensor], fields: Sequence[Tensor], done: Done
) -> list[Tensor]:
    """As `mean_swatches`, each cell with its eight neighbours: (K, C, 3s, 3s)."""
    sums = [torch.zeros(9, field.shape[0], field[0].numel(), dtype=torch.float64) for field in fields]
    for batch, decoded in _decoded(model, codes, done):
        for places, grid, level in zip(sums, batch, model.levels, strict=True):
            chosen = grid.flatten()
            for place, cells in zip(places, _neighbours(decoded.double(), level.stride_px), strict=True):
                place.index_add_(0, chosen, cells)
    return [
        _means_or_fields(_assembled(places, field.shape[1], field.shape[2]), grid, field)
        for places, grid, field in zip(sums, codes, fields, strict=True)
    ]


def _decoded(
    model: DiscreteAutoencoder, codes: Sequence[Tensor], done: Done
) -> Iterator[tuple[tuple[Tensor, ...], Tensor]]:
    """Codes (B, h, w) per level and their pictures (B, C, H, W), batch by batch, on the CPU."""
    height, width = (cells * model.levels[0].stride_px for cells in codes[0].shape[1:])
    size, seen = batch_size(height, width), 0
    for batch in zip(*(torch.split(grid, size) for grid in codes), strict=True):
        yield batch, model.decode_codes([grid.to(device_of(model)) for grid in batch]).cpu()
        seen += len(batch[0])
        done(seen / len(codes[0]))


def _means_or_fields(sums: Tensor, codes: Tensor, fields: Tensor) -> Tensor:
    counts = torch.bincount(codes.flatten(), minlength=len(sums))[:, None, None, None]
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
    """The pairs of neighbours that occur, as `LevelStatistics.followers` has them: (2, n)."""
    right = np.stack([codes[:, :, :-1].ravel(), codes[:, :, 1:].ravel()])
    below = np.stack([codes[:, :-1, :].ravel(), codes[:, 1:, :].ravel()])
    table = np.concatenate([np.bincount(a * k + b, minlength=k * k) for a, b in (right, below)])
    places = np.flatnonzero(table)
    return np.stack([places, table[places]]).astype(np.int32)
