"""Pictures drawn on a worker: step by step, with a model that is opened once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import ModelNotFound
from gui.workers.job import CancelledError, Ticket
from gui.workers.sample import PictureMaker, Seen, Wish


def ticket() -> Ticket:
    return Ticket(lambda _fraction, _text: None)


def all_seen(maker: PictureMaker) -> Iterator[Seen]:
    while (seen := maker.go_on(ticket())) is not None:
        yield seen


@pytest.fixture
def model(sample_models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sample_models / "one.safetensors", tmp_path / "one.safetensors"))


def test_pictures_come_in_batches_from_above(model: Path) -> None:
    maker = PictureMaker()
    maker.begin(Wish(model, "prior", 20), ticket())
    seen = [(s.first, len(s.pictures), s.seen_px) for s in all_seen(maker)]
    assert seen == [(0, 16, px) for px in (4, 8, 12, 16)] + [(16, 4, px) for px in (4, 8, 12, 16)]


def test_a_model_is_opened_once_and_anew_when_its_file_changes(model: Path) -> None:
    maker = PictureMaker()
    maker.begin(Wish(model, "uniform", 1), ticket())
    first = maker._kept
    maker.begin(Wish(model, "unigram", 1), ticket())
    assert maker._kept is first
    model.write_bytes(model.read_bytes())
    maker.begin(Wish(model, "uniform", 1), ticket())
    assert maker._kept is not first


def test_beginning_gives_up_what_was_being_drawn(model: Path) -> None:
    maker = PictureMaker()
    maker.begin(Wish(model, "prior", 1), ticket())
    model.unlink()
    with pytest.raises(ModelNotFound):
        maker.begin(Wish(model, "prior", 1), ticket())
    assert maker.go_on(ticket()) is None


def test_a_cancelled_job_draws_nothing(model: Path) -> None:
    maker, cancelled = PictureMaker(), ticket()
    cancelled.cancel()
    with pytest.raises(CancelledError):
        maker.begin(Wish(model, "prior", 1), cancelled)
    with pytest.raises(CancelledError):
        maker.go_on(cancelled)
