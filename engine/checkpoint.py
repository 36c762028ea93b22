"""A model is one `.safetensors` file: weights, statistics, and JSON that says what it is. No torch here.

Tensors: `autoencoder.*` (stage 1), `stats.<level>.*` (what the data set does with the codes),
`prior.<level>.*` (stage 2) and, in a run's snapshot only, `train.*`. The header's metadata carries the key
`codebrush` with JSON. Nothing is ever unpickled, and a file is checked before anything of its size is
allocated.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_safetensors

from engine.analysis.statistics import LevelStatistics
from engine.decoding.decoder import CodeLevel
from engine.errors import ModelFault
from engine.files import reason_of, write_bytes

FORMAT_VERSION = 1
HEADER_LIMIT = 16 * 2**20
Tensors = Mapping[str, NDArray[Any]]

_DTYPES = {
    "float32": "F32", "float64": "F64", "float16": "F16", "int64": "I64", "int32": "I32",
    "uint8": "U8", "bool": "BOOL", "int16": "I16", "int8": "I8", "uint16": "U16", "uint32": "U32",
    "uint64": "U64",
}  # fmt: skip


class PriorDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of its priors: those of all levels are trained in one run."""

    config: dict[str, Any]
    model_id: str  # of the model whose codes they learned
    prior_id: str  # as `model_id`, over the `prior.*` tensors as they are read: float32
    data: str
    labels: list[str]  # those that a condition weighs; none where they take none
    recipe: dict[str, Any] = {}
    training: dict[str, Any] = {}
    metrics: dict[str, Any] = {}

    @property
    def has_layout(self) -> bool:
        """Whether a layout is drawn before all codes."""
        return bool(self.config.get("layout"))


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON under the metadata key `codebrush`."""

    format: int
    family: str
    config: dict[str, Any]
    data: str
    labels: list[str]
    image_size: int
    channels: int
    levels: list[tuple[int, int, int]]  # stride_px, K, D; coarsest first; empty for vector latents
    latent_dim: int = 0  # D of vector latents; 0 for grids of codes
    label_count: int = 0  # labels that a condition weighs; 0 for a model that takes none
    receptive_margin: int
    encode_margin: int
    model_id: str
    recipe: dict[str, Any] = {}
    training: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    prior: PriorDescription | None = None


class _Entry(msgspec.Struct):
    """One tensor of the header."""

    dtype: str
    shape: list[Annotated[int, Meta(ge=0)]]
    data_offsets: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Header:
    metadata: dict[str, str]
    entries: dict[str, _Entry]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model file says of itself, without its weights."""

    name: str
    path: Path
    family: str
    config: dict[str, Any]
    data: str
    labels: tuple[str, ...]
    image_size: int
    channels: int
    levels: tuple[CodeLevel, ...]
    latent_dim: int
    label_count: int
    receptive_margin: int
    encode_margin: int
    model_id: str
    recipe: dict[str, Any]
    training: dict[str, Any]
    metrics: dict[str, Any]
    parameters: int
    prior: PriorDescription | None = None
    prior_parameters: int = 0

    @property
    def last_training(self) -> dict[str, Any]:
        """What is said of the training that wrote the file: that of its priors, where it has some."""
        return self.training if self.prior is None else self.prior.training


def model_id(tensors: Tensors) -> str:
    """SHA-256 over the sorted `autoencoder.*` tensors: names, types, shapes and bytes."""
    return tensors_id(tensors, "autoencoder.")


def tensors_id(tensors: Tensors, prefix: str) -> str:
    """As `model_id`, over the tensors under a prefix."""
    digest = hashlib.sha256()
    for name in sorted(n for n in tensors if n.startswith(prefix)):
        tensor = np.asarray(tensors[name], order="C")
        shape = ",".join(str(side) for side in tensor.shape)
        digest.update(f"{name}\0{_DTYPES[tensor.dtype.name]}\0{shape}\0".encode())
        digest.update(tensor.astype(tensor.dtype.newbyteorder("<"), copy=False).tobytes())
    return digest.hexdigest()


