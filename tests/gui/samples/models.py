"""Small models in files, and a session that finds them."""

from __future__ import annotations

from pathlib import Path

from engine.checkpoint import ModelCard, read_card
from tests.small import (
    write_small_model,
    write_small_priors,
    write_small_two_level_model,
    write_small_vector_model,
)


class Shelf:
    """As much of a session as samples need."""

    card: ModelCard | None = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def look(self, path: Path) -> ModelCard:
        return read_card(path)

    def at_hand(self) -> dict[str, Path]:
        return {path.stem: path for path in sorted(self.folder.glob("*.safetensors"))}


def write_models(folder: Path) -> Path:
    """`bare`, `one` and `two` (with priors), `vae`."""
    folder.mkdir(exist_ok=True)
    bare = write_small_model(folder / "bare.safetensors")
    write_small_priors(folder / "one.safetensors", bare)
    two = write_small_two_level_model(folder / "two.safetensors")
    write_small_priors(two, two)
    write_small_vector_model(folder / "vae.safetensors")
    return folder
