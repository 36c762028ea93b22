"""`config.json` of an export: what the model is and what its graphs take and give."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from engine.checkpoint import ModelCard
from engine.decoding.decoder import CodeLevel
from engine.errors import ModelFault
from exporters.export_folder import Manifest, read_checked
from exporters.runtime import Session, Tensor

CONFIG = "config.json"
_TYPES = {"tensor(float)": "float32", "tensor(int64)": "int64"}

Margin = Annotated[int, Meta(ge=0, le=64)]


class LevelEntry(msgspec.Struct, frozen=True):
    """One level of codes, coarsest first."""

    stride_px: Annotated[int, Meta(ge=1, le=256)]
    codes: Annotated[int, Meta(ge=2, le=2**16)]
    dim: Annotated[int, Meta(ge=1, le=4096)]


class TensorEntry(msgspec.Struct, frozen=True):
    """An input or output of a graph; free axes are names, `range` is inclusive."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    range: tuple[int | float, int | float]


class GraphEntry(msgspec.Struct, frozen=True):
    """One graph of the export."""

    path: str
    inputs: tuple[TensorEntry, ...]
    outputs: tuple[TensorEntry, ...]


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What the window and a program need to know before they load a graph."""

    name: str
    family: str
    model_id: str
    data: str
    image_size: Annotated[int, Meta(ge=1, le=8192)]
    channels: Annotated[int, Meta(ge=1, le=3)]
    labels: tuple[str, ...]
    levels: Annotated[tuple[LevelEntry, ...], Meta(min_length=1, max_length=8)]
    receptive_margin: Margin
    encode_margin: Margin
    parameters: int
    config: dict[str, Any]
    metrics: dict[str, Any]
    graphs: dict[str, GraphEntry]


def describe(card: ModelCard, sessions: Mapping[str, Session]) -> Description:
    """The description of an export of `card` with these graphs."""
    levels = tuple(LevelEntry(level.stride_px, level.codes, level.dim) for level in card.levels)
    return Description(
        name=card.name,
        family=card.family,
        model_id=card.model_id,
        data=card.data,
        image_size=card.image_size,
        channels=card.channels,
        labels=card.labels,
        levels=levels,
        receptive_margin=card.receptive_margin,
        encode_margin=card.encode_margin,
        parameters=card.parameters,
        config=card.config,
        metrics=card.metrics,
        graphs={name: _graph_entry(name, session, levels) for name, session in sessions.items()},
    )


def read_description(folder: Path, manifest: Manifest) -> Description:
    """`config.json`, checked; raises `ModelFault`."""
    try:
        description = msgspec.json.decode(read_checked(folder, manifest, CONFIG), type=Description)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ModelFault(folder / CONFIG, f"does not describe a model ({error})") from error
    if description.model_id != manifest.model_id:
        raise ModelFault(folder / CONFIG, "is of another model than the manifest")
    return description


def as_card(description: Description, folder: Path) -> ModelCard:
    """The export as the rest of the program knows models."""
    return ModelCard(
        name=description.name,
        path=folder,
        family=description.family,
        config=description.config,
        data=description.data,
        labels=description.labels,
        image_size=description.image_size,
        channels=description.channels,
        levels=tuple(CodeLevel(level.stride_px, level.codes, level.dim) for level in description.levels),
        latent_dim=0,
        label_count=0,
        receptive_margin=description.receptive_margin,
        encode_margin=description.encode_margin,
        model_id=description.model_id,
        recipe={},
        training={},
        metrics=description.metrics,
        parameters=description.parameters,
    )


def _graph_entry(name: str, session: Session, levels: tuple[LevelEntry, ...]) -> GraphEntry:
    return GraphEntry(
        path=f"{name}/model.onnx",
        inputs=tuple(_tensor_entry(tensor, levels) for tensor in session.get_inputs()),
        outputs=tuple(_tensor_entry(tensor, levels) for tensor in session.get_outputs()),
    )


def _tensor_entry(tensor: Tensor, levels: tuple[LevelEntry, ...]) -> TensorEntry:
    """What the graph itself says of a tensor, with the range its name stands for."""
    top: int | float = 1.0
    if tensor.name.startswith("codes_"):
        top = levels[int(tensor.name.removeprefix("codes_"))].codes - 1
    return TensorEntry(tensor.name, _TYPES[tensor.type], tuple(tensor.shape), (type(top)(0), top))
