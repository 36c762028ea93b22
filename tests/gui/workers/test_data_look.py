from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.errors import DataFault
from gui.workers.data_look import SHEET, data_title, look_at_data
from gui.workers.job import CancelledError, Ticket


def _quiet() -> Ticket:
    return Ticket(lambda _part, _what: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """30 cats, 10 dogs and one owl, and a file that is no picture."""
    for label, count in (("cat", 30), ("dog", 10), ("owl", 1)):
        (tmp_path / "animals" / label).mkdir(parents=True)
        for place in range(count):
            colour = (place, 2 * place, len(label))
            Image.new("RGB", (20, 20), colour).save(tmp_path / "animals" / label / f"{place:02}.png")
    (tmp_path / "animals" / "cat" / "broken.png").write_bytes(b"nothing")
    return tmp_path / "animals"


def test_everything_about_a_folder_is_said(folder: Path) -> None:
    look = look_at_data(str(folder), _quiet())
    assert dict(look.labels) == {"cat": 30, "dog": 10, "owl": 1}
    assert look.is_labelled
    assert look.count == 41
    assert set(look.splits) == {"train", "valid", "test"}
    assert len(look.skipped) == 1
    assert look.sheet.shape == (SHEET, look.size, look.size, look.channels)
    assert look.sheet.dtype == np.uint8


def test_every_label_comes_before_any_comes_twice(folder: Path) -> None:
    look = look_at_data(str(folder), _quiet())
    shown = [caption.partition("\n")[2] for caption in look.captions]
    assert shown[:5] == ["cat", "dog", "owl", "cat", "dog"]
    assert shown.count("owl") == 1


def test_fewer_pictures_make_a_smaller_sheet(tmp_path: Path) -> None:
    for place in range(3):
        Image.new("L", (8, 8), place).save(tmp_path / f"{place}.png")
    look = look_at_data(str(tmp_path), _quiet())
    assert len(look.sheet) == len(look.captions) == 3
    assert not look.is_labelled


def test_it_tells_how_far_it_is_and_can_be_cancelled(folder: Path) -> None:
    told: list[tuple[float, str]] = []
    stop = threading.Event()

    def note(part: float, what: str) -> None:
        told.append((part, what))
        stop.set()

    look_at_data(str(folder), Ticket(note))
    assert told
    assert all(0 <= part <= 1 for part, _ in told)
    ticket = Ticket(lambda _part, _what: ticket.cancel())
    with pytest.raises(CancelledError):
        look_at_data(str(folder), ticket)


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataFault):
        look_at_data(str(tmp_path / "nowhere"), _quiet())


def test_lists_name_sets_by_their_last_part() -> None:
    assert data_title("mnist") == "MNIST digits"
    assert data_title("/home/me/pictures/flowers") == "flowers"
    assert data_title("/") == "/"