def write_model(path: Path, tensors: Tensors, description: Description) -> None:
    """Write a model file in one piece; raises `CannotWrite` and keeps what was there where it cannot."""
    metadata = {"codebrush": json.dumps(msgspec.to_builtins(description), sort_keys=True)}
    contiguous = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}
    write_bytes(path, to_safetensors(contiguous, metadata=metadata))


def read_card(path: Path) -> ModelCard:
    """What the file says of itself. Raises `ModelFault` where it is not a whole Codebrush model."""
    header = _read_header(path)
    description = _read_description(path, header)
    return ModelCard(
        name=_name_of(path),
        path=path,
        family=description.family,
        config=description.config,
        data=description.data,
        labels=tuple(description.labels),
        image_size=description.image_size,
        channels=description.channels,
        levels=tuple(CodeLevel(*level) for level in description.levels),
        latent_dim=description.latent_dim,
        label_count=description.label_count,
        receptive_margin=description.receptive_margin,
        encode_margin=description.encode_margin,
        model_id=description.model_id,
        recipe=description.recipe,
        training=description.training,
        metrics=description.metrics,
        parameters=_parameters(header, "autoencoder."),
        prior=description.prior,
        prior_parameters=_parameters(header, "prior."),
    )


def read_description(path: Path) -> Description:
    """As `read_card`, in the form that `write_model` takes. Raises `ModelFault`."""
    return _read_description(path, _read_header(path))


def _parameters(header: _Header, prefix: str) -> int:
    return sum(math.prod(entry.shape) for name, entry in header.entries.items() if name.startswith(prefix))


def read_tensors(path: Path, prefix: str) -> dict[str, NDArray[Any]]:
    """The tensors under `prefix`, by full name."""
    _read_header(path)
    try:
        with safe_open(str(path), framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys() if name.startswith(prefix)}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, TypeError, KeyError) as error:
        raise ModelFault(path, f"cannot be read as a model ({error})") from error


def read_weights(path: Path) -> dict[str, NDArray[Any]]:
    """The `autoencoder.*` tensors, checked against the file's `model_id` and for finite values."""
    card = read_card(path)
    weights = read_tensors(path, "autoencoder.")
    if model_id(weights) != card.model_id:
        raise ModelFault(path, "its weights do not match its model_id: the file was changed or damaged")
    _refuse_not_finite(path, weights)
    return weights


def read_prior_weights(path: Path) -> dict[str, NDArray[Any]]:
    """The `prior.*` tensors, checked like `read_weights`; {} where the file has none.

    They may lie in the file as float16; what is read, and what `prior_id` is of, is float32.
    """
    card = read_card(path)
    weights = {name: _single(tensor) for name, tensor in read_tensors(path, "prior.").items()}
    if card.prior is None:
        return {}
    if card.prior.model_id != card.model_id:
        raise ModelFault(path, "its priors are of another model (their model_id differs): train them anew")
    if tensors_id(weights, "prior.") != card.prior.prior_id:
        raise ModelFault(path, "its priors do not match their prior_id: the file was changed or damaged")
    _refuse_not_finite(path, weights)
    return weights


def _single(tensor: NDArray[Any]) -> NDArray[Any]:
    return tensor.astype(np.float32) if tensor.dtype == np.float16 else tensor


def _refuse_not_finite(path: Path, weights: Tensors) -> None:
    for name, tensor in weights.items():
        if not np.isfinite(tensor).all():
            raise ModelFault(path, f"tensor {name} holds values that are not finite")


def read_statistics(path: Path) -> tuple[LevelStatistics, ...]:
    """`stats.*` per level; () where the file has none. Raises `ModelFault` where they do not fit."""
    card = read_card(path)
    tensors = read_tensors(path, "stats.")
    if not tensors:
        return ()
    return tuple(_level_statistics(path, card, tensors, index) for index in range(len(card.levels)))


def statistics_tensors(statistics: tuple[LevelStatistics, ...]) -> dict[str, NDArray[Any]]:
    """Statistics as the tensors `stats.<level>.<field>`; the vectors are the model's own codebook."""
    return {
        f"stats.{index}.{field}": getattr(level, field)
        for index, level in enumerate(statistics)
        for field in LevelStatistics.__slots__
    }


