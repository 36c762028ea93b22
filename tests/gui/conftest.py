"""What tests of the window share: a studio with a tiny model, shown and closed again."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import theme
from gui.settings import Folders
from gui.state.samples import SamplesState
from gui.studio import Studio
from gui.workers.job import Worker
from gui.workers.kernel import KernelCompiler
from gui.workers.load import ModelLibrary
from tests.gui.fake_trainer import PROGRAM
from tests.gui.samples.models import Shelf, write_models
from tests.gui.tiny import TinyModel, library_of
from tests.gui.train.forms import READER

OpenStudio = Callable[..., Studio]


class Answers:
    """A file chooser that answers at once with what a test has laid out; without that it is cancelled."""

    def __init__(self) -> None:
        self.answer: Path | None = None
        self.asked: list[str] = []
        self.suggested: list[str] = []

    def to_open(self, title: str, _filters: str, chosen: Callable[[Path], object]) -> None:
        self._ask(title, chosen)

    def to_save(
        self, title: str, name: str, _suffix: str, _filters: str, chosen: Callable[[Path], object]
    ) -> None:
        self.suggested.append(name)
        self._ask(title, chosen)

    def folder(self, title: str, chosen: Callable[[Path], object]) -> None:
        self._ask(title, chosen)

    def _ask(self, title: str, chosen: Callable[[Path], object]) -> None:
        self.asked.append(title)
        if self.answer is not None:
            answer, self.answer = self.answer, None
            chosen(answer)


def compiler() -> KernelCompiler:
    """One that has nothing to do: compiling takes a quarter of a minute, and no test waits for it."""
    return KernelCompiler(is_done=lambda: True)


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "config", tmp_path / "data")


@pytest.fixture
def open_studio(qtbot: QtBot, qapp: QApplication, answers: Answers, folders: Folders) -> Iterator[OpenStudio]:
    """`open_studio(library, first)`: shown, active and with nothing left to do."""
    theme.apply_theme(qapp)
    opened: list[Studio] = []

    def open_(
        library: ModelLibrary | None = None,
        first: Path | None = None,
        wait: bool = True,
        kernel: KernelCompiler | None = None,
    ) -> Studio:
        library = library or library_of(TinyModel("tiny"))
        studio = Studio(folders, library, first, answers, PROGRAM, READER, kernel or compiler())
        opened.append(studio)
        studio.window.resize(1280, 720)
        studio.window.show()
        studio.window.activateWindow()
        qtbot.waitUntil(lambda: studio.window.isActiveWindow() or qapp.activeModalWidget() is not None)
        if wait:
            qtbot.waitUntil(lambda: studio.session.status != "loading" and studio.is_idle)
        return studio

    yield open_
    for studio in opened:
        studio.close()
        studio.window.deleteLater()
    opened.clear()
    gc.collect()


@pytest.fixture
def studio(open_studio: OpenStudio) -> Studio:
    return open_studio()


# Samples


@pytest.fixture(scope="session")
def sample_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small models; only read."""
    return write_models(tmp_path_factory.mktemp("small") / "models")


@pytest.fixture
def samples_state(qtbot: QtBot, qapp: QApplication, sample_models: Path) -> Iterator[SamplesState]:
    theme.apply_theme(qapp)
    worker = Worker("model")
    made = SamplesState(Shelf(sample_models), worker)  # type: ignore[arg-type]  # as much of a session as is needed
    yield made
    assert worker.stop(10)
