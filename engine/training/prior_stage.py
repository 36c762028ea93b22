"""Stage 2: priors learn from the codes that a trained model gives pictures. The model stays as it is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.analysis.reconstruction import PREVIEW_COLUMNS, device_of, write_sheet
from engine.checkpoint import (
    Description,
    ModelCard,
    PriorDescription,
    read_description,
    read_tensors,
    tensors_id,
)
from engine.data.batches import Batches, shares_of
from engine.data.source import Pictures
from engine.decoding.decoder import to_pixels
from engine.errors import RunFault
from engine.models.base import DiscreteAutoencoder, Trainable
from engine.models.registry import find_model, load
from engine.priors.batches import CodeBatches, copies_of
from engine.priors.code_cache import AS_THEY_ARE, Codes, cached_codes
from engine.priors.hierarchical import HierarchicalPrior
from engine.priors.layout import Layout
from engine.priors.likelihood import BATCH, bits_per_code, tensors_at
from engine.priors.pixelcnn import PriorConfig
from engine.progress import Progress
from engine.training.config import PriorOf, RunConfig
from engine.training.processes import Processes
from engine.training.run import Run
from engine.training.snapshot import Arrays, model_tensors
from engine.training.stage import MOST_MEASURED, Stage


@dataclass(frozen=True, slots=True)
class Given:
    """The model that priors are trained for: itself, its file's tensors and what they say of it."""

    model: DiscreteAutoencoder
    tensors: Arrays
    description: Description


class PriorStage(Stage):
    """Trains on the codes of the train split and of its copies, is measured on the validation split's."""

    command = "train-prior"
    finishing = "Saving"

    def __init__(
        self,
        config: RunConfig,
        pictures: Pictures,
        given: Given,
        train: Codes,
        valid: Codes | None,
        layout: dict[str, Tensor] | None = None,
    ) -> None:
        """`valid` is None without a validation split; `layout` are the tensors of one to begin with."""
        assert config.prior is not None
        self.pictures = pictures
        self._config = config
        self._asked: PriorOf = config.prior
        self._given = given
        self._labels = pictures.split("train").labels
        self._train, self._valid, self._layout = train, valid, layout
        self._valid_labels = pictures.split("valid").spread(MOST_MEASURED).labels

    @property
    def kept(self) -> Arrays:
        return self._given.tensors

    def build(self) -> HierarchicalPrior:
        config = msgspec.convert(self._asked.config, PriorConfig)
        prior = HierarchicalPrior(config, self._given.model.levels)
        if prior.layout is not None and self._layout is not None:
            prior.layout.load_state_dict(self._layout)
        return prior

    def batches(self, processes: Processes) -> Batches:
        size, seed = self._config.training.batch_size, self._config.seed
        processes.part_of(size)
        how, variations = self._config.augmentation, self._config.variations
        rank, ranks = processes.rank, processes.ranks
        return CodeBatches(self._train, self._labels, size, seed, how, variations, rank, ranks)

    def validate(self, model: Trainable[Any]) -> dict[str, float]:
        """Bits per code of each level and of all codes together."""
        if self._valid is None:
            return {}
        levels = bits_per_code(_prior(model), self._valid, self._valid_labels)
        sizes = [grid[0].size for grid in self._valid]
        figures = {f"valid_bits_{index}": bits for index, bits in enumerate(levels)}
        return {"valid_bits": float(np.average(levels, weights=sizes)), **figures}

    def score(self, metrics: Mapping[str, float]) -> float:
        return -metrics["valid_bits"]

    def seconds_besides(self, model: Trainable[Any]) -> tuple[float, float]:
        if self._valid is None:
            return 0.0, 0.0
        some, labels = [level[:BATCH] for level in self._valid], self._valid_labels[:BATCH]
        bits_per_code(_prior(model), some, labels)  # kernels for this size are set up once
        started = time.monotonic()
        bits_per_code(_prior(model), some, labels)
        return (time.monotonic() - started) * len(self._valid_labels) / len(labels), 0.0

    @torch.inference_mode()
    def preview(self, model: Trainable[Any], path: Path) -> None:
        """Pictures above; below, each code is the likeliest given the true ones before it: no sampling."""
        codes, labels = (
            (self._train, self._labels) if self._valid is None else (self._valid, self._valid_labels)
        )
        rows = np.linspace(0, len(labels) - 1, min(PREVIEW_COLUMNS, len(labels))).astype(int)
        prior, device = _prior(model), device_of(self._given.model)
        grids, condition = tensors_at(prior, codes, labels, rows, device)
        likeliest = [logits.argmax(1) for logits in prior(grids, condition, prior.layout_of(grids))]
        write_sheet([self._pixels(grids), self._pixels(likeliest)], path)

    def stored(self, weights: Arrays) -> Arrays:
        """Half as precise, if that was asked for: but for what says which layout codes have."""
        if self._asked.config.get("file_precision") != "float16":
            return weights
        return {
            name: weight if name.startswith("prior.layout.") else _halved(weight)
            for name, weight in weights.items()
        }

    def describe(
        self,
        model: Trainable[Any],
        recipe: dict[str, Any],
        training: dict[str, Any],
        metrics: dict[str, float],
    ) -> Description:
        prior = _prior(model)
        # A model travels: it names what it was made of, not where somebody keeps it.
        recipe = {**recipe, "prior": {**recipe["prior"], "model": self._asked.name}}
        described = PriorDescription(
            config=msgspec.to_builtins(prior.config),
            model_id=self._given.description.model_id,
            prior_id=tensors_id(model_tensors(prior), prior.file_prefix),
            data=self.pictures.data_name,
            labels=list(self.pictures.label_names) if prior.label_count else [],
            recipe=recipe,
            training=training,
            metrics=metrics,
        )
        return msgspec.structs.replace(self._given.description, prior=described)

    def told(self, card: ModelCard) -> tuple[dict[str, Any], dict[str, Any]]:
        if card.prior is None:
            return {}, {}
        return card.prior.training, card.prior.metrics

    def quality(self, metrics: Mapping[str, float]) -> str:
        bits = metrics.get("valid_bits")
        return "" if bits is None else f", {bits:.3f} bits per code on the validation split"

    def _pixels(self, codes: list[Tensor]) -> Any:
        return to_pixels(self._given.model.decode_codes(codes).cpu().numpy())


