"""The kernel is used once it lies in the cache folder, and torch until then."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import CannotWrite
from engine.priors import compiling
from engine.priors.cells import Cells
from engine.priors.compiling import compile_kernel, is_compiled, quickest_cells


def test_torch_serves_until_the_kernel_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEBRUSH_CACHE", str(tmp_path))
    assert not is_compiled()
    assert quickest_cells() is Cells
    environment = os.environ | {"CODEBRUSH_CACHE": str(tmp_path)}
    subprocess.run([sys.executable, "-m", "engine.priors.compiling"], env=environment, check=True)
    assert is_compiled()
    assert list((tmp_path / "kernels").rglob("*.nbc"))
    assert quickest_cells().__name__ == "CompiledCells"
    copy = tmp_path / "kernel.py"
    copy.write_bytes(compiling._KERNELS[0].read_bytes())
    monkeypatch.setattr(compiling, "_KERNELS", (copy, *compiling._KERNELS[1:]))
    assert not is_compiled()  # numba would compile it once more


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("CODEBRUSH_CACHE", str(tmp_path / "file"))
    with pytest.raises(CannotWrite, match=r"kernels.*: cannot be written"):
        compile_kernel()
    assert not is_compiled()
