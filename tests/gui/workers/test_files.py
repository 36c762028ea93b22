"""What a file is taken for, snapshots, and autosaves that can be read again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.codes.box import Box
from engine.codes.document import Painting
from engine.codes.history import Step
from engine.errors import PaintingFault
from gui.workers.files import (
    Autosave,
    belongs_to,
    kind_of,
    open_painting,
    read_autosave,
    snapshot,
    write_autosave,
)
from gui.workers.job import Ticket
from tests.gui.tiny import TinyModel


def _ticket() -> Ticket:
    return Ticket(lambda _done, _text: None)


@pytest.fixture
def painted() -> Painting:
    painting = Painting.blank(4, 6, [2], TinyModel(), "Sea")
    patch = painting.grid.paint(0, Box(0, 0, 1, 2), np.ones((1, 2), np.bool_), 9)
    assert patch is not None
    painting.history.commit(Step("Brush", (patch,)))
    return painting


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.codebrush", "painting"),
        ("A.CODEBRUSH", "painting"),
        ("model.safetensors", "model"),
        ("manifest.json", "model"),
        ("a.png", "picture"),
        ("notes.txt", "picture"),
    ],
)
def test_files_are_told_apart_by_what_one_means(tmp_path: Path, name: str, kind: str) -> None:
    assert kind_of(tmp_path / name) == kind


def test_a_folder_is_a_model(tmp_path: Path) -> None:
    assert kind_of(tmp_path) == "model"


def test_a_snapshot_does_not_follow_its_painting(painted: Painting) -> None:
    kept = snapshot(painted)
    painted.grid.paint(0, Box(1, 1, 2, 2), np.ones((1, 1), np.bool_), 5)
    assert kept.grid.levels[0][1, 1] == 2
    assert kept.history.undo_label == "Brush"
    assert kept.title == "Sea"
    np.testing.assert_array_equal(kept.start[0], painted.start[0])


def test_an_autosave_comes_back_unsaved_with_its_file_and_source(tmp_path: Path, painted: Painting) -> None:
    painted.path, painted.source = tmp_path / "sea.codebrush", b"\x89PNG source"
    order = Autosave(snapshot(painted), tmp_path, "painting-1", writes_source=True)
    write_autosave(order, painted.source, _ticket())
    opened = read_autosave(tmp_path / "painting-1", _ticket())
    np.testing.assert_array_equal(opened.painting.grid.levels[0], painted.grid.levels[0])
    assert opened.painting.is_modified
    assert (opened.painting.path, opened.painting.source) == (painted.path, painted.source)
    assert opened.painting.title == "Sea"
    assert not (tmp_path / "sea.codebrush").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"path": 7}'])
def test_a_torn_note_beside_an_autosave_is_no_fault(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "painting-1.json").write_bytes(content)
    assert belongs_to(tmp_path / "painting-1") is None


def test_opening_takes_the_title_from_the_file(tmp_path: Path, painted: Painting) -> None:
    painted.save(tmp_path / "ocean.codebrush", np.zeros((16, 24, 3), np.uint8))
    opened = open_painting(tmp_path / "ocean.codebrush", "painting", _ticket())
    assert opened.painting.title == "ocean"
    assert opened.preview is not None
    with pytest.raises(PaintingFault, match=r"gone\.codebrush"):
        open_painting(tmp_path / "gone.codebrush", "painting", _ticket())
