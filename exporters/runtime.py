"""ONNX Runtime, the one place that imports it: sessions of graphs that are whole in themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from engine.errors import ModelFault

if TYPE_CHECKING:
    import onnx

_ERRORS_ONLY = 3


class Tensor(Protocol):
    """What a graph says of one of its inputs or outputs; free axes are names."""

    name: str
    type: str
    shape: list[int | str]


class Session(Protocol):
    """The part of `onnxruntime.InferenceSession` in use here (it comes without types)."""

    def run(
        self, outputs: Sequence[str] | None, inputs: Mapping[str, NDArray[Any]]
    ) -> list[NDArray[Any]]: ...
    def get_inputs(self) -> list[Tensor]: ...
    def get_outputs(self) -> list[Tensor]: ...


def open_session(content: bytes, path: Path) -> Session:
    """A session of the graph in `content`, read from `path`.

    Raises `ModelFault` where it is no graph, or asks for data outside of itself: ONNX Runtime would
    follow a link out of the model's folder for that.
    """
    import onnxruntime  # type: ignore[import-untyped]  # has no types of its own and no stubs

    _refuse_external_data(content, path)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    # Idle threads that spin took half the processor of a 2-core machine and 1.6 times as long at 256 px.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session: Session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    # ONNX Runtime's errors share no base but this.
    except Exception as error:
        raise ModelFault(path, f"is not a graph ONNX Runtime can run ({_first_line(error)})") from error
    return session


def _refuse_external_data(content: bytes, path: Path) -> None:
    import onnx

    try:
        model = onnx.load_model_from_string(content)
    # protobuf's DecodeError, which comes without types.
    except Exception as error:
        raise ModelFault(path, "is not an ONNX graph, or is cut short") from error
    functions = (node for function in model.functions for node in function.node)
    if any(_is_external(tensor) for tensor in (*_tensors(model.graph), *_tensors_of(functions))):
        raise ModelFault(path, "keeps data outside of its own file, which is never read")


def _tensors(graph: onnx.GraphProto) -> Iterable[onnx.TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _tensors_of(graph.node)


def _tensors_of(nodes: Iterable[onnx.NodeProto]) -> Iterable[onnx.TensorProto]:
    """The tensors in the nodes' attributes, those of nested graphs included."""
    for attribute in (attribute for node in nodes for attribute in node.attribute):
        yield from (attribute.t, *attribute.tensors)
        for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
            yield from (sparse.values, sparse.indices)
        for graph in (attribute.g, *attribute.graphs):
            yield from _tensors(graph)


def _is_external(tensor: onnx.TensorProto) -> bool:
    return tensor.data_location == tensor.EXTERNAL or len(tensor.external_data) > 0


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
