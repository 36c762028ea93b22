"""What there is to open, and what a model says of itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.checkpoint import read_card
from engine.models import registry
from engine.models.catalogue import describe_card, list_models
from tests.small import write_small_model


@pytest.fixture
def builtin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(registry, "BUILTIN_FOLDER", tmp_path / "builtin")
    return write_small_model(tmp_path / "builtin" / "house.safetensors")


def test_builtin_models_come_first_then_runs(builtin: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    for place in ("finished/model.safetensors", "begun/last/weights.safetensors"):
        (runs / place).parent.mkdir(parents=True)
        shutil.copy(builtin, runs / place)
    (runs / "empty").mkdir()
    (runs / "notes.txt").touch()
    (runs / "torn").mkdir()
    (runs / "torn" / "model.safetensors").write_bytes(builtin.read_bytes()[:-9])
    rows = list_models(runs)
    assert [(row["name"], row["builtin"]) for row in rows] == [
        ("house", True), ("begun", False), ("finished", False), ("torn", False),
    ]  # fmt: skip
    house = rows[0]
    assert (house["family"], house["data"], house["image_size"], house["channels"]) == (
        "vqvae",
        "blobs",
        16,
        3,
    )
    assert house["bytes"] == builtin.stat().st_size
    assert rows[1]["path"] == str(runs / "begun" / "last" / "weights.safetensors")
    assert "cut short" in rows[3]["fault"]
    assert json.loads(json.dumps(rows)) == rows


def test_no_runs_are_no_rows(builtin: Path, tmp_path: Path) -> None:
    assert [row["name"] for row in list_models(tmp_path / "nowhere")] == ["house"]


def test_a_card_is_described_in_full(builtin: Path) -> None:
    card = read_card(builtin)
    description = describe_card(card)
    assert description["levels"] == [{"stride_px": 4, "codes": 24, "dim": 6}]
    for fact in ("name", "family", "model_id", "parameters", "config", "recipe", "training", "metrics"):
        assert description[fact] == getattr(card, fact), fact
    assert description["bytes"] == builtin.stat().st_size
    assert json.loads(json.dumps(description)) == description
