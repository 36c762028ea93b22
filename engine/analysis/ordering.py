"""Orders in which the codes of a level can be laid out, and which of them look almost white. NumPy only.

Every order is an index array: `order[i]` is the code at place `i`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Order = NDArray[np.int64]

COLUMNS = 16
"""Swatches in a row of the palette; the colour order is made for rows of this length."""

GREY_CHROMA = 0.04
"""Oklab chroma under which a code counts as grey: hue is noise there."""

MUTED_SATURATION = 0.5
"""Below it a colour is an earth tone or a pastel, which would break up a run of vivid neighbours."""

RED_HUE = 350.0
"""Degrees at which the hue circle is cut: pinks and reds come first, violets last."""

NEAR_WHITE = 235
"""A code is near white when no pixel of its swatch is darker than this in any channel (0..255)."""

UNTANGLE_ROUNDS = 5
"""Passes of 2-opt over the similarity chain: 20 ms for 512 codes; more passes gain under 0.1 %."""

UNTANGLE_LIMIT = 1024
"""Above this many codes the chain stays as it is: 2-opt would hold the window for seconds."""

# Björn Ottosson, "A perceptual color space for image processing" (2020): linear sRGB -> LMS, LMS' -> Lab.
_RGB_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LMS_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def oklab(rgb: NDArray[np.generic]) -> NDArray[np.float64]:
    """sRGB in 0..255, `(..., 3)`, to Oklab: lightness in [0, 1], then the green-red and blue-yellow axes."""
    encoded = np.asarray(rgb, dtype=np.float64) / 255.0
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _RGB_TO_LMS.T) @ _LMS_TO_LAB.T)


def by_colour(swatches: NDArray[np.uint8], columns: int = COLUMNS) -> Order:
    """Greys, then earth tones and pastels, then the vivid colours around the hue circle.

    Each row of `columns` places holds neighbouring hues and runs from light to dark, so the whole
    reads as a painter's palette in two directions. `swatches` are `(K, s, s, C)`, C = 1 or 3.
    """
    rgb = np.broadcast_to(swatches, (*swatches.shape[:-1], 3))
    lightness = oklab(rgb.mean(axis=(1, 2)))[:, 0]
    chroma, hue, saturation = _ink(rgb)
    grey = chroma < GREY_CHROMA
    muted = ~grey & (saturation < MUTED_SATURATION)
    around = (hue - RED_HUE) % 360.0
    families = [(grey, -lightness), (muted, around), (~grey & ~muted, around)]
    places: list[int] = []
    for members, key in families:
        codes = np.flatnonzero(members)
        _append_in_rows(places, codes[np.argsort(key[codes], kind="stable")], lightness, columns)
    return np.array(places, dtype=np.int64)


def _ink(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Chroma, hue in degrees and saturation (0..1) of what is colourful in each swatch, all `(K,)`.

    Pixels count by their chroma: a red edge on white belongs to the reds, not to the pinks.
    """
    lab = oklab(rgb)
    weight = np.hypot(lab[..., 1], lab[..., 2])[..., None] + 1e-3
    a, b = ((lab[..., 1:] * weight).sum(axis=(1, 2)) / weight.sum(axis=(1, 2))).T
    ink = (rgb * weight).sum(axis=(1, 2)) / weight.sum(axis=(1, 2))
    saturation = np.ptp(ink, axis=-1) / np.maximum(ink.max(axis=-1), 1.0)
    return np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360.0, saturation


def _append_in_rows(places: list[int], codes: Order, lightness: NDArray[np.float64], columns: int) -> None:
    while len(codes):
        room = columns - len(places) % columns
        row, codes = codes[:room], codes[room:]
        places += row[np.argsort(-lightness[row], kind="stable")].tolist()


def by_use(use: NDArray[np.int64]) -> Order:
    """The most used first, `(K,)` counts; equal ones by index."""
    return np.asarray(np.argsort(-use, kind="stable"), dtype=np.int64)


def by_similarity(vectors: NDArray[np.float32], start: int = 0) -> Order:
    """A chain from `start` in which each code stands beside the ones whose vectors are nearest, `(K, D)`.

    Nearest neighbour first, then 2-opt: crossing links are uncrossed, which takes out most of the
    long jumps that the greedy chain leaves at its end.
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    chain = _nearest_chain(vectors, start)
    if len(chain) <= UNTANGLE_LIMIT:
        distance = _distances(vectors)
        for _ in range(UNTANGLE_ROUNDS):
            if not _untangle(chain, distance):
                break
    return chain


def _nearest_chain(vectors: NDArray[np.float32], start: int) -> Order:
    """Greedy: from each code on to the nearest that has no place yet.

    |x - y|^2 / 2 = |x|^2 / 2 - x.y + const: one product a step, no K x K matrix (64 MB for 4096 codes).
    """
    halves = (vectors**2).sum(axis=1) / 2.0
    chain = np.empty(len(vectors), dtype=np.int64)
    code = start
    for place in range(len(chain)):
        chain[place] = code
        halves[code] = np.inf
        code = int(np.argmin(halves - vectors @ vectors[code]))
    return chain


def _distances(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    squares = (vectors**2).sum(axis=1)
    gaps = squares[:, None] + squares[None, :] - 2.0 * (vectors @ vectors.T)
    return np.asarray(np.sqrt(np.maximum(gaps, 0.0)), dtype=np.float32)


def _untangle(chain: Order, distance: NDArray[np.float32]) -> bool:
    """One pass of 2-opt in place, the first code fixed; whether it shortened the chain."""
    shortened = False
    for place in range(len(chain) - 2):
        here, following = chain[place], chain[place + 1]
        ends, beyond = chain[place + 2 :], chain[place + 3 :]
        gain = distance[here, following] - distance[here][ends]
        gain[:-1] += distance[ends[:-1], beyond] - distance[following][beyond]  # the last end is open
        best = int(np.argmax(gain))
        if gain[best] > 1e-6:
            stop = place + 3 + best
            chain[place + 1 : stop] = chain[place + 1 : stop][::-1].copy()
            shortened = True
    return shortened


def near_white(swatches: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which codes look white whatever they say, `(K,)`: no pixel of the swatch is darker than 235."""
    return np.asarray(swatches.min(axis=(1, 2, 3)) >= NEAR_WHITE)
