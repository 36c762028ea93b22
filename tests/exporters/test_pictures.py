"""Pictures to codes and back: sizes kept, grids that differ refused, any size in windows."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.decoding.codes_file import write_codes
from engine.decoding.decoder import from_pixels, to_pixels
from engine.errors import CannotWrite, CodesFault, FileFault, ModelNotFound, OptionFault, PictureFault
from exporters import pictures
from exporters.open import open_decoder
from exporters.pictures import decode_pictures, encode_pictures
from tests.exporters.conftest import build_model


def picture(path: Path, width: int, height: int, seed: int = 0, mode: str = "RGB") -> Path:
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).convert(mode).save(path)
    return path


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def test_a_picture_of_odd_size_comes_back_at_its_size(tiny_model: Path, tmp_path: Path) -> None:
    photo = picture(tmp_path / "photo.png", 37, 23)
    assert encode_pictures(tiny_model, [photo], tmp_path / "codes.npz") == (1, 6, 10)
    with np.load(tmp_path / "codes.npz") as codes:
        assert codes["level_0"].shape == (1, 6, 10)
        assert codes["size"].tolist() == [[23, 37]]
    assert decode_pictures(tiny_model, tmp_path / "codes.npz", tmp_path / "out.png") == [tmp_path / "out.png"]
    decoder = open_decoder(tiny_model)
    expected = to_pixels(decoder.decode(decoder.encode(from_pixels(read(photo)[None]))))[0]
    assert np.array_equal(read(tmp_path / "out.png"), expected[:23, :37])


def test_several_pictures_of_one_grid_are_numbered(tiny_model: Path, tmp_path: Path) -> None:
    photos = [picture(tmp_path / f"{i}.png", *size, seed=i) for i, size in enumerate([(16, 12), (13, 9)])]
    assert encode_pictures(tiny_model, photos, tmp_path / "codes.npz") == (2, 3, 4)
    out = tmp_path / "new" / "image.png"
    written = decode_pictures(tiny_model, tmp_path / "codes.npz", out)
    assert [path.name for path in written] == ["image-000.png", "image-001.png"]
    assert [read(path).shape for path in written] == [(12, 16, 3), (9, 13, 3)]


def test_without_sizes_the_whole_cells_are_written(tiny_model: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "codes.npz", level_0=np.arange(6).reshape(1, 2, 3))
    (written,) = decode_pictures(tiny_model, tmp_path / "codes.npz", tmp_path / "out.PNG")
    assert read(written).shape == (8, 12, 3)


def test_a_large_picture_is_worked_on_in_windows(tiny_model: Path, tmp_path: Path) -> None:
    photo = picture(tmp_path / "photo.png", 300, 290)
    told: list[tuple[str, float]] = []
    encode_pictures(tiny_model, [photo], tmp_path / "codes.npz", lambda *now: told.append(now))
    (written,) = decode_pictures(
        tiny_model, tmp_path / "codes.npz", tmp_path / "out.png", lambda *now: told.append(now)
    )
    assert [part for _, part in told] == [0.25, 0.5, 0.75, 1.0] * 2
    assert {what for what, _ in told} == {"Encoding photo.png", "Decoding out.png"}
    decoder = open_decoder(tiny_model)
    whole = decoder.encode(from_pixels(read(photo)[None]))
    with np.load(tmp_path / "codes.npz") as codes:
        assert np.mean(codes["level_0"] == whole[0]) > 0.999  # ties may fall either way
    expected = to_pixels(decoder.decode([np.load(tmp_path / "codes.npz")["level_0"]]))[0, :290, :300]
    assert np.abs(read(written).astype(int) - expected).max() <= 1


def test_a_grey_model_reads_and_writes_grey(tmp_path: Path) -> None:
    model = build_model(tmp_path / "grey.safetensors", channels=1, with_statistics=False)
    encode_pictures(model, [picture(tmp_path / "photo.png", 10, 10)], tmp_path / "codes.npz")
    (written,) = decode_pictures(model, tmp_path / "codes.npz", tmp_path / "out.png")
    assert read(written).shape == (10, 10)


def test_an_export_gives_the_same(exported: Path, tiny_model: Path, tmp_path: Path) -> None:
    photo = picture(tmp_path / "photo.png", 30, 22)
    for name, model in (("torch", tiny_model), ("onnx", exported)):
        encode_pictures(model, [photo], tmp_path / f"{name}.npz")
        decode_pictures(model, tmp_path / f"{name}.npz", tmp_path / f"{name}.png")
    assert (tmp_path / "onnx.npz").read_bytes() == (tmp_path / "torch.npz").read_bytes()
    difference = read(tmp_path / "onnx.png").astype(int) - read(tmp_path / "torch.png")
    assert np.abs(difference).max() <= 1


def test_pictures_of_different_grids_are_refused_before_work_is_lost(
    tiny_model: Path, tmp_path: Path
) -> None:
    first, second = picture(tmp_path / "a.png", 16, 12), picture(tmp_path / "b.png", 17, 12)
    with pytest.raises(CodesFault, match=r"b.png: its grid is 5 x 3 cells, that of .*a.png 4 x 3: encode it"):
        encode_pictures(tiny_model, [first, second], tmp_path / "codes.npz")
    assert not (tmp_path / "codes.npz").exists()


def test_what_cannot_be_read_is_named(tiny_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    with pytest.raises(PictureFault, match=r"missing.png: does not exist"):
        encode_pictures(tiny_model, [tmp_path / "missing.png"], tmp_path / "codes.npz")
    with pytest.raises(FileFault, match=r"missing.npz: does not exist"):
        decode_pictures(tiny_model, tmp_path / "missing.npz", out)
    with pytest.raises(ModelNotFound, match="'nobody'"):
        decode_pictures("nobody", tmp_path / "missing.npz", out)
    np.savez(tmp_path / "high.npz", level_0=np.full((1, 2, 2), 24))
    with pytest.raises(CodesFault, match=r"high.npz: level_0 has codes from 24 to 24, not 0 to 23"):
        decode_pictures(tiny_model, tmp_path / "high.npz", out)
    assert not out.exists()


def test_a_picture_past_all_measure_is_refused(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "LIMIT_PX", 2_000_000)
    write_codes(tmp_path / "huge.npz", [np.zeros((1, 1000, 200), np.int64)], np.array([[4000, 800]]))
    with pytest.raises(CodesFault, match=r"would be 800 x 4000 px; the limit is 2 megapixels"):
        decode_pictures(tiny_model, tmp_path / "huge.npz", tmp_path / "out.png")


def test_pictures_are_written_as_png_only(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionFault, match=r"out.jpg: pictures are written as PNG"):
        decode_pictures(tiny_model, tmp_path / "codes.npz", tmp_path / "out.jpg")


def test_codes_are_written_as_npz_only(tiny_model: Path, tmp_path: Path) -> None:
    photo = picture(tmp_path / "photo.png", 8, 8)
    with pytest.raises(OptionFault, match=r"codes.png: codes are written as NumPy arrays: .* end in .npz"):
        encode_pictures(tiny_model, [photo], tmp_path / "codes.png")
    assert encode_pictures(tiny_model, [photo], tmp_path / "codes.NPZ") == (1, 2, 2)


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails the test where a picture is encoded or decoded."""

    def worked(*_: object, **__: object) -> None:
        pytest.fail("worked for a place that cannot be written")

    monkeypatch.setattr(pictures, "encode_windowed", worked)
    monkeypatch.setattr(pictures, "decode_full", worked)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("folder.npz", r"folder.npz: cannot be written \(it is a folder\)"),
        ("file/codes.npz", r"codes.npz: cannot be written \(file is no folder\)"),
        ("file/new/codes.npz", r"codes.npz: cannot be written \(file is no folder\)"),
        ("link.npz", r"link.npz: cannot be written \(file is no folder\)"),
        ("circle.npz", r"circle.npz: is a link that leads to itself"),
        (f"{'x' * 300}/codes.npz", r"codes.npz: cannot be written \(file name too long\)"),
    ],
)
@pytest.mark.usefixtures("no_work")
def test_codes_with_no_place_are_refused_before_work(
    place: str, reason: str, tiny_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "link.npz").symlink_to(tmp_path / "file" / "codes.npz")
    (tmp_path / "circle.npz").symlink_to("circle.npz")
    photo = picture(tmp_path / "photo.png", 8, 8)
    with pytest.raises(CannotWrite, match=reason):
        encode_pictures(tiny_model, [photo], tmp_path / place)


@pytest.mark.parametrize("place", ["file/out.png", "folder/out.png"])
@pytest.mark.usefixtures("no_work")
def test_pictures_with_no_place_are_refused_before_work(place: str, tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder" / "out-001.png").mkdir(parents=True)
    np.savez(tmp_path / "codes.npz", level_0=np.zeros((2, 2, 3), np.int64))
    with pytest.raises(CannotWrite, match=r"out-00[01].png: cannot be written"):
        decode_pictures(tiny_model, tmp_path / "codes.npz", tmp_path / place)
    assert not (tmp_path / "folder" / "out-000.png").exists()


@pytest.mark.usefixtures("no_work")
def test_a_folder_without_permission_is_refused_before_work(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever runs the tests as root may write everywhere.
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with pytest.raises(CannotWrite, match=r"codes.npz: cannot be written \(permission denied\)"):
        encode_pictures(tiny_model, [], tmp_path / "new" / "codes.npz")
