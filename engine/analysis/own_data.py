"""A model before the pictures it was trained on: what it makes of those it has not seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.analysis.reconstruction import PREVIEW_COLUMNS, pairs
from engine.checkpoint import ModelCard
from engine.data.open import open_data
from engine.errors import RunFault
from engine.models.registry import load
from engine.training.shelf import read_settings


def reconstruct_own_data(
    card: ModelCard, count: int = PREVIEW_COLUMNS
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Originals and reconstructions, uint8 (n, H, W, C), of the validation split, else of all there are.

    Raises `ModelFault`, or `DataFault` where the data are not at hand.
    """
    model = load(card.path)
    pictures = open_data(data_of(card), card.image_size, card.channels)
    valid = pictures.split("valid")
    return pairs(model, valid if len(valid) else pictures, count)


def data_of(card: ModelCard) -> str:
    """Where the data are: a model only knows their name, the run that it lies in knows the place."""
    for folder in (card.path.parent, card.path.parent.parent):
        try:
            return read_settings(folder).data
        except RunFault:
            continue
    return card.data
