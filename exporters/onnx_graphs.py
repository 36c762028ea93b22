"""Taking a model away: one call writes the folder of ONNX graphs, checked against the model it came from.

torch and onnx are imported when `export_model` is called: together they take seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from engine.checkpoint import ModelCard, read_card
from engine.errors import ModelFault, OptionFault
from engine.models.registry import find_model
from engine.progress import Progress, tell_nobody
from exporters.contents import write_codebooks, write_documents, write_example, write_statistics
from exporters.description import describe
from exporters.export_folder import MANIFEST, Manifest, Staging, staged
from exporters.parity import compare
from exporters.runtime import Session, open_session

if TYPE_CHECKING:
    from engine.models.base import DiscreteAutoencoder, ExportGraph


OPSET = 20


def export_model(
    model_path: str | Path,
    out: Path,
    graphs: Sequence[str] | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write the export of a model to the folder `out`, whole or not at all; returns its manifest.

    `graphs` names those to export, all by default. `out` may exist only if it is empty or, with
    `force`, an earlier export. Raises `ModelNotFound`, `ModelFault`, `OptionFault`, `CannotWrite`, and
    `ParityFault` where a graph is not what the model is.
    """
    tell = progress if progress is not None else tell_nobody
    card = read_card(find_model(model_path))
    with staged(out, force) as staging:
        tell("Loading the model", 0.0)
        model = _load(card)
        sessions = _write_graphs(model, _chosen(model, graphs), staging, tell)
        manifest = _complete(model, card, sessions, staging, tell)
    tell("Exported", 1.0)
    return manifest


def _complete(
    model: DiscreteAutoencoder,
    card: ModelCard,
    sessions: dict[str, Session],
    staging: Staging,
    tell: Progress,
) -> dict[str, Any]:
    from exporters.emoji_sheet import emoji_sheet

    tell("Comparing with PyTorch", 0.7)
    sheet, example = emoji_sheet(card.channels)
    rows = compare(model, sessions, sheet)
    tell("Writing the folder", 0.9)
    write_documents(describe(card, sessions), rows, staging)
    write_codebooks(model, staging)
    write_statistics(card, staging)
    if "decoder" in sessions:
        write_example(model, sessions["decoder"], example, staging)
    _refuse_replaced(card)
    versions = {package: version(package) for package in ("torch", "onnx", "onnxruntime")}
    manifest = Manifest(
        model_id=card.model_id, opset=OPSET, versions=versions, files=dict(staging.files), parity=rows
    )
    staging.write(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    built: dict[str, Any] = msgspec.to_builtins(manifest)
    return built


def _load(card: ModelCard) -> DiscreteAutoencoder:
    from engine.models.base import DiscreteAutoencoder
    from engine.models.registry import load

    model = load(card.path, "cpu").float().eval()
    if not isinstance(model, DiscreteAutoencoder):
        raise ModelFault(card.path, f"is a {card.family} model, which cannot be exported: it has no codes")
    return model


def _refuse_replaced(card: ModelCard) -> None:
    """A run that is still training replaces its model: what was read in parts must be of one."""
    if read_card(card.path).model_id != card.model_id:
        raise ModelFault(card.path, "was replaced while it was being exported: export it again")


def _chosen(model: DiscreteAutoencoder, names: Sequence[str] | None) -> dict[str, ExportGraph]:
    available = model.export_graphs()
    for name in names or ():
        if name not in available:
            raise OptionFault(f"graph {name!r} does not exist: this model has {', '.join(available)}")
    return {name: graph for name, graph in available.items() if not names or name in names}


def _write_graphs(
    model: DiscreteAutoencoder, graphs: dict[str, ExportGraph], staging: Staging, tell: Progress
) -> dict[str, Session]:
    from exporters.tracing import trace

    sessions: dict[str, Session] = {}
    for number, (name, graph) in enumerate(graphs.items()):
        tell(f"Exporting the {name}", 0.1 + 0.6 * number / len(graphs))
        content = trace(graph, model, OPSET)
        staging.write(f"{name}/model.onnx", content)
        sessions[name] = open_session(content, staging.target / name / "model.onnx")
    return sessions
