"""A model before its own data: those of its name, or those of the run that it lies in."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.analysis.own_data import data_of, reconstruct_own_data
from engine.checkpoint import read_card
from engine.errors import DataFault
from tests.small import write_small_model


def picture_folder(folder: Path, count: int = 30) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        Image.new("RGB", (16, 16), (8 * number, 100, 50)).save(folder / f"{number:02d}.png")
    return folder


def test_a_run_knows_where_its_pictures_are(tmp_path: Path) -> None:
    data = picture_folder(tmp_path / "pictures")
    path = write_small_model(tmp_path / "run" / "last" / "weights.safetensors", with_statistics=False)
    (tmp_path / "run" / "config.json").write_text(json.dumps({"family": "vqvae", "data": str(data)}))
    card = read_card(path)
    assert data_of(card) == str(data)
    originals, decoded = reconstruct_own_data(card, count=2)
    assert originals.shape == decoded.shape == (2, 16, 16, 3)
    assert (originals[..., 1:] == (100, 50)).all()
    assert decoded.dtype == np.uint8


def test_data_that_are_not_at_hand_are_named(tmp_path: Path) -> None:
    card = read_card(write_small_model(tmp_path / "alone.safetensors", with_statistics=False))
    assert data_of(card) == "blobs"
    with pytest.raises(DataFault, match="blobs"):
        reconstruct_own_data(replace(card, data="blobs"))
