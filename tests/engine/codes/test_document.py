"""Paintings and their files: nothing is lost on the way, whatever happens to the disk."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.codes import document
from engine.codes.document import Painting, holds_painting, open_preview, png_with_painting
from engine.codes.grid import Box, CodeGrid
from engine.codes.history import Step
from engine.errors import CannotWrite, CodesFault, OptionFault, PaintingFault
from tests.engine.codes.paintings import members_of, painted, picture, same, written, zipped
from tests.fakes import TinyDecoder


def dab(painting: Painting, code: int = 9) -> None:
    patch = painting.grid.paint(0, Box(0, 0, 1, 1), np.ones((1, 1), bool), code)
    assert patch is not None
    painting.history.commit(Step("dab", (patch,)))


def test_a_blank_painting() -> None:
    painting = Painting.blank(3, 5, (2,), TinyDecoder())
    assert painting.grid.shape == (3, 5)
    assert painting.size_px == (12, 20)
    assert (painting.grid.levels[0] == 2).all()
    assert (painting.model_name, painting.model_id) == ("tiny", "0" * 64)
    assert painting.title == "Untitled painting"
    assert painting.path is None
    assert not painting.is_modified


def test_a_painting_of_codes_starts_from_them() -> None:
    codes = np.arange(6).reshape(2, 3)
    painting = Painting.of_codes([codes], TinyDecoder(), title="Six", source=b"GIF89a")
    dab(painting)
    assert (painting.start[0] == codes).all()
    assert painting.grid.levels[0][0, 0] == 9
    with pytest.raises(CodesFault):
        Painting.of_codes([codes + 99], TinyDecoder())


def test_what_does_not_fit_together_is_refused() -> None:
    grid = CodeGrid.filled(2, 2, (0, 0), (4, 4), (1, 2))
    with pytest.raises(CodesFault, match="strides"):
        Painting(grid, (4, 4), "tiny", "0")
    with pytest.raises(CodesFault, match="strides"):
        Painting(grid, (4,), "tiny", "0")
    other = CodeGrid.filled(2, 3, (0, 0), (4, 4), (1, 2))
    with pytest.raises(CodesFault, match="erasing"):
        Painting(grid, (4, 2), "tiny", "0", start=other.levels)


def test_erasing_returns_to_the_start() -> None:
    painting = Painting.of_codes([np.arange(6).reshape(2, 3)], TinyDecoder())
    painting.grid.paint(0, Box(0, 0, 2, 3), np.ones((2, 3), bool), 15)
    patch = painting.erase(0, Box(-1, 1, 1, 9), np.ones((2, 8), bool))
    assert patch is not None
    assert painting.grid.levels[0].tolist() == [[15, 1, 2], [15, 15, 15]]
    assert painting.erase(0, Box(5, 5, 6, 6), np.ones((1, 1), bool)) is None


def test_modified_follows_the_history() -> None:
    painting = painted()
    painting.history.mark_saved()
    assert not painting.is_modified
    dab(painting)
    assert painting.is_modified
    painting.history.undo()
    assert not painting.is_modified


def test_save_and_open_give_the_same_painting(tmp_path: Path) -> None:
    painting, path = painted(), tmp_path / "hat.codebrush"
    assert painting.is_modified
    painting.save(path, picture(painting))
    assert not painting.is_modified
    assert painting.path == path
    opened = Painting.open(path)
    assert same(painting, opened)
    assert opened.path == path
    assert opened.source == painting.source
    assert not opened.is_modified
    assert opened.to_bytes(picture(painting)) == path.read_bytes()


def test_the_history_survives(tmp_path: Path) -> None:
    painting, path = painted(steps=5), tmp_path / "hat.codebrush"
    painting.save(path)
    opened = Painting.open(path)
    assert opened.history.steps == painting.history.steps
    assert opened.history.position == 4
    for position in (0, 5, 2):
        for each in (painting, opened):
            for step in each.history.go_to(position):
                for patch in step.patches:
                    each.grid.apply(patch)
        assert same(painting, opened)
    assert opened.is_modified


def test_a_copy_leaves_the_painting_as_modified_as_it_was(tmp_path: Path) -> None:
    painting = painted()
    painting.save_copy(tmp_path / "autosave.codebrush")
    assert painting.is_modified
    assert painting.path is None
    assert same(painting, Painting.open(tmp_path / "autosave.codebrush"))


def test_the_file_is_what_the_design_says(tmp_path: Path) -> None:
    painting = painted()
    members = members_of(painting.to_bytes(picture(painting)))
    described = json.loads(members["document.json"])
    assert described["version"] == 1
    assert described["model"] == {"name": "tiny", "model_id": "0" * 64}
    assert described["levels"][1] == {"height": 10, "width": 14, "codes": 300, "stride_px": 2}
    assert members["source.png"] == painting.source
    for number, level in enumerate(painting.grid.levels):
        loaded = np.load(written(tmp_path, members[f"level_{number}.npy"], "level.npy"))
        assert loaded.dtype == np.int64
        assert (loaded == level).all()
    assert set(members) >= {"start_0.npy", "start_1.npy", "thumb.png", "history.json"}


def test_the_preview_is_the_picture_itself_up_to_512_px(tmp_path: Path) -> None:
    painting = painted()
    pixels = picture(painting)
    painting.save(tmp_path / "a.codebrush", pixels)
    preview = open_preview(tmp_path / "a.codebrush")
    assert preview is not None
    assert (preview == pixels).all()
    painting.save(tmp_path / "b.codebrush", np.zeros((600, 1200, 1), np.uint8))
    reduced = open_preview(tmp_path / "b.codebrush")
    assert reduced is not None
    assert reduced.shape == (256, 512, 3)
    painting.save(tmp_path / "c.codebrush")
    assert open_preview(tmp_path / "c.codebrush") is None


def test_a_broken_preview_is_no_preview(tmp_path: Path) -> None:
    painting = painted()
    members = members_of(painting.to_bytes(picture(painting)))
    thumb = members["thumb.png"]
    huge = thumb[:16] + (60_000).to_bytes(4, "big") * 2 + thumb[24:]
    for broken in (b"", b"GIF89a", thumb[:40], thumb[:30] + b"\xff" + thumb[31:], huge):
        path = written(tmp_path, zipped(members | {"thumb.png": broken}))
        assert open_preview(path) is None
        assert same(painting, Painting.open(path))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (b"\x89PNG1", "source.png"),
        (b"\xff\xd8\xff1", "source.jpg"),
        (b"RIFF1234WEBP", "source.webp"),
        (b"GIF89a", "source.gif"),
        (b"BM1", "source.bmp"),
        (b"", "source.bin"),
    ],
)
def test_the_source_image_travels_byte_for_byte(tmp_path: Path, source: bytes, name: str) -> None:
    painting = painted()
    painting.source = source
    content = painting.to_bytes()
    assert members_of(content)[name] == source
    assert Painting.open(written(tmp_path, content)).source == source


def test_a_source_of_excessive_size_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(document, "MAX_SOURCE_BYTES", 4)
    assert Painting.open(written(tmp_path, painted().to_bytes())).source is None


def test_odd_titles_survive(tmp_path: Path) -> None:
    painting = painted()
    for title in ("", "Grüße 👋\n\0", "name\udcff", "x" * 200):
        painting.title = title
        assert Painting.open(written(tmp_path, painting.to_bytes())).title == title
    painting.title = "x" * 999
    assert Painting.open(written(tmp_path, painting.to_bytes())).title == "x" * 200


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    painting, path = painted(), tmp_path / "hat.codebrush"
    painting.save(path)
    before = path.read_bytes()
    dab(painting)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotWrite, match=r"hat.codebrush.*no space"):
        painting.save(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["hat.codebrush"]
    assert painting.is_modified


def test_saving_where_nothing_can_be_is_said(tmp_path: Path) -> None:
    blocked = written(tmp_path, b"", "a file")
    painting = painted()
    with pytest.raises(CannotWrite, match="a file"):
        painting.save(blocked / "hat.codebrush")
    assert painting.is_modified
    assert painting.path is None


def test_another_model_may_take_over_if_its_levels_are_the_same() -> None:
    painting = Painting.blank(2, 2, (0,), TinyDecoder())
    other = TinyDecoder(stride_px=8)
    other.model_id = "1" * 64
    painting.adopt(other)
    assert painting.model_id == "1" * 64
    assert painting.size_px == (16, 16)
    assert painting.is_modified
    with pytest.raises(CodesFault, match="tiny"):
        painting.adopt(TinyDecoder(codes=8))
    with pytest.raises(CodesFault):
        painted().adopt(TinyDecoder())


def test_it_begins_again_with_other_codes_until_something_is_painted() -> None:
    painting = Painting.blank(2, 2, (0,), TinyDecoder(), "Cat")
    other = TinyDecoder()
    other.model_id = "1" * 64
    codes = np.array([[0, 3], [3, 3]])
    (patch,) = painting.begin_again([codes], other)
    np.testing.assert_array_equal(painting.grid.levels[0], codes)
    np.testing.assert_array_equal(painting.start[0], codes)
    assert int(patch.mask.sum()) == 3
    assert painting.model_id == "1" * 64
    assert painting.history.steps == ()
    with pytest.raises(CodesFault, match="size"):
        painting.begin_again([np.zeros((3, 2), np.int64)], other)
    painting.history.commit(Step("Brush", (patch,)))
    with pytest.raises(CodesFault, match="painted already"):
        painting.begin_again([codes], other)
    assert painting.title == "Cat"


def test_an_exported_png_carries_the_painting(tmp_path: Path) -> None:
    painting = painted()
    pixels = picture(painting)
    exported = png_with_painting(pixels, painting)
    assert exported.has_painting
    path = written(tmp_path, exported.content, "hat.png")
    with Image.open(path) as image:
        assert (np.array(image) == pixels).all()
        assert set(image.info) == {"codebrush"}
    assert holds_painting(path)
    inside = Painting.from_png(path)
    assert same(painting, inside)
    assert inside.path is None
    assert inside.source is None
    assert len(inside.history) == 0


def test_scaled_exports(tmp_path: Path) -> None:
    painting = painted()
    pixels = picture(painting)
    nearest = written(tmp_path, png_with_painting(pixels, painting, 3).content, "nearest.png")
    smooth = written(tmp_path, png_with_painting(pixels, painting, 2, smooth=True).content, "smooth.png")
    with Image.open(nearest) as image:
        assert (np.array(image) == pixels.repeat(3, axis=0).repeat(3, axis=1)).all()
    with Image.open(smooth) as image:
        assert image.size == (pixels.shape[1] * 2, pixels.shape[0] * 2)
    grey = written(tmp_path, png_with_painting(pixels[..., :1], painting).content, "grey.png")
    with Image.open(grey) as image:
        assert (np.array(image) == pixels[..., 0]).all()


@pytest.mark.parametrize("scale", [0, 9])
def test_scales_that_make_no_sense_are_refused(scale: int) -> None:
    with pytest.raises(OptionFault, match="1 to 8"):
        png_with_painting(np.zeros((4, 4, 3), np.uint8), painted(), scale)
    with pytest.raises(OptionFault, match="32768 x 32768"):
        png_with_painting(np.zeros((4096, 4096, 1), np.uint8), painted(), 8)


def test_a_painting_too_large_for_a_png_is_left_out_and_it_says_so(tmp_path: Path) -> None:
    codes = np.random.default_rng(0).integers(0, 1 << 16, (700, 700))
    painting = Painting.of_codes([codes], TinyDecoder(codes=1 << 16))
    exported = png_with_painting(np.zeros((8, 8, 3), np.uint8), painting)
    assert not exported.has_painting
    path = written(tmp_path, exported.content, "large.png")
    assert not holds_painting(path)
    with pytest.raises(PaintingFault, match="carries no painting"):
        Painting.from_png(path)


def test_a_painting_just_below_the_limit_is_read_by_pillow_too(tmp_path: Path) -> None:
    codes = np.random.default_rng(0).integers(0, 1 << 16, (340, 340))
    exported = png_with_painting(
        np.zeros((8, 8, 3), np.uint8), Painting.of_codes([codes], TinyDecoder(codes=1 << 16))
    )
    assert exported.has_painting
    path = written(tmp_path, exported.content, "large.png")
    with Image.open(path) as image:
        image.load()
        assert 500_000 < len(image.info["codebrush"]) <= 1 << 20
    assert (Painting.from_png(path).grid.levels[0] == codes).all()


def test_a_png_without_a_painting_says_so(tmp_path: Path) -> None:
    Image.new("RGB", (3, 3)).save(tmp_path / "plain.png")
    with pytest.raises(PaintingFault, match=r"plain\.png: carries no painting"):
        Painting.from_png(tmp_path / "plain.png")
    with pytest.raises(PaintingFault, match="no PNG"):
        Painting.from_png(written(tmp_path, b"GIF89a", "a.gif"))
    with pytest.raises(PaintingFault, match="does not exist"):
        Painting.from_png(tmp_path / "none.png")
    assert not holds_painting(tmp_path)
    assert not holds_painting(tmp_path / "none.png")


def test_a_painting_in_a_png_is_checked_like_any(tmp_path: Path) -> None:
    content = png_with_painting(np.zeros((8, 8, 3), np.uint8), painted()).content
    at = content.index(b"codebrush")
    path = written(tmp_path, content[: at + 60] + b"!" + content[at + 61 :], "broken.png")
    with pytest.raises(PaintingFault, match="damaged"):
        Painting.from_png(path)
