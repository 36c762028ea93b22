"""Tables of vectors: random, but for models of shapes alone, which should not wait for random numbers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch

from engine.layers.embedding import embedding
from tests.small import write_small_priors, write_small_two_level_model


def test_it_is_standard_normal() -> None:
    torch.manual_seed(0)
    table = embedding(200, 50)
    assert table.weight.requires_grad
    weight = table.weight.detach()
    assert abs(float(weight.mean())) < 0.03
    assert abs(float(weight.std()) - 1) < 0.03


def test_opening_a_model_with_priors_does_not_load_what_compiles_models(tmp_path: Path) -> None:
    path = write_small_priors(tmp_path / "two.safetensors", write_small_two_level_model(tmp_path / "bare"))
    program = (
        "import sys, engine\n"
        f"assert engine.load({str(path)!r}).priors is not None\n"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
