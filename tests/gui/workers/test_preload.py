"""Preloading torch's library: the import still works, and finds it loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

CODE = """
import sys
from pathlib import Path
from gui.workers.preload import preload_torch
preload_torch()
assert "torch" not in sys.modules
print("libtorch_cpu" in Path("/proc/self/maps").read_text())
import torch
print(float(torch.ones(3).sum()))
preload_torch()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_torch_works_after_preloading_its_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.split() == ["True", "3.0"]
