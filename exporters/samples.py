"""Samples as files: what `sample` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engine.checkpoint import ModelCard, read_card
from engine.decoding.codes_file import write_codes
from engine.errors import OptionFault
from engine.models.registry import find_model
from engine.progress import Progress, tell_nobody
from engine.sampling.requests import SampleRequest
from engine.sampling.samples import decode_of, draw_samples, open_model
from exporters.animation import drawing, save_gif
from exporters.contact_sheet import contact_sheet, sheet_px
from exporters.destination import refuse_unwritable, require_suffix
from exporters.images import LIMIT_PX, save_png


def sample_pictures(
    request: SampleRequest,
    out: Path,
    codes: Path | None = None,
    progress: Progress = tell_nobody,
    gif: Path | None = None,
) -> dict[str, Any]:
    """Write a sheet of samples, where files are named their codes and how the first one is drawn.

    Returns what came out.

    Raises what `draw_samples` does, `OptionFault` where a file has a strange name or the model has no codes,
    `CannotWrite` where a file cannot be written.
    """
    _check(request, read_card(find_model(request.model)), out, codes, gif)
    samples = draw_samples(request, progress)
    save_png(out, contact_sheet(list(samples.pictures)))
    if codes is not None:
        count, height, width, _ = samples.pictures.shape
        write_codes(codes, samples.codes, np.full((count, 2), (height, width), np.int64))
    if gif is not None:
        decode = decode_of(open_model(request.model, request.device))
        save_gif(gif, drawing([level[0] for level in samples.codes], decode, progress))
    return {
        "path": str(out),
        "codes": None if codes is None else str(codes),
        "gif": None if gif is None else str(gif),
        "count": len(samples.pictures),
        "source": samples.source,
    }


def _check(request: SampleRequest, card: ModelCard, out: Path, codes: Path | None, gif: Path | None) -> None:
    for path, suffix in ((out, ".png"), (codes, ".npz"), (gif, ".gif")):
        if path is not None:
            require_suffix(path, suffix)
            refuse_unwritable(path)
    if codes is not None and not card.levels:
        raise OptionFault(f"{card.name} has no codes to write: leave --codes out")
    if gif is not None and not card.levels:
        raise OptionFault(f"{card.name} has no codes that are drawn one after another: leave --gif out")
    if sheet_px(request.count, card.image_size, card.image_size) > LIMIT_PX:
        raise OptionFault(f"{request.count} pictures are too many for one sheet: ask for fewer")
