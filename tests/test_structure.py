"""The rules of the house, run as tests: who imports whom, clean types, clean style, lazy imports."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(sys.executable).parent


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_who_may_import_whom() -> None:
    run(str(PROGRAMS / "lint-imports"), "--no-cache")


def test_workers_import_no_widgets_and_nobody_imports_main() -> None:
    # What import-linter cannot say: a part of another package, and a module that is no package.
    for path in ROOT.glob("gui/workers/*.py"):
        assert "QtWidgets" not in path.read_text(), path
    for room in ("gui", "engine", "exporters"):
        for path in (ROOT / room).rglob("*.py"):
            assert not re.search(r"^\s*(import main\b|from main import)", path.read_text(), re.MULTILINE), (
                path
            )


def test_style() -> None:
    run(str(PROGRAMS / "ruff"), "check", "--no-cache", ".")
    run(str(PROGRAMS / "ruff"), "format", "--no-cache", "--check", ".")


@pytest.mark.timeout(600)
def test_types(tmp_path: Path) -> None:
    run(str(PROGRAMS / "mypy"), "--cache-dir", str(tmp_path))


@pytest.mark.parametrize(
    "module", ["main", "engine", "gui", "exporters", "engine.checkpoint", "engine.models.registry", "gui.app"]
)
def test_importing_is_quick_because_the_heavy_libraries_come_later(module: str) -> None:
    heavy = "torch", "onnx", "onnxruntime", "onnxscript", "pyqtgraph", "rich"
    run(
        sys.executable,
        "-c",
        f"import sys, {module}; found = [n for n in {heavy!r} if n in sys.modules]; assert not found, found",
    )


def test_no_file_of_the_program_is_too_long_to_be_read() -> None:
    files = [p for room in ("gui", "engine", "exporters") for p in (ROOT / room).rglob("*.py")]
    assert len(files) > 40
    long = {str(p.relative_to(ROOT)): n for p in files if (n := len(p.read_text().splitlines())) > 400}
    assert not long
