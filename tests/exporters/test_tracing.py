"""What the torch exporter notes of its surroundings is forgotten, wherever it hangs."""

from __future__ import annotations

import logging
import warnings

import onnx
from onnx import TensorProto, helper

from exporters.tracing import _forget_origin, _name_free_axes, _quiet_torch


def noted(thing: object) -> None:
    thing.doc_string = "File /home/somebody/model.py"  # type: ignore[attr-defined]  # every protobuf here has it
    thing.metadata_props.add(key="stack_trace", value="/home/somebody")  # type: ignore[attr-defined]


def test_notes_are_removed_in_nested_graphs_too() -> None:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    inner = helper.make_node("Relu", ["x"], ["y"])
    branch = helper.make_graph([inner], "branch", [], [y])
    yes = helper.make_node(
        "Constant", [], ["yes"], value=helper.make_tensor("t", TensorProto.BOOL, [], [True])
    )
    choice = helper.make_node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch)
    model = helper.make_model(helper.make_graph([yes, choice], "g", [x], [y], value_info=[y]))
    nested = model.graph.node[1].attribute[0]
    for thing in (model, model.graph, *model.graph.node, *model.graph.input, nested.g, *nested.g.node):
        noted(thing)
    nested.doc_string = "/home/somebody"
    _forget_origin(model)
    assert b"somebody" not in model.SerializeToString()
    assert not model.graph.value_info
    onnx.checker.check_model(model)


def test_free_axes_get_the_names_of_what_they_are() -> None:
    outputs = [
        helper.make_tensor_value_info("codes_0", TensorProto.INT64, ["batch", "(height//8)", "(width//8)"]),
        helper.make_tensor_value_info("codes_1", TensorProto.INT64, ["batch", "(height//4)", "(width//4)"]),
        helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, "4*rows", "4*columns"]),
    ]
    _name_free_axes(outputs)
    shapes = [[side.dim_param or side.dim_value for side in o.type.tensor_type.shape.dim] for o in outputs]
    assert shapes == [
        ["batch", "rows", "columns"],
        ["batch", "rows_1", "columns_1"],
        ["batch", 3, "height", "width"],
    ]


def test_quiet_is_only_for_a_while() -> None:
    logger = logging.getLogger("torch.onnx")
    before, filters = logger.level, list(warnings.filters)
    with _quiet_torch():
        assert logger.getEffectiveLevel() == logging.ERROR
        warnings.warn("torch's own affair", FutureWarning, stacklevel=1)
    assert logger.level == before
    assert list(warnings.filters) == filters
