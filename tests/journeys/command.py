"""Running commands and how they ended, with what small trainings need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("image_size=16", "codes=16", "code_dim=4", "hidden=8", "residual_hidden=4", "validations=2")
HEADLESS = [
    "models", "info", "train", "train-prior", "presets", "evaluate", "encode", "decode", "sample",
    "resample", "export", "tour", "benchmark",
]  # fmt: skip


@dataclass(frozen=True)
class Result:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        """The one JSON object on standard output."""
        assert self.status == 0, self.err
        return json.loads(self.out)

    def refused(self, *words: str, status: int = 1) -> None:
        """It failed with one line on standard error that says all of `words`, and no traceback."""
        assert self.status == status, (self.out, self.err)
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("codebrush: ")
        assert "Traceback" not in self.err
        for word in words:
            assert word in self.err, self.err


Call = Callable[..., Result]
"""A command, word by word."""


def real(*words: object, cwd: Path, **env: str) -> Result:
    """The command in a process of its own."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *map(str, words)],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def settings() -> list[str]:
    return [word for setting in SMALL for word in ("--set", setting)]


def pictures(folder: Path, count: int, seed: int = 0, size: tuple[int, int] = (20, 16)) -> Path:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for index in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (3, 3, 3), dtype=np.uint8))
        coarse.resize(size, Image.Resampling.BICUBIC).save(folder / f"{index}.png")
    return folder


def train(call: Call, photos: Path, out: object, *more: object) -> Result:
    return call("train", "--model", "vqvae", "--data", photos, "--out", out, *settings(), *more)
