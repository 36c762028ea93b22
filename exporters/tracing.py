"""A torch module as an ONNX graph that says nothing of the machine it was made on. Imports torch and onnx."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import onnx
import torch
from torch import Tensor, nn

from engine.models.base import Autoencoder, DiscreteAutoencoder, ExportGraph

_Noted = (
    onnx.ModelProto
    | onnx.FunctionProto
    | onnx.GraphProto
    | onnx.NodeProto
    | onnx.ValueInfoProto
    | onnx.TensorProto
)
"""What the exporter hangs its notes on."""


class _AnySize(nn.Module):
    """Pads the image inside the graph, so that every height and width is right."""

    def __init__(self, model: DiscreteAutoencoder, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self._pad = model.pad_to_stride

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, ...]:
        return self.encoder(self._pad(image))  # type: ignore[no-any-return]  # nn.Module calls are untyped


class _AnyNumber(nn.Module):
    """Takes as many inputs as the graph has: torch wants free axes laid out as the arguments are."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        return self.module(*inputs)  # type: ignore[no-any-return]


def trace(graph: ExportGraph, model: Autoencoder, opset: int) -> bytes:
    """The ONNX file of `graph`, which belongs to `model`: eval mode, CPU, float32."""
    module = graph.module
    if isinstance(model, DiscreteAutoencoder) and graph.inputs == ("image",):
        module = _AnySize(model, module)
    with _quiet_torch(), torch.no_grad():
        program = torch.onnx.export(
            _AnyNumber(module).eval(),
            graph.example,
            dynamo=True,
            opset_version=opset,
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_shapes=(tuple(dict(axes) for axes in graph.free_axes),),
            external_data=False,
            verbose=False,
        )
    assert program is not None  # it is None only where torch itself writes the file
    exported: onnx.ModelProto = program.model_proto
    _forget_origin(exported)
    _name_free_axes(exported.graph.output)
    onnx.checker.check_model(exported, full_check=True)
    content: bytes = exported.SerializeToString(deterministic=True)
    return content


@contextmanager
def _quiet_torch() -> Iterator[None]:
    """Keep torch's remarks to its own developers (deprecations inside it, torchvision missing) to itself."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _forget_origin(model: onnx.ModelProto) -> None:
    """Remove what the exporter notes of source files and lines, in nested graphs too."""
    _clear((model,))
    _forget_in_graph(model.graph)
    for function in model.functions:
        _clear((function,))
        _forget_in_nodes(function.node)


def _forget_in_graph(graph: onnx.GraphProto) -> None:
    # The shapes noted for inner values spell out torch's arithmetic; ONNX Runtime infers them anew.
    graph.ClearField("value_info")
    _clear((graph, *graph.input, *graph.output, *graph.initializer))
    _forget_in_nodes(graph.node)


def _forget_in_nodes(nodes: Iterable[onnx.NodeProto]) -> None:
    for node in nodes:
        _clear((node,))
        for attribute in node.attribute:
            attribute.ClearField("doc_string")
            for graph in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                _forget_in_graph(graph)


def _clear(things: Iterable[_Noted]) -> None:
    for thing in things:
        thing.ClearField("doc_string")
        thing.ClearField("metadata_props")


def _name_free_axes(outputs: Iterable[onnx.ValueInfoProto]) -> None:
    """Call the free axes of codes `rows`, `columns`, of images `height`, `width`, not what torch derived."""
    for output in outputs:
        level = output.name.removeprefix("codes_")
        suffix = "" if level in ("0", output.name) else f"_{level}"
        grid = ("batch", f"rows{suffix}", f"columns{suffix}")
        names = grid if output.name.startswith("codes_") else ("batch", "channels", "height", "width")
        dimensions = output.type.tensor_type.shape.dim
        if len(dimensions) == len(names):
            for dimension, name in zip(dimensions, names, strict=True):
                if dimension.dim_param:
                    dimension.dim_param = name
