"""How the codes of a level look and group, from whatever is known of them. NumPy only.

A trained model brings `LevelStatistics`; an exported folder only its decoder (uniform fields can be
decoded) and, before that has loaded, its code vectors. Each gives a palette, never an empty panel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.analysis.ordering import COLUMNS, Order, by_colour, by_similarity, by_use, near_white
from engine.analysis.statistics import LevelStatistics

Sort = Literal["colour", "use", "index", "similarity"]

FILLS = "Fills"
EDGES = "Edges and textures"
UNUSED = "Unused"
EVERYTHING = "All codes"


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Codes that stand together under a title; the folded ones all look white."""

    title: str
    codes: Order  # in the order of the sort
    folded: Order


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What can be said of one code; None where nothing is known."""

    code: int
    kind: str  # "Fill", "Edge or texture", "Unused" or, when nothing is known, "Code"
    cells: int | None  # cells of the train split that chose it
    share: float | None  # of all cells, 0..1
    rank: int | None  # 1 = the most used
    norm: float


@dataclass(frozen=True, slots=True, eq=False)
class CodeLooks:
    """K codes: what each shows, how they group, and the facts. Build it by one of the functions below."""

    swatches: NDArray[np.uint8]  # (K, s, s, 3) mean decoded cell, or what stands in for it
    fields: NDArray[np.uint8]  # (K, s, s, 3) its uniform field
    vectors: NDArray[np.float32]  # (K, D)
    fills: NDArray[np.bool_]  # (K,) one flat colour and in use; none while nothing is known
    statistics: LevelStatistics | None
    projected: bool = False  # the fields are colours made up from the vectors

    def __len__(self) -> int:
        return len(self.swatches)

    def strip(self, code: int) -> tuple[int, int, int]:
        """The colour of the code's uniform field, 0..255."""
        red, green, blue = np.rint(self.fields[code].mean(axis=(0, 1))).astype(int).tolist()
        return red, green, blue

    @property
    def blank(self) -> int:
        """The code a blank canvas is made of; without statistics the one whose field is nearest white."""
        if self.statistics is not None:
            return self.statistics.blank
        return int(np.argmax(self.fields.min(axis=(1, 2, 3))))

    def sorted(self, codes: Order, sort: Sort) -> Order:
        """`codes` in the order asked for; by index where their use is not known."""
        if sort == "colour":
            return codes[by_colour(self.swatches[codes], COLUMNS)]
        if sort == "similarity":
            return codes[by_similarity(self.vectors[codes], self._whitest(codes))]
        if sort == "use" and self.statistics is not None:
            return codes[by_use(self.statistics.use[codes])]
        return np.sort(codes)

    def _whitest(self, codes: Order) -> int:
        """Where among `codes` a chain of similar ones begins: at the one whose swatch is lightest."""
        return int(np.argmax(self.swatches[codes].mean(axis=(1, 2, 3)))) if len(codes) else 0

    def groups(self, sort: Sort) -> tuple[Group, ...]:
        """The palette's groups that have members: fills, edges and textures, unused.

        The near-whites are folded into the first group, but for the one blank canvases are made of.
        """
        everything = np.arange(len(self), dtype=np.int64)
        if self.statistics is None:
            return (Group(EVERYTHING, self.sorted(everything, sort), everything[:0]),)
        unused = self.statistics.use == 0
        white = near_white(self.swatches) & ~unused & (everything != self.blank)
        fills = self.fills & ~white
        parts = ((FILLS, fills, white), (EDGES, ~(fills | white | unused), None), (UNUSED, unused, None))
        groups = (self._group(title, shown, folded, sort) for title, shown, folded in parts)
        return tuple(group for group in groups if len(group.codes) + len(group.folded))

    def _group(
        self, title: str, shown: NDArray[np.bool_], folded: NDArray[np.bool_] | None, sort: Sort
    ) -> Group:
        hidden = np.flatnonzero(folded) if folded is not None else np.empty(0, dtype=np.int64)
        return Group(title, self.sorted(np.flatnonzero(shown), sort), self.sorted(hidden, sort))

    def is_unused(self, code: int) -> bool:
        return self.statistics is not None and bool(self.statistics.use[code] == 0)

    def is_edge(self, code: int) -> bool:
        """In use, and not one flat colour; False while nothing is known."""
        return self.statistics is not None and not self.fills[code] and not self.is_unused(code)

    def facts(self, code: int) -> CodeFacts:
        norm = float(np.linalg.norm(self.vectors[code]))
        if self.statistics is None:
            return CodeFacts(code, "Code", None, None, None, norm)
        use = self.statistics.use
        kind = "Unused" if use[code] == 0 else "Fill" if self.fills[code] else "Edge or texture"
        share = float(use[code] / max(int(use.sum()), 1))
        return CodeFacts(code, kind, int(use[code]), share, int((use > use[code]).sum()) + 1, norm)


def looks_from_statistics(statistics: LevelStatistics) -> CodeLooks:
    """All that a trained model knows of the codes of one level; an unused code shows its uniform field."""
    if not statistics.use.any():  # a snapshot that has not been measured yet: not 512 unused codes
        return looks_from_fields(statistics.fields, statistics.vectors)
    unused = (statistics.use == 0)[:, None, None, None]
    swatches = np.where(unused, statistics.fields, statistics.swatches)
    fields = _rgb(statistics.fields)
    return CodeLooks(_rgb(swatches), fields, statistics.vectors, statistics.fills, statistics)


def looks_from_fields(fields: NDArray[np.uint8], vectors: NDArray[np.float32]) -> CodeLooks:
    """Uniform fields `(K, s, s, C)` stand in for the swatches: right for fills, a guess for edges."""
    rgb = _rgb(fields)
    return CodeLooks(rgb, rgb, vectors, np.zeros(len(rgb), dtype=np.bool_), None)


def looks_from_vectors(vectors: NDArray[np.float32]) -> CodeLooks:
    """The first three principal components of the vectors as red, green and blue: alike stays alike."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:3]
    places = np.zeros((len(vectors), 3))
    places[:, : len(axes)] = centred @ axes.T
    reach = np.maximum(np.percentile(np.abs(places), 95, axis=0), 1e-12)
    colours = np.rint(136.0 + 96.0 * np.clip(places / reach, -1.0, 1.0)).astype(np.uint8)
    return replace(looks_from_fields(colours[:, None, None, :], vectors), projected=True)


def _rgb(cells: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.broadcast_to(cells, (*cells.shape[:-1], 3)))
