"""Opening what can be painted with, whichever it is: a built-in name, a model file, a run, an export.

Nothing here imports torch or ONNX Runtime before a decoder is opened.
"""

from __future__ import annotations

from pathlib import Path

from engine.analysis.statistics import LevelStatistics
from engine.checkpoint import ModelCard, read_card, read_statistics
from engine.decoding.decoder import Decoder
from engine.models.registry import builtin_models, find_model
from exporters.description import as_card, read_description
from exporters.export_folder import MANIFEST, STATISTICS, is_export, read_checked, read_manifest


def find_openable(name_or_path: str | Path) -> Path:
    """The model file or exported folder meant; a file inside an export stands for its folder.

    Raises `ModelNotFound`.
    """
    if str(name_or_path) in builtin_models():
        return find_model(name_or_path)
    path = Path(name_or_path).expanduser()
    for folder in (path, path.parent, path.parent.parent):
        inside = folder == path or path.name in (MANIFEST, "model.onnx")
        if inside and is_export(folder):
            return folder
    return find_model(name_or_path)


def open_decoder(name_or_path: str | Path) -> Decoder:
    """The decoder, on torch or ONNX Runtime as the path asks. Raises `ModelNotFound` or `ModelFault`."""
    path = find_openable(name_or_path)
    if path.is_dir():
        from exporters.onnx_decoder import OnnxDecoder

        return OnnxDecoder.open(path)
    from engine.decoding.torch_decoder import load_decoder

    return load_decoder(path)


def open_card(name_or_path: str | Path) -> ModelCard:
    """What the model says of itself. Raises `ModelNotFound` or `ModelFault`."""
    path = find_openable(name_or_path)
    if path.is_dir():
        return as_card(read_description(path, read_manifest(path)), path)
    return read_card(path)


def open_statistics(name_or_path: str | Path) -> tuple[LevelStatistics, ...]:
    """What its data set does with the codes; () where that is not known. Raises as `open_card`."""
    path = find_openable(name_or_path)
    if not path.is_dir():
        return read_statistics(path)
    manifest = read_manifest(path)
    if STATISTICS not in manifest.files:
        return ()
    read_checked(path, manifest, STATISTICS)
    return read_statistics(path / STATISTICS)
