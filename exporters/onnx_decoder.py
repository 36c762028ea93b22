"""The `Decoder` protocol on ONNX Runtime, from an exported folder: paint without torch."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.decoding.decoder import CodeLevel, Codes
from engine.decoding.prior import CodePrior
from engine.errors import CodesFault, ModelFault
from exporters.description import Description, GraphEntry, as_card, read_description
from exporters.export_folder import Manifest, codebook_name, read_checked, read_manifest
from exporters.runtime import Session, open_session

_CODEBOOK_HEADER_LIMIT = 1024
_RUNTIME_TYPES = {"float32": "tensor(float)", "int64": "tensor(int64)"}


class OnnxDecoder:
    """An exported model held in memory. Every file was checked against the manifest before it was used."""

    device = "CPU, ONNX Runtime"
    prior: CodePrior | None = None  # an export holds encoder and decoder

    def __init__(
        self,
        folder: Path,
        description: Description,
        sessions: Mapping[str, Session],
        codebooks: Sequence[NDArray[np.float32]],
    ) -> None:
        card = as_card(description, folder)
        self.name = card.name
        self.model_id = card.model_id
        self.levels = card.levels
        self.labels = card.labels
        self.channels = card.channels
        self.image_size = card.image_size
        self.receptive_margin = card.receptive_margin
        self.encode_margin = card.encode_margin
        self._folder = folder
        self._sessions = sessions
        self._codebooks = codebooks

    @classmethod
    def open(cls, folder: Path) -> OnnxDecoder:
        """Open an exported folder; raises `ModelFault` naming the file that is missing or not as exported."""
        manifest = read_manifest(folder)
        description = read_description(folder, manifest)
        sessions = {
            name: _checked_session(folder, manifest, name, graph)
            for name, graph in description.graphs.items()
            if name in ("encoder", "decoder")
        }
        codebooks = [
            _read_codebook(folder, manifest, index, (level.codes, level.dim))
            for index, level in enumerate(description.levels)
        ]
        return cls(folder, description, sessions, codebooks)

    def codebook(self, level: int) -> NDArray[np.float32]:
        """The code vectors, `(K, D)`; raises `CodesFault` for a level the model does not have."""
        if not 0 <= level < len(self._codebooks):
            raise CodesFault(f"level {level} does not exist: this model has {len(self._codebooks)}")
        return self._codebooks[level]

    def without(self, levels: Set[int]) -> OnnxDecoder | None:
        """Itself for no levels, else None: the graph takes the codes of all."""
        return None if levels else self

    def encode(self, images: NDArray[np.float32]) -> list[Codes]:
        """Codes of images (B, C, H, W) of any size: the graph itself repeats their edge to the stride."""
        if images.ndim != 4 or images.shape[1] != self.channels or 0 in images.shape:
            raise CodesFault(f"images must be (B, {self.channels}, H, W), not {images.shape}")
        names = [f"codes_{index}" for index in range(len(self.levels))]
        return self._run("encoder", names, {"image": np.ascontiguousarray(images, dtype=np.float32)})

    def decode(self, codes: Sequence[Codes]) -> NDArray[np.float32]:
        """Pictures (B, C, H, W) in [0, 1]. Raises `CodesFault` for codes that do not fit."""
        check_codes(codes, self.levels)
        inputs = {f"codes_{index}": np.ascontiguousarray(level) for index, level in enumerate(codes)}
        (images,) = self._run("decoder", ["image"], inputs)
        return images

    def _run(self, graph: str, outputs: list[str], inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        if graph not in self._sessions:
            raise ModelFault(self._folder, f"holds no {graph}: export the model again with it")
        try:
            return self._sessions[graph].run(outputs, inputs)
        # ONNX Runtime's errors share no base but this; running out of memory is one of them.
        except Exception as error:
            raise ModelFault(self._folder, f"its {graph} failed in ONNX Runtime ({error})") from error


def check_codes(codes: Sequence[Codes], levels: Sequence[CodeLevel]) -> None:
    """Raise `CodesFault` unless sizes are in ratio and codes in range: the graph takes -1 without a word."""
    if len(codes) != len(levels):
        raise CodesFault(f"{len(codes)} levels of codes given, the model has {len(levels)}")
    for index, (grid, level) in enumerate(zip(codes, levels, strict=True)):
        if grid.ndim != 3 or grid.dtype != np.int64:
            raise CodesFault(f"level {index}: codes must be int64 (B, h, w), not {grid.dtype} {grid.shape}")
        ratio = levels[0].stride_px // level.stride_px
        batch, height, width = codes[0].shape
        if grid.shape != (batch, height * ratio, width * ratio) or grid.size == 0:
            expected = (batch, height * ratio, width * ratio)
            raise CodesFault(f"level {index}: codes have shape {grid.shape}, not {expected}")
        low, high = int(grid.min()), int(grid.max())
        if low < 0 or high >= level.codes:
            raise CodesFault(f"level {index}: codes from {low} to {high}, not 0 to {level.codes - 1}")


def _checked_session(folder: Path, manifest: Manifest, name: str, graph: GraphEntry) -> Session:
    relative = f"{name}/model.onnx"
    session = open_session(read_checked(folder, manifest, relative), folder / relative)
    stated = [(t.name, _RUNTIME_TYPES.get(t.dtype), t.shape) for t in (*graph.inputs, *graph.outputs)]
    found = [(t.name, t.type, tuple(t.shape)) for t in (*session.get_inputs(), *session.get_outputs())]
    if stated != found:
        raise ModelFault(folder / relative, "takes or gives other tensors than config.json says")
    return session


def _read_codebook(
    folder: Path, manifest: Manifest, level: int, shape: tuple[int, int]
) -> NDArray[np.float32]:
    name = codebook_name(level)
    content = read_checked(folder, manifest, name)
    fault = ModelFault(folder / name, f"is not float32 {shape[0]} x {shape[1]} code vectors")
    # Before numpy reads a header that may promise any size.
    if not 0 <= len(content) - 4 * shape[0] * shape[1] <= _CODEBOOK_HEADER_LIMIT:
        raise fault
    try:
        vectors = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, OSError, EOFError, MemoryError) as error:
        raise fault from error
    if vectors.dtype != np.float32 or vectors.shape != shape or not np.isfinite(vectors).all():
        raise fault
    return np.asarray(vectors)
