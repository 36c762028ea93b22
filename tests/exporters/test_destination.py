"""What cannot be written is said before the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import CannotWrite, OptionFault
from exporters.destination import refuse_unwritable, require_suffix


def test_a_name_must_keep_what_it_promises() -> None:
    require_suffix(Path("codes.NPZ"), ".npz")
    with pytest.raises(OptionFault, match=r"sheet\.jpg: pictures are written as PNG: .* end in \.png"):
        require_suffix(Path("sheet.jpg"), ".png")
    with pytest.raises(OptionFault, match="animations are written as GIF"):
        require_suffix(Path("drawn.png"), ".gif")


def test_folders_that_are_not_there_yet_are_welcome(tmp_path: Path) -> None:
    refuse_unwritable(tmp_path / "new" / "folder" / "sheet.png")
    assert not (tmp_path / "new").exists()


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="is a folder"):
        refuse_unwritable(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CannotWrite, match="file is no folder"):
        refuse_unwritable(tmp_path / "file" / "sheet.png")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(CannotWrite):
        refuse_unwritable(tmp_path / "loop" / "sheet.png")
