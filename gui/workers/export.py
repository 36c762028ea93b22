"""Exports off the GUI thread: the model as ONNX graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gui.workers.job import Ticket


@dataclass(frozen=True, slots=True)
class OnnxOrder:
    """All that exporting a model takes."""

    model: Path
    folder: Path
    graphs: tuple[str, ...]
    replace: bool


def export_onnx(order: OnnxOrder, ticket: Ticket) -> Mapping[str, Any]:
    """Export and compare; the manifest. A cancelled export leaves nothing behind."""
    from exporters.onnx_graphs import export_model

    ticket.report(0, "Loading PyTorch and ONNX")
    return export_model(
        order.model,
        order.folder,
        order.graphs,
        force=order.replace,
        progress=lambda text, done: ticket.report(done, text),
    )