def _level_statistics(path: Path, card: ModelCard, tensors: Tensors, index: int) -> LevelStatistics:
    level, channels, labels = card.levels[index], card.channels, len(card.labels)
    s, k, pairs = level.stride_px, level.codes, f"stats.{index}.followers"
    expected: dict[str, tuple[type, tuple[int, ...]]] = {
        "use": (np.int64, (k,)),
        "use_by_label": (np.int64, (labels, k)),
        "swatches": (np.uint8, (k, s, s, channels)),
        "fields": (np.uint8, (k, s, s, channels)),
        "contexts": (np.uint8, (k, 3 * s, 3 * s, channels)),
        "patches": (np.uint8, (k, 3 * s, 3 * s, channels)),
        "vectors": (np.float32, (k, level.dim)),
        "followers": (np.int32, (2, tensors[pairs].size // 2 if pairs in tensors else 0)),
    }
    found: dict[str, NDArray[Any]] = {}
    for field, (dtype, shape) in expected.items():
        tensor = tensors.get(f"stats.{index}.{field}")
        if tensor is None or tensor.dtype != dtype or tensor.shape != shape:
            raise ModelFault(path, f"its statistics are damaged: stats.{index}.{field} does not fit")
        found[field] = tensor
    places = found["followers"][0].astype(np.int64)
    if len(places) and (places[0] < 0 or places[-1] >= 2 * k * k or np.diff(places).min(initial=1) < 1):
        raise ModelFault(path, f"its statistics are damaged: {pairs} names pairs of codes that do not exist")
    return LevelStatistics(**found)


def _read_description(path: Path, header: _Header) -> Description:
    text = header.metadata.get("codebrush")
    if text is None:
        raise ModelFault(path, "is a safetensors file, but not a Codebrush model")
    try:
        version = json.loads(text).get("format")
        if version != FORMAT_VERSION:
            raise ModelFault(path, f"has format version {version!r}; this program reads {FORMAT_VERSION}")
        description = msgspec.json.decode(text.encode(), type=Description)
        levels = [CodeLevel(*level) for level in description.levels]
    except (ValueError, AttributeError, RecursionError, msgspec.MsgspecError) as error:
        raise ModelFault(path, f"its description is damaged ({error})") from error
    sane = all(1 <= lv.stride_px <= 256 and 2 <= lv.codes <= 2**16 and 1 <= lv.dim <= 4096 for lv in levels)
    labels_sane = description.label_count in (0, len(description.labels))
    if not (0 <= description.latent_dim <= 4096 and labels_sane):
        raise ModelFault(path, "its description gives sizes that make no sense")
    margins_sane = 0 <= description.receptive_margin <= 64 and 0 <= description.encode_margin <= 64
    if not (sane and margins_sane and 1 <= description.image_size <= 8192 and description.channels in (1, 3)):
        raise ModelFault(path, "its description gives sizes that make no sense")
    return description


def _read_header(path: Path) -> _Header:
    """The safetensors header, after checking its form and that the file is as long as it says."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(8)
            length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
            if not 2 <= length <= min(HEADER_LIMIT, size - 8):
                raise ModelFault(path, "is not a model file, or is cut short")
            content = msgspec.json.decode(file.read(length), type=dict[str, Any])
        metadata = msgspec.convert(content.pop("__metadata__", {}), dict[str, str])
        entries = msgspec.convert(content, dict[str, _Entry])
    except FileNotFoundError as error:
        raise ModelFault(path, "does not exist") from error
    except OSError as error:
        raise ModelFault(path, f"cannot be read ({reason_of(error)})") from error
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise ModelFault(path, "is not a model file: its header cannot be read") from error
    if max((entry.data_offsets[1] for entry in entries.values()), default=0) + 8 + length != size:
        raise ModelFault(path, "is cut short or damaged: its length is not what its header says")
    return _Header(metadata, entries)


def _name_of(path: Path) -> str:
    """What a person calls the model: a run's folder, else the file without its ending."""
    if path.name == "model.safetensors":
        return path.resolve().parent.name
    if path.name == "weights.safetensors" and path.parent.name == "last":
        return f"{path.resolve().parent.parent.name} (last)"
    return path.stem
