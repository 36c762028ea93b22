"""What an export says to a person and to the next program: README.md, run.py, preprocessor_config.json."""

from __future__ import annotations

import json
from collections.abc import Sequence

from exporters.description import Description, GraphEntry, TensorEntry
from exporters.export_folder import REPRODUCED
from exporters.parity import ParityRow

RUN_SCRIPT = f'''"""Decode example_codes.npz: writes {REPRODUCED}, the same picture as example.png."""

from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

here = Path(__file__).resolve().parent
with np.load(here / "example_codes.npz") as levels:
    codes = {{name.replace("level_", "codes_"): levels[name] for name in levels.files}}
image = onnxruntime.InferenceSession(here / "decoder" / "model.onnx").run(["image"], codes)[0][0]  # (C, H, W)
pixels = np.rint(image.transpose(1, 2, 0) * 255).astype(np.uint8)
Image.fromarray(pixels.squeeze()).save("{REPRODUCED}")
difference = np.abs(pixels.squeeze() - np.asarray(Image.open(here / "example.png")).astype(int)).max()
print(f"wrote {REPRODUCED}, largest difference from example.png: {{difference}} of 255")
'''


def preprocessor_config(description: Description) -> bytes:
    """How a picture becomes `image`, in the keys image processors use."""
    config = {
        "do_convert_rgb": description.channels == 3,
        "do_convert_grayscale": description.channels == 1,
        "do_resize": False,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": False,
        "do_pad": False,
        "size_divisor": description.levels[0].stride_px,
        "input_data_format": "channels_first",
        "dtype": "float32",
        "range": [0.0, 1.0],
    }
    return (json.dumps(config, indent=2) + "\n").encode()


def model_card(description: Description, rows: Sequence[ParityRow], has_example: bool) -> bytes:
    """README.md: what this is, the graphs' tensors, how near they are to the model, how to run them."""
    parts = [
        _front_matter(description),
        f"# {description.name}\n\n{_summary(description)}",
        *(_graph_section(name, graph) for name, graph in description.graphs.items()),
        _facts(description),
        _parity_section(rows),
        *([_example_section()] if has_example else []),
    ]
    return ("\n\n".join(parts) + "\n").encode()


def _front_matter(description: Description) -> str:
    tags = "\n".join(f"- {tag}" for tag in (description.family, "discrete-codes", "autoencoder", "codebrush"))
    return f"---\nlibrary_name: onnx\ntags:\n{tags}\n---"


def _summary(description: Description) -> str:
    stride, margin = description.levels[0].stride_px, description.receptive_margin
    colours = "RGB" if description.channels == 3 else "grey"
    graphs = " and ".join(f"`{name}`" for name in description.graphs)
    return (
        f"A `{description.family}` model that writes {colours} pictures as grids of discrete codes and "
        f"paints pictures from such grids, exported from Codebrush as ONNX: {graphs}.\n\n"
        "Any height and width will do. The encoder repeats the right and the bottom edge up to a multiple "
        f"of {stride} px. Borders repeat in every convolution, so a part of a grid decoded alone with "
        f"{margin} cells around it equals that part of the whole picture.\n\n"
        "**Check that codes are in range before decoding**: ONNX Runtime silently takes -1 for the last code."
    )


def _graph_section(name: str, graph: GraphEntry) -> str:
    rows = [("input", tensor) for tensor in graph.inputs] + [("output", tensor) for tensor in graph.outputs]
    lines = "\n".join(_tensor_line(kind, tensor) for kind, tensor in rows)
    return f"## {name}: `{graph.path}`\n\n| | name | type | shape | range |\n|---|---|---|---|---|\n{lines}"


def _tensor_line(kind: str, tensor: TensorEntry) -> str:
    shape = ", ".join(str(side) for side in tensor.shape)
    low, high = tensor.range
    return f"| {kind} | `{tensor.name}` | {tensor.dtype} | ({shape}) | {low:g} to {high:g} |"


def _facts(description: Description) -> str:
    levels = "".join(
        f"| level {index} | {level.codes} codes of {level.dim} numbers, {level.stride_px} px a cell |\n"
        for index, level in enumerate(description.levels)
    )
    metrics = "".join(
        f"| {name.replace('_', ' ')} | {value:.4g} |\n"
        for name, value in description.metrics.items()
        if isinstance(value, int | float)
    )
    return (
        "## The model\n\n| | |\n|---|---|\n"
        f"| trained on | {description.data}, {description.image_size} x {description.image_size} px |\n"
        f"{levels}"
        f"| parameters | {description.parameters:,} |\n"
        f"| receptive margin | {description.receptive_margin} cells to decode, "
        f"{description.encode_margin} to encode |\n"
        f"{metrics}"
        f"| model_id | `{description.model_id}` |\n\n"
        "The code vectors are in `codebook_0.npy` (and so on), float32, one row a code."
    )


def _parity_section(rows: Sequence[ParityRow]) -> str:
    lines = "\n".join(
        f"| {row.graph} | {' x '.join(map(str, row.shape))} | {row.what} | {row.measured:.2g} | "
        f"{row.tolerance:.2g} | {'yes' if row.ok else 'no'} |"
        for row in rows
    )
    return (
        "## ONNX Runtime against PyTorch\n\nMeasured on real pictures when this was exported.\n\n"
        "| graph | input | what | measured | tolerance | within |\n|---|---|---|---|---|---|\n" + lines
    )


def _example_section() -> str:
    return (
        "## Try it\n\n```\npip install onnxruntime pillow\npython run.py\n```\n\n"
        f"`run.py` decodes `example_codes.npz` to `{REPRODUCED}`, which equals `example.png`."
    )
