"""Whether ONNX Runtime says what torch says: on real pictures, at other shapes than the export's.

The tolerances are the project's: codes are equal wherever the nearest code is nearer than the next by
more than 1e-5 of the distance; no pixel differs by more than 1/255.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.errors import CodebrushError
from exporters.emoji_sheet import windows

if TYPE_CHECKING:
    from torch import Tensor

    from engine.decoding.decoder import Codes
    from engine.models.base import DiscreteAutoencoder
    from exporters.runtime import Session

Images = NDArray[np.float32]
"""`(B, C, H, W)` in [0, 1]."""

CODE_TOLERANCE = 1e-5
PIXEL_TOLERANCE = 1 / 255

# Batch, height, width in coarsest cells: a single cell, height and width apart, no whole number of cells.
_SHAPES = ((1, 1, 1), (1, 3, 5), (2, 7, 4), (3, 16, 16), (1, 20, 33), (2, 3.25, 4.5))


@dataclass(frozen=True, slots=True)
class ParityRow:
    """One comparison; `measured` is the worst of it, in the terms of `tolerance`."""

    graph: str
    shape: tuple[int, ...]  # of the graph's input
    what: str
    measured: float
    tolerance: float
    ok: bool


class ParityFault(CodebrushError):
    """An exported graph that does not say what the model says."""

    def __init__(self, rows: Sequence[ParityRow]) -> None:
        worst = max(rows, key=lambda row: np.nan_to_num(row.measured / row.tolerance, nan=np.inf))
        shape = " x ".join(str(side) for side in worst.shape)
        super().__init__(
            f"the exported {worst.graph} is not the model: {worst.what} {worst.measured:.3g} at an input of "
            f"{shape}, where at most {worst.tolerance:.3g} is allowed; nothing was written"
        )
        self.rows = tuple(rows)


def compare(
    model: DiscreteAutoencoder, sessions: Mapping[str, Session], sheet: NDArray[np.float32]
) -> tuple[ParityRow, ...]:
    """The parity table of the graphs given (`encoder`, `decoder`); raises `ParityFault` out of tolerance.

    `model` is in eval mode, on the CPU, in float32; `sheet` (H, W, C) in [0, 1] is a large real picture.
    """
    stride, rng = model.levels[0].stride_px, np.random.default_rng(0)
    sides = ((batch, ceil(height * stride), ceil(width * stride)) for batch, height, width in _SHAPES)
    pictures = [windows(sheet, rng, *shape) for shape in sides]
    rows: list[ParityRow] = []
    if "encoder" in sessions:
        rows += [_compare_encoder(model, sessions["encoder"], images) for images in pictures]
    if "decoder" in sessions:
        grids = [_encode(model, images) for images in pictures]
        rows += [
            _compare_decoder(model, sessions["decoder"], codes) for codes in (*grids, _every_code(model))
        ]
    if not all(row.ok for row in rows):
        raise ParityFault(rows)
    return tuple(rows)


def _compare_encoder(model: DiscreteAutoencoder, session: Session, images: Images) -> ParityRow:
    """Level by level: what a finer one should say is asked with the coarser codes that the graph chose.

    A tie may fall either way, and all that is conditioned on it follows.
    """
    names = [f"codes_{level}" for level in range(len(model.levels))]
    given = session.run(names, {"image": images})
    if [codes.shape for codes in given] != [codes.shape for codes in _encode(model, images)]:
        detours = [np.inf]
    else:
        detours = [
            _detour(choice.z_e, model.codebook(level).numpy(), choice.codes, given[level])
            for level, choice in enumerate(_choices(model, images, given))
        ]
    return _row("encoder", images.shape, "relative margin of differing codes", max(detours), CODE_TOLERANCE)


def _compare_decoder(model: DiscreteAutoencoder, session: Session, codes: Sequence[Codes]) -> ParityRow:
    import torch

    with torch.inference_mode():
        expected = model.decode_codes([torch.from_numpy(level) for level in codes]).numpy()
    (given,) = session.run(["image"], {f"codes_{index}": level for index, level in enumerate(codes)})
    difference = float(np.abs(given - expected).max()) if given.shape == expected.shape else np.inf
    return _row("decoder", codes[0].shape, "largest pixel difference", difference, PIXEL_TOLERANCE)


def _row(graph: str, shape: tuple[int, ...], what: str, measured: float, tolerance: float) -> ParityRow:
    return ParityRow(graph, shape, what, measured, tolerance, ok=measured <= tolerance)


def _detour(z_e: NDArray[np.float32], e: NDArray[np.float32], expected: Codes, given: Codes) -> float:
    """How much farther the codes given are than those expected, relative, at worst; 0 where none differs."""
    batch, row, column = np.nonzero(given != expected)
    if len(batch) == 0:
        return 0.0
    z = z_e[batch, :, row, column].astype(np.float64)  # (N, D)
    near, far = (np.linalg.norm(z - e[codes[batch, row, column]], axis=1) for codes in (expected, given))
    return float(np.max((far - near) / np.maximum(far, np.finfo(np.float64).tiny)).clip(min=0.0))


def _encode(model: DiscreteAutoencoder, images: Images) -> list[Codes]:
    import torch

    with torch.inference_mode():
        return [level.numpy() for level in model.encode_codes(torch.from_numpy(images))]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What a quantiser chose among."""

    z_e: NDArray[np.float32]  # (B, D, h, w)
    codes: Codes  # (B, h, w) the nearest


def _choices(model: DiscreteAutoencoder, images: Images, given: Sequence[Codes]) -> list[_Choice]:
    """What each level has to choose among where the coarser ones say `given`."""
    import torch

    with torch.inference_mode(), _led(model, given) as choices:
        model.encode_codes(torch.from_numpy(images))
    return choices


@contextmanager
def _led(model: DiscreteAutoencoder, given: Sequence[Codes]) -> Iterator[list[_Choice]]:
    """Listen to the model's quantisers, in order, and have each say `given` instead of the nearest."""
    import torch

    from engine.layers.quantizer import VectorQuantizer

    heard: list[_Choice] = []

    def led(quantizer: VectorQuantizer) -> Callable[[Tensor], Tensor]:
        def nearest(z_e: Tensor) -> Tensor:
            codes = VectorQuantizer.nearest(quantizer, z_e)
            heard.append(_Choice(z_e.numpy(), codes.numpy()))
            return torch.from_numpy(given[len(heard) - 1].copy())

        return nearest

    quantizers = [module for module in model.modules() if isinstance(module, VectorQuantizer)]
    for quantizer in quantizers:
        vars(quantizer)["nearest"] = led(quantizer)
    try:
        yield heard
    finally:
        for quantizer in quantizers:
            del vars(quantizer)["nearest"]


def _every_code(model: DiscreteAutoencoder) -> list[Codes]:
    """One grid per level, in ratio, in which each code of the level stands at least once."""
    ratios = [model.levels[0].stride_px // level.stride_px for level in model.levels]
    across = max(ceil(level.codes**0.5 / ratio) for level, ratio in zip(model.levels, ratios, strict=True))
    sides = [across * ratio for ratio in ratios]
    return [
        (np.arange(side * side, dtype=np.int64) % level.codes).reshape(1, side, side)
        for side, level in zip(sides, model.levels, strict=True)
    ]
