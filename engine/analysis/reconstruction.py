"""How well a model gives pictures back: the squared error, and a sheet to look at."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from engine.data.source import Pictures
from engine.decoding.decoder import to_pixels
from engine.files import write_bytes
from engine.models.base import Autoencoder, Trainable

BATCH = 64
BATCH_PX = 2**20
"""Large pictures come in smaller batches: 64 of 1024 x 1024 would take gigabytes in every layer."""
PREVIEW_COLUMNS = 12


def batch_size(height: int, width: int) -> int:
    """How many pictures of that size in pixels make a batch."""
    return max(1, min(BATCH, BATCH_PX // (height * width)))


def batches_of(pictures: Pictures, device: torch.device) -> Iterator[Tensor]:
    """All pictures in order: float32 (B, C, H, W) in [0, 1]."""
    size = batch_size(*pictures.images.shape[1:3])
    for first in range(0, len(pictures), size):
        pixels = torch.from_numpy(pictures.images[first : first + size]).to(device)
        yield pixels.permute(0, 3, 1, 2).float() / 255


def labelled_batches(
    model: Autoencoder, pictures: Pictures, device: torch.device
) -> Iterator[tuple[Tensor, Tensor | None]]:
    """`batches_of` with the true labels as a condition (B, L), None where the model takes none."""
    first = 0
    for images in batches_of(pictures, device):
        labels = torch.from_numpy(pictures.labels[first : first + len(images)])
        first += len(images)
        yield images, condition_of(model, labels.to(device))


def condition_of(model: Trainable[Any], labels: Tensor) -> Tensor | None:
    """One-hot weights (B, L) float32 of labels (B,); None for a model that takes no condition."""
    if not model.label_count:
        return None
    weights = torch.zeros(len(labels), model.label_count, device=labels.device)
    return weights.scatter_(1, labels[:, None], 1.0)  # one_hot would wait for the device to check them


def reconstruct(model: Autoencoder, images: Tensor, condition: Tensor | None) -> Tensor:
    """Images (B, C, H, W) from the mean of their latents."""
    return model.decode(model.encode(images, condition).mean, condition)


def device_of(model: nn.Module) -> torch.device:
    """Where the model's weights are."""
    return next(model.parameters()).device


@torch.inference_mode()
def mean_squared_error(
    model: Autoencoder, pictures: Pictures, done: Callable[[float], None] | None = None
) -> float:
    """Mean over all pixels of all pictures, images in [0, 1]; the mean latent is decoded, given the label.

    `done` is told the share done, 0 to 1.
    """
    total, seen = 0.0, 0
    for images, condition in labelled_batches(model, pictures, device_of(model)):
        errors = (reconstruct(model, images, condition) - images).square().sum(dim=(1, 2, 3))
        total += float(errors.cpu().double().sum())  # MPS has no float64
        seen += len(images)
        if done is not None:
            done(seen / len(pictures))
    return total / pictures.images.size


def psnr_of(mse: float) -> float:
    """Peak signal-to-noise ratio in dB of a mean squared error over images in [0, 1]."""
    # Below 1e-12 nothing differs in eight bits: a finite figure, which JSON can carry.
    return -10 * math.log10(max(mse, 1e-12))


@torch.inference_mode()
def pairs(
    model: Autoencoder, pictures: Pictures, count: int = PREVIEW_COLUMNS
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures evenly picked over the set and what the model makes of them, uint8 (n, H, W, C) each."""
    picked = np.linspace(0, len(pictures) - 1, min(count, len(pictures))).astype(int)
    pixels, device = np.asarray(pictures.images[picked]), device_of(model)
    images = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float() / 255
    condition = condition_of(model, torch.from_numpy(pictures.labels[picked]).to(device))
    return pixels, to_pixels(reconstruct(model, images, condition).cpu().numpy())


def preview_sheet(model: Autoencoder, pictures: Pictures, path: Path) -> None:
    """Originals above, reconstructions below, evenly picked over the set, as a PNG."""
    write_sheet(pairs(model, pictures), path)


def write_sheet(rows: Sequence[NDArray[np.uint8]], path: Path) -> None:
    """Rows of pictures, uint8 (n, H, W, C) each, as one PNG. Raises `CannotWrite`."""
    sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0)
    buffer = io.BytesIO()
    Image.fromarray(sheet if sheet.shape[2] == 3 else sheet[..., 0]).save(buffer, "PNG")
    write_bytes(path, buffer.getvalue())
