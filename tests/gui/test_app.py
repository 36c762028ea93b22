"""Starting: what is imported before the window shows, and what is said without a display."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gui.app import display_fault

ROOT = Path(__file__).resolve().parents[2]
LATE = ("torch", "onnx", "onnxruntime", "pyqtgraph")

SHOW = """
import sys, tempfile
from pathlib import Path
from PySide6.QtWidgets import QApplication
from gui import theme
from gui.app import build
from gui.settings import Folders
app = QApplication([])
theme.apply_theme(app)
with tempfile.TemporaryDirectory() as folder:
    studio = build(Folders(Path(folder) / "config", Path(folder) / "data"))
    studio.session.start_loading = lambda: None
    painted = []
    studio.window.painted.connect(lambda: painted.append(True))
    studio.window.show()
    while not painted:
        app.processEvents()
    print(*[name for name in sys.argv[1:] if name in sys.modules])
    if "copy" in sys.argv:
        studio.clipboard.copy()
    studio.close()
"""


def _python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_the_window_shows_without_torch_onnx_or_pyqtgraph() -> None:
    assert _python(SHOW, *LATE).stdout.strip() == ""


def test_the_program_ends_well_with_copied_cells_on_the_clipboard() -> None:
    _python(SHOW, "copy")  # a crash after the end of Python would be its exit status


def test_looking_for_a_display_imports_no_qt() -> None:
    code = "import sys, gui.app; gui.app.display_fault(); print('PySide6' in sys.modules)"
    assert _python(code).stdout.strip() == "False"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_no_display_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    fault = display_fault()
    assert fault is not None
    assert "no display" in fault
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert display_fault() is None


RUN_AND_CLOSE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import gui.studio
from gui.app import run
begin = gui.studio.Studio.__init__
def watched(studio, *args, **kwargs):
    begin(studio, *args, **kwargs)
    studio.window.painted.connect(lambda: QTimer.singleShot(50, studio.window.close))
gui.studio.Studio.__init__ = watched
sys.exit(run(None))
"""


def test_the_program_starts_and_closes_in_the_middle_of_loading(tmp_path: Path) -> None:
    folders = {name: str(tmp_path / name) for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME")}
    done = _python(RUN_AND_CLOSE, **folders)
    assert "Traceback" not in done.stderr
    assert list(tmp_path.rglob("codebrush.ini"))