def prior_stage(
    run: Run, config: RunConfig, pictures: Pictures, device: torch.device, progress: Progress
) -> PriorStage:
    """The stage of a run; the first time, the codes of its pictures are extracted.

    The run's own snapshot holds the model: the file that it came from may be gone when the run goes on.
    Raises `RunFault` where the model is not the one that the run began with.
    """
    assert config.prior is not None
    given = _given(run.last if run.last.exists() else find_model(config.prior.model), str(device))
    model_id = given.description.model_id
    if model_id != config.prior.model_id:
        raise RunFault(run.folder, f"its priors are for another model than {config.prior.model} is now")
    train, valid = pictures.split("train"), pictures.split("valid").spread(MOST_MEASURED)
    copies = copies_of(config.augmentation, config.variations)
    train_codes = cached_codes(given.model, model_id, train, copies, progress)
    valid_codes = cached_codes(given.model, model_id, valid, AS_THEY_ARE, progress) if len(valid) else None
    layout = (
        None if run.last.exists() else _layout(config, given.model, train_codes[0], train.labels, progress)
    )
    return PriorStage(config, pictures, given, train_codes, valid_codes, layout)


def _layout(
    config: RunConfig,
    model: DiscreteAutoencoder,
    codes: NDArray[np.uint16],
    labels: NDArray[np.int64],
    progress: Progress,
) -> dict[str, Tensor] | None:
    """The tensors of a layout for the pictures as they are: their copies have much the same blocks."""
    assert config.prior is not None
    asked = msgspec.convert(config.prior.config, PriorConfig)
    if not asked.layout:
        return None
    layout = Layout(model.levels[0], asked.layout, asked.layout_block)
    shares = shares_of(labels, config.augmentation.label_balance)
    layout.fit(codes, model.codebook(0), shares, config.seed, progress)
    return dict(layout.state_dict())


def _halved(weight: NDArray[Any]) -> NDArray[Any]:
    """As float16; as it is where that would be infinite."""
    with np.errstate(over="ignore"):
        half = weight.astype(np.float16)
    return half if np.isfinite(half).all() else weight


def _given(path: Path, device: str) -> Given:
    model = load(path, device)
    assert isinstance(model, DiscreteAutoencoder)
    tensors = {**read_tensors(path, model.file_prefix), **read_tensors(path, "stats.")}
    return Given(model, tensors, msgspec.structs.replace(read_description(path), prior=None))


def _prior(model: Trainable[Any]) -> HierarchicalPrior:
    assert isinstance(model, HierarchicalPrior)
    return model
