"""What every test is held to: offscreen by itself, no leaked window, no live thread, no logged error."""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from collections.abc import Iterator

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
if "PYTEST_XDIST_WORKER" in os.environ:  # every core has a process of its own to run tests
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

# The same examples at every run, so that what is green stays green and what is red can be repeated;
# HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Decoded pictures of tests are not kept among the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODEBRUSH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _no_logged_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    records = [*caplog.get_records("setup"), *caplog.get_records("call")]
    bad = [record for record in records if record.levelno >= logging.WARNING]
    assert not bad, f"logged: {[record.getMessage() for record in bad]}"


@pytest.fixture(autouse=True)
def _no_live_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 5
    while alive := [t for t in threading.enumerate() if t not in before and t.is_alive() and not _is_pool(t)]:
        if time.monotonic() > deadline:
            pytest.fail(f"threads left alive: {[t.name for t in alive]}")
        time.sleep(0.01)


def _is_pool(thread: threading.Thread) -> bool:
    # torch starts one bookkeeping thread of its own per process and keeps it; Python cannot join it.
    return isinstance(thread, threading._DummyThread)


@pytest.fixture(autouse=True)
def _no_leaked_windows(request: pytest.FixtureRequest) -> Iterator[None]:
    if "qtbot" not in request.fixturenames:
        yield
        return
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    qtbot = request.getfixturevalue("qtbot")
    before = set(QApplication.topLevelWidgets())
    yield
    # Widgets that the test handed to qtbot are closed by it after this check: they are not leaks.
    for reference, _ in getattr(request.node, "qt_widgets", []):
        widget = reference()
        if widget is not None:
            widget.close()
            widget.deleteLater()
    request.node.qt_widgets = []
    del qtbot
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    leaked = [w for w in QApplication.topLevelWidgets() if w not in before and w.parent() is None]
    assert not leaked, f"top-level widgets left: {leaked}"
