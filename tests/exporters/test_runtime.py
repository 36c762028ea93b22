"""Graphs are opened from their own bytes alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from engine.errors import ModelFault
from exporters.runtime import open_session

PATH = Path("decoder/model.onnx")


def graph_with(weight: TensorProto, nested: bool = False) -> bytes:
    """y = x + weight, the weight as an initialiser or inside a branch of an If."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    add = helper.make_node("Add", ["x", "w"], ["y"])
    if not nested:
        graph = helper.make_graph([add], "g", [x], [y], [weight])
    else:
        branch = helper.make_graph([add], "branch", [], [y], [weight])
        yes = helper.make_node(
            "Constant", [], ["yes"], value=helper.make_tensor("t", TensorProto.BOOL, [], [True])
        )
        choice = helper.make_node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch)
        graph = helper.make_graph([yes, choice], "g", [x], [y])
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10
    ).SerializeToString()


def weight(external: Path | None = None) -> TensorProto:
    tensor = helper.make_tensor("w", TensorProto.FLOAT, [1], [2.0])
    if external is not None:
        tensor.ClearField("float_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=str(external))
    return tensor


@pytest.mark.parametrize("nested", [False, True])
def test_a_whole_graph_runs(nested: bool) -> None:
    session = open_session(graph_with(weight(), nested), PATH)
    (y,) = session.run(["y"], {"x": np.ones(1, np.float32)})
    assert y.tolist() == [3.0]


@pytest.mark.parametrize("nested", [False, True])
def test_external_data_is_refused(nested: bool, tmp_path: Path) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(np.float32(7).tobytes())
    with pytest.raises(ModelFault, match=r"model.onnx: keeps data outside of its own file"):
        open_session(graph_with(weight(secret), nested), PATH)


@pytest.mark.parametrize("content", [b"", b"not a graph", graph_with(weight())[:-20], b"\x00" * 64])
def test_what_is_no_graph(content: bytes) -> None:
    with pytest.raises(ModelFault, match=r"^decoder/model.onnx: is not"):
        open_session(content, PATH)


def test_an_unknown_operator_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    model = onnx.load_model_from_string(graph_with(weight()))
    model.graph.node[0].op_type = "NoSuchOperator"
    with pytest.raises(ModelFault, match="NoSuchOperator"):
        open_session(model.SerializeToString(), PATH)
    assert capfd.readouterr().err == ""
