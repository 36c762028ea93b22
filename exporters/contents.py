"""What lies in an export beside its graphs: documents, code vectors, statistics and an example."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save as to_safetensors

from engine import checkpoint
from engine.decoding.decoder import to_pixels
from exporters.description import CONFIG, Description
from exporters.export_folder import STATISTICS, Staging, codebook_name
from exporters.images import png_bytes
from exporters.model_card import RUN_SCRIPT, model_card, preprocessor_config
from exporters.parity import ParityRow
from exporters.runtime import Session

if TYPE_CHECKING:
    from engine.models.base import DiscreteAutoencoder


def write_documents(description: Description, rows: Sequence[ParityRow], staging: Staging) -> None:
    """config.json, preprocessor_config.json and README.md."""
    staging.write(CONFIG, msgspec.json.format(msgspec.json.encode(description), indent=2) + b"\n")
    staging.write("preprocessor_config.json", preprocessor_config(description))
    staging.write("README.md", model_card(description, rows, "decoder" in description.graphs))


def write_codebooks(model: DiscreteAutoencoder, staging: Staging) -> None:
    """The code vectors of each level."""
    for level in range(len(model.levels)):
        buffer = io.BytesIO()
        np.save(buffer, model.codebook(level).numpy(), allow_pickle=False)
        staging.write(codebook_name(level), buffer.getvalue())


def write_statistics(card: checkpoint.ModelCard, staging: Staging) -> None:
    """The statistics of the model file, where it has any."""
    statistics = checkpoint.read_statistics(card.path)
    if not statistics:
        return
    description = checkpoint.Description(
        format=checkpoint.FORMAT_VERSION,
        family=card.family,
        config=card.config,
        data=card.data,
        labels=list(card.labels),
        image_size=card.image_size,
        channels=card.channels,
        levels=[(level.stride_px, level.codes, level.dim) for level in card.levels],
        receptive_margin=card.receptive_margin,
        encode_margin=card.encode_margin,
        model_id=card.model_id,
    )
    metadata = {"codebrush": json.dumps(msgspec.to_builtins(description), sort_keys=True)}
    tensors = {
        name: np.ascontiguousarray(tensor)
        for name, tensor in checkpoint.statistics_tensors(statistics).items()
    }
    staging.write(STATISTICS, to_safetensors(tensors, metadata=metadata))


def write_example(
    model: DiscreteAutoencoder, decoder: Session, picture: NDArray[np.float32], staging: Staging
) -> None:
    """The codes of a picture (H, W, C), what the exported decoder makes of them, and how to do it again."""
    import torch

    with torch.inference_mode():
        grids = model.encode_codes(torch.from_numpy(picture).permute(2, 0, 1)[None])
    codes = [grid.numpy() for grid in grids]
    (images,) = decoder.run(["image"], {f"codes_{index}": grid for index, grid in enumerate(codes)})
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{f"level_{index}": grid for index, grid in enumerate(codes)})
    staging.write("example_codes.npz", buffer.getvalue())
    staging.write("example.png", png_bytes(to_pixels(images)[0]))
    staging.write("run.py", RUN_SCRIPT.encode())
