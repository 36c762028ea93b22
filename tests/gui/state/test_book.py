from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.codes.document import Painting
from engine.decoding.decoder import to_pixels
from gui.state.book import Book, decode_looks
from gui.state.painting import PaintingState
from gui.workers.job import CancelledError, Ticket, Worker
from tests.fakes import TinyDecoder, TinyTwoLevelDecoder
from tests.gui.codebooks import COUNT, SessionStub, codebook, painting_of


@pytest.fixture
def painting(qtbot: QtBot) -> PaintingState:
    del qtbot
    return painting_of([[0, 1], [2, 3]])


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker("test")
    yield worker
    worker.stop()


def test_statistics_give_the_whole_book_at_once(painting: PaintingState, worker: Worker) -> None:
    book = Book(SessionStub((codebook(),)), painting, worker)
    assert book.looks is not None
    assert len(book.looks) == COUNT
    assert book.looks.statistics is not None
    assert worker.pending == 0


def test_nothing_yet_is_loading_until_it_fails(qtbot: QtBot, painting: PaintingState, worker: Worker) -> None:
    session = SessionStub(status="loading")
    book = Book(session, painting, worker)
    assert book.looks is None
    assert book.is_loading
    session.status = "failed"
    with qtbot.waitSignal(book.changed):
        session.status_changed.emit()
    assert not book.is_loading


def test_a_decoder_without_statistics_shows_its_vectors_then_its_fields(
    qtbot: QtBot, painting: PaintingState, worker: Worker
) -> None:
    decoder = TinyDecoder(codes=100)
    book = Book(SessionStub(decoder=decoder), painting, worker)
    assert book.looks is not None
    assert book.looks.projected
    with qtbot.waitSignal(book.changed):
        pass
    assert not book.looks.projected
    np.testing.assert_array_equal(book.looks.fields[40, 0, 0], np.rint(decoder.codebook(0)[40] * 255))


def test_a_decoder_that_fails_leaves_the_projection(
    qtbot: QtBot, painting: PaintingState, worker: Worker
) -> None:
    class Failing(TinyDecoder):
        def decode(self, codes: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
            raise MemoryError

    book = Book(SessionStub(decoder=Failing()), painting, worker)
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert book.looks is not None
    assert book.looks.projected


def test_statistics_that_come_later_take_over(qtbot: QtBot, painting: PaintingState, worker: Worker) -> None:
    session = SessionStub(decoder=TinyDecoder())
    book = Book(session, painting, worker)
    session.bring((codebook(),), TinyDecoder())
    qtbot.waitUntil(lambda: worker.pending == 0)
    assert book.looks is not None
    assert book.looks.statistics is not None


def test_the_same_statistics_again_change_nothing(
    qtbot: QtBot, painting: PaintingState, worker: Worker
) -> None:
    statistics = codebook()
    session = SessionStub((statistics,))
    book = Book(session, painting, worker)
    looks = book.looks
    with qtbot.assertNotEmitted(book.changed):
        session.bring((statistics,), TinyDecoder())
    assert book.looks is looks


def test_decoded_fields_are_those_of_large_uniform_grids() -> None:
    decoder = TinyDecoder(codes=70)
    looks = decode_looks(decoder, Ticket(lambda _fraction, _text: None))
    (fields,) = looks.fields
    assert fields.shape == (70, 4, 4, 3)
    assert looks.blank == (0,)
    for code in (0, 63, 64, 69):
        large = to_pixels(decoder.decode([np.full((1, 9, 9), code, dtype=np.int64)]))[0]
        np.testing.assert_array_equal(fields[code], large[16:20, 16:20])


def test_decoding_fields_stops_when_it_is_no_longer_wanted() -> None:
    ticket = Ticket(lambda _fraction, _text: None)
    ticket.cancel()
    with pytest.raises(CancelledError):
        decode_looks(TinyDecoder(), ticket)


def test_fields_of_two_levels_are_decoded_with_the_codes_that_go_with_them() -> None:
    decoder = TinyTwoLevelDecoder()
    looks = decode_looks(decoder, Ticket(lambda _fraction, _text: None))
    assert [fields.shape for fields in looks.fields] == [(12, 8, 8, 3), (16, 4, 4, 3)]
    assert looks.blank == (0, 0)
    white = looks.fields[0][0], looks.fields[1][0]
    assert all((fields == 255).all() for fields in white)  # white goes with white


def test_the_book_turns_to_the_level_that_is_painted(qtbot: QtBot, worker: Worker) -> None:
    decoder = TinyTwoLevelDecoder()
    painting = PaintingState(Painting.blank(2, 3, [0, 0], decoder))
    book = Book(SessionStub(decoder=decoder), painting, worker)
    assert book.looks is not None
    assert (book.level, len(book.looks)) == (0, 12)
    painting.set_level(1)
    assert (book.level, len(book.looks)) == (1, 16)
    assert book.looks.projected
    qtbot.waitUntil(lambda: book.looks is not None and not book.looks.projected)
    assert book.blank == (0, 0)
    painting.set_level(0)
    assert len(book.looks) == 12
    assert not book.looks.projected  # decoded once for all levels
    assert worker.pending == 0
