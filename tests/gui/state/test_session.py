"""Session: the card at once, the decoder from a worker after the first paint, the last model on failure."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from engine.errors import ModelFault, ModelNotFound
from gui.state.session import Session
from gui.workers.job import Worker
from gui.workers.load import ModelLibrary
from tests.gui.tiny import TinyModel, card_of, library_of

A = TinyModel("a", "a" * 64)
B = TinyModel("b", "b" * 64, codes=8)


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker("load")
    yield made
    assert made.stop(5)


def _ready(qtbot: QtBot, session: Session) -> None:
    qtbot.waitUntil(lambda: session.status == "ready")


def test_card_and_statistics_come_at_once_the_decoder_later(qtbot: QtBot, worker: Worker) -> None:
    threads: list[str] = []
    library = library_of(A, before_loading=lambda: threads.append(threading.current_thread().name))
    session = Session(library, worker)
    with qtbot.waitSignal(session.statistics_changed):
        assert session.open_model("a")
    assert session.card is not None
    assert session.model_name == "a"
    assert len(session.statistics[0].use) == 16
    assert (session.status, session.message, session.decoder) == ("loading", "Loading a", None)
    assert worker.pending == 0  # not before the window is painted
    session.start_loading()
    _ready(qtbot, session)
    assert session.decoder is A
    assert session.message == ""
    assert threads == ["codebrush-load"]


def test_a_model_that_is_not_there_leaves_the_last_one(qtbot: QtBot, worker: Worker) -> None:
    session = Session(library_of(A), worker)
    session.start_loading()
    session.open_model("a")
    _ready(qtbot, session)
    faults: list[Exception] = []
    session.failed.connect(faults.append)
    assert not session.open_model("nowhere")
    assert isinstance(faults[0], ModelNotFound)
    assert (session.model_name, session.status, session.decoder) == ("a", "ready", A)


def test_without_any_model_it_says_so(qapp: object, worker: Worker) -> None:
    del qapp
    session = Session(library_of(), worker)
    assert not session.open_model("emoji-vqvae")
    assert session.status == "failed"
    assert "emoji-vqvae" in session.message


def test_weights_that_cannot_be_loaded_bring_the_last_model_back(qtbot: QtBot, worker: Worker) -> None:
    session = Session(library_of(A, B, broken=frozenset("b")), worker)
    session.start_loading()
    session.open_model("a")
    _ready(qtbot, session)
    faults: list[Exception] = []
    session.failed.connect(faults.append)
    assert session.open_model("b")
    assert session.decoder is None
    qtbot.waitUntil(lambda: bool(faults))
    assert isinstance(faults[0], ModelFault)
    assert (session.model_name, session.status, session.decoder) == ("a", "ready", A)


def test_if_the_last_model_was_still_loading_it_is_loaded(qtbot: QtBot, worker: Worker) -> None:
    session = Session(library_of(A, B, broken=frozenset("b")), worker)
    session.open_model("a")
    session.open_model("b")
    session.start_loading()
    _ready(qtbot, session)
    assert session.decoder is A


def test_the_only_model_broken_is_a_failure_not_a_loop(qtbot: QtBot, worker: Worker) -> None:
    session = Session(library_of(A, broken=frozenset("a")), worker)
    session.open_model("a")
    session.start_loading()
    qtbot.waitUntil(lambda: session.status == "failed")
    assert session.message == "/models/a.safetensors: is cut short"
    assert session.decoder is None


def test_opening_the_same_model_again_is_no_work(qtbot: QtBot, worker: Worker) -> None:
    session = Session(library_of(A), worker)
    session.start_loading()
    session.open_model("a")
    _ready(qtbot, session)
    with qtbot.assertNotEmitted(session.decoder_changed):
        session.open_model("a")
    assert session.status == "ready"


def test_the_last_of_two_quick_choices_wins(qtbot: QtBot, worker: Worker) -> None:
    session = Session(library_of(A, B), worker)
    session.start_loading()
    session.open_model("a")
    session.open_model("b")
    _ready(qtbot, session)
    assert session.decoder is B
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert session.decoder is B


def test_finding_the_model_of_a_painting(qapp: object, worker: Worker) -> None:
    del qapp
    session = Session(library_of(A, B), worker)
    session.open_model("a")
    found = session.find("b" * 64)
    assert found is not None
    assert found.stem == "b"
    assert session.find("c" * 64) is None


def test_a_broken_built_in_model_is_passed_over_when_looking(qapp: object, worker: Worker) -> None:
    del qapp
    library = library_of(A, B)

    def card(path: object) -> object:
        if str(path).endswith("a.safetensors"):
            raise ModelFault(str(path), "is damaged")
        return library.card(path)  # type: ignore[arg-type]

    torn = ModelLibrary(library.builtin, library.find, card, library.statistics, library.decoder)  # type: ignore[arg-type]
    found = Session(torn, worker).find("b" * 64)
    assert found is not None
    assert found.stem == "b"


def test_a_loaded_model_is_used_at_once(qtbot: QtBot, worker: Worker) -> None:
    session = Session(library_of(A, B), worker)
    session.start_loading()
    session.open_model("a")
    _ready(qtbot, session)
    statuses: list[str] = []
    session.status_changed.connect(lambda: statuses.append(session.status))
    session.use_loaded(card_of(B), B)
    assert (session.model_name, session.decoder, session.statistics) == ("b", B, ())
    assert statuses == []  # nothing to wait for, so nothing flickers


def test_a_model_without_codes_is_not_opened(qtbot: QtBot, worker: Worker) -> None:
    vectors = replace(card_of(B), levels=(), latent_dim=8)
    library = replace(library_of(A, B), card=lambda path: vectors if path.stem == "b" else card_of(A))
    session = Session(library, worker)
    session.start_loading()
    session.open_model("a")
    _ready(qtbot, session)
    with qtbot.waitSignal(session.unpaintable) as heard:
        assert not session.open_model("b")
    assert heard.args == [vectors]
    assert (session.model_name, session.status, session.decoder) == ("a", "ready", A)


def test_runs_are_at_hand_too(worker: Worker) -> None:
    run = card_of(B).path
    session = Session(replace(library_of(A), runs=lambda: {"my run": run}), worker)
    assert session.at_hand()["my run"] == run
    assert session.runs == {"my run": run}
