"""A model library around `TinyDecoder`: cards, statistics and decoders without torch or files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.analysis.companions import uniform_grids
from engine.analysis.statistics import LevelStatistics
from engine.checkpoint import ModelCard
from engine.decoding.decoder import Decoder, to_pixels
from engine.errors import ModelFault, ModelNotFound
from gui.workers.load import ModelLibrary
from tests.fakes import TinyDecoder


class TinyModel(TinyDecoder):
    """A `TinyDecoder` under any name."""

    def __init__(self, name: str = "tiny", model_id: str = "0" * 64, codes: int = 16) -> None:
        super().__init__(codes)
        self.name = name
        self.model_id = model_id


def card_of(model: TinyDecoder) -> ModelCard:
    return ModelCard(
        name=model.name,
        path=Path(f"/models/{model.name}.safetensors"),
        family="tiny",
        config={},
        data="emoji",
        labels=model.labels,
        image_size=64,  # the emoji as they are: resizing them all would take seconds
        channels=model.channels,
        levels=model.levels,
        latent_dim=0,
        label_count=0,
        receptive_margin=model.receptive_margin,
        encode_margin=model.encode_margin,
        model_id=model.model_id,
        recipe={},
        training={},
        metrics={},
        parameters=0,
    )


def statistics_of(model: TinyDecoder) -> LevelStatistics:
    """As `all_statistics_of`, of a model of one level."""
    (level,) = all_statistics_of(model)
    return level


def all_statistics_of(model: TinyDecoder) -> tuple[LevelStatistics, ...]:
    """Code i is used i times; every swatch is the code's flat colour, code 0 on the other levels."""
    return tuple(_level_statistics(model, index) for index in range(len(model.levels)))


def _level_statistics(model: TinyDecoder, index: int) -> LevelStatistics:
    levels = model.levels
    stride, codes = levels[index].stride_px, levels[index].codes
    alone = [np.arange(codes) if other == index else np.zeros(codes, int) for other in range(len(levels))]
    flat = to_pixels(model.decode(uniform_grids(tuple(alone), levels)))[:, :stride, :stride]
    wide = flat.repeat(3, axis=1).repeat(3, axis=2)
    assert flat.shape == (codes, stride, stride, 3)
    return LevelStatistics(
        use=np.arange(codes, dtype=np.int64),
        use_by_label=np.zeros((len(model.labels), codes), dtype=np.int64),
        swatches=flat,
        fields=flat,
        contexts=wide,
        patches=wide,
        vectors=model.codebook(index),
        followers=np.zeros((2, 0), dtype=np.int32),
    )


def library_of(
    *models: TinyDecoder,
    broken: frozenset[str] = frozenset(),
    before_loading: Callable[[], object] = lambda: None,
) -> ModelLibrary:
    """A library of these models by name; loading those in `broken` fails."""
    known = {model.name: model for model in models}

    def find(name: str | Path) -> Path:
        if Path(name).stem not in known:
            raise ModelNotFound(f"model {str(name)!r}: neither built in nor a file")
        return card_of(known[Path(name).stem]).path

    def decoder(path: Path) -> Decoder:
        before_loading()
        if path.stem in broken:
            raise ModelFault(path, "is cut short")
        return known[path.stem]

    return ModelLibrary(
        builtin=lambda: {name: card_of(model).path for name, model in known.items()},
        find=find,
        card=lambda path: replace(card_of(known[path.stem]), path=path),
        statistics=lambda path: all_statistics_of(known[path.stem]),
        decoder=decoder,
    )
