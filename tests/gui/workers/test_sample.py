"""Pictures drawn on a worker: step by step, with a model that is opened once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.checkpoint import read_card
from engine.errors import ModelNotFound, OptionFault
from engine.sampling.requests import MoreLikeRequest, Part, SampleRequest
from gui.workers import sample
from gui.workers.job import CancelledError, Ticket
from gui.workers.sample import PictureMaker


def ticket() -> Ticket:
    return Ticket(lambda _fraction, _text: None)


def all_seen(maker: PictureMaker) -> Iterator[Part]:
    while (step := maker.go_on(ticket())) is not None:
        if step.part is not None:
            yield step.part


@pytest.fixture
def model(sample_models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sample_models / "one.safetensors", tmp_path / "one.safetensors"))


def test_pictures_come_in_batches_from_above(model: Path) -> None:
    maker = PictureMaker()
    maker.begin(SampleRequest(model, 20, source="prior"), ticket())
    seen = [(s.first, len(s.pictures), s.seen_px) for s in all_seen(maker)]
    assert seen == [(0, 16, px) for px in (4, 8, 12, 16)] + [(16, 4, px) for px in (4, 8, 12, 16)]


def test_a_model_is_opened_once_and_anew_when_its_file_changes(model: Path) -> None:
    maker = PictureMaker()
    maker.begin(SampleRequest(model, 1, source="uniform"), ticket())
    first = maker._kept
    maker.begin(SampleRequest(model, 1, source="unigram"), ticket())
    assert maker._kept is first
    model.write_bytes(model.read_bytes())
    maker.begin(SampleRequest(model, 1, source="uniform"), ticket())
    assert maker._kept is not first


def test_beginning_gives_up_what_was_being_drawn(model: Path) -> None:
    maker = PictureMaker()
    maker.begin(SampleRequest(model, 1, source="prior"), ticket())
    model.unlink()
    with pytest.raises(ModelNotFound):
        maker.begin(SampleRequest(model, 1, source="prior"), ticket())
    assert maker.go_on(ticket()) is None


def test_a_cancelled_job_draws_nothing(model: Path) -> None:
    maker, cancelled = PictureMaker(), ticket()
    cancelled.cancel()
    with pytest.raises(CancelledError):
        maker.begin(SampleRequest(model, 1, source="prior"), cancelled)
    maker.begin(SampleRequest(model, 1, source="prior"), ticket())
    with pytest.raises(CancelledError):
        maker.go_on(cancelled)


def test_a_turn_ends_where_there_is_nothing_to_see_yet(
    sample_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "TURN_S", 0.0)
    maker = PictureMaker()
    maker.begin(SampleRequest(sample_models / "two.safetensors", 1, source="prior"), ticket())
    first = maker.go_on(ticket())
    assert first is not None
    assert first.part is None  # the coarse codes are drawn before anything is seen
    assert 0 < first.share < 0.5


def test_it_says_of_which_model_it_draws(model: Path) -> None:
    card = PictureMaker().begin(SampleRequest(model, 1, source="prior"), ticket())
    assert card == read_card(model)


def test_more_like_a_picture_comes_one_after_another(model: Path) -> None:
    maker = PictureMaker()
    card = maker.begin(MoreLikeRequest(model, 3, (np.zeros((4, 4), np.int64),)), ticket())
    assert card == read_card(model)
    seen = [(part.first, part.seen_px) for part in all_seen(maker)]
    assert seen == sorted(seen)
    assert [first for first, seen_px in seen if seen_px == 16] == [0, 1, 2]


def test_frames_are_of_the_model_that_made_the_picture(model: Path, sample_models: Path) -> None:
    maker, card, codes = PictureMaker(), read_card(model), (np.zeros((4, 4), np.int64),)
    frames = maker.frames(card, codes, ticket())
    assert [frame.shape for frame in frames] == [(16, 16, 3)] * 16
    vae = read_card(sample_models / "vae.safetensors")
    with pytest.raises(OptionFault, match="vae has no codes"):
        maker.frames(vae, (), ticket())
    shutil.copy(sample_models / "two.safetensors", model)
    with pytest.raises(OptionFault, match="one has changed since"):
        maker.frames(card, codes, ticket())
    cancelled = ticket()
    cancelled.cancel()
    with pytest.raises(CancelledError):
        maker.frames(card, codes, cancelled)
