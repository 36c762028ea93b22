"""Every kind of picture a person may bring, and every kind of file that is none."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.errors import PictureFault
from engine.images import PictureHeader, fitted_crop, read_header, read_picture, resized

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def striped(width: int = 24, height: int = 16) -> Image.Image:
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2] = (200, 40, 40)
    pixels[height // 2 :] = (40, 40, 200)
    return Image.fromarray(pixels)


def raw_png(
    width: int, height: int, depth: int, colour: int, rows: bytes, *extra: tuple[bytes, bytes]
) -> bytes:
    """A PNG that Pillow cannot write: low bit depths, 16-bit colour, transparency of either."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    parts = [struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def fault_of(source: Path | bytes, **options: int) -> str:
    with pytest.raises(PictureFault) as caught:
        read_picture(source, **options)
    return str(caught.value)


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_reads_as_its_colours(form: str) -> None:
    pixels = read_picture(encoded(striped(), form))
    assert pixels.shape == (16, 24, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels[2, 2].astype(int) - (200, 40, 40)).max() <= 12
    assert np.abs(pixels[14, 20].astype(int) - (40, 40, 200)).max() <= 12


@pytest.mark.parametrize("form", ["PNG", "BMP"])
def test_lossless_formats_are_exact(form: str, tmp_path: Path) -> None:
    path = tmp_path / "bild mit ü.bin"
    path.write_bytes(encoded(striped(), form))
    assert np.array_equal(read_picture(path), np.asarray(striped()))


def test_result_is_writable_and_contiguous() -> None:
    pixels = read_picture(encoded(striped()))
    assert pixels.flags.writeable
    assert pixels.flags.c_contiguous


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_exif_orientation_is_undone(orientation: int, form: str) -> None:
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:8, :16] = 255  # only the top left is white
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = read_picture(encoded(Image.fromarray(np.ascontiguousarray(stored)), form, exif=exif))
    assert pixels.shape == upright.shape
    assert np.abs(pixels.astype(int) - upright).mean() < 6


def test_damaged_exif_leaves_the_picture_as_stored() -> None:
    data = encoded(striped(), "JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff")
    assert read_picture(data).shape == (16, 24, 3)


def test_alpha_goes_over_white() -> None:
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, :, 3] = (0, 128, 255)
    shown = read_picture(encoded(Image.fromarray(pixels)))
    assert shown[0, :, 0].tolist() == [255, 127, 0]
    assert (
        read_picture(encoded(Image.fromarray(pixels), "WEBP", lossless=True, exact=True)).tolist()
        == shown.tolist()
    )


def test_grey_with_alpha() -> None:
    image = Image.merge("LA", (Image.new("L", (2, 1), 100), Image.frombytes("L", (2, 1), b"\x00\xff")))
    assert read_picture(encoded(image))[0].tolist() == [[255] * 3, [100] * 3]


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_palette_with_one_transparent_entry(form: str) -> None:
    image = Image.frombytes("P", (2, 1), b"\x00\x01")
    image.putpalette([255, 0, 0, 0, 0, 255])
    assert read_picture(encoded(image, form, transparency=0))[0].tolist() == [[255, 255, 255], [0, 0, 255]]


def test_palette_with_partial_transparency_warns_nobody() -> None:
    image = Image.frombytes("P", (2, 1), b"\x00\x01")
    image.putpalette([255, 0, 0, 0, 0, 255])
    shown = read_picture(encoded(image, transparency=bytes([128, 255])))
    assert shown[0].tolist() == [[255, 127, 127], [0, 0, 255]]


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    grey = np.array([[0, 257, 32896, 65535]], np.uint16)
    assert read_picture(encoded(Image.fromarray(grey)))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_one_bit_pictures() -> None:
    image = Image.fromarray(np.array([[0, 255, 255, 0]], np.uint8)).convert("1")
    for form in ("PNG", "BMP"):
        assert read_picture(encoded(image, form))[0, :, 0].tolist() == [0, 255, 255, 0]


def test_cmyk_jpeg() -> None:
    shown = read_picture(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    assert np.abs(shown[4, 4].astype(int) - (255, 0, 0)).max() <= 12


@pytest.mark.parametrize(
    ("depth", "colour", "row", "transparent", "expected"),
    [
        (1, 0, b"\x00\x50", (1,), [0, 255, 0, 255]),  # 0 1 0 1, 1 is transparent: it shows white as it is
        (2, 0, b"\x00\x1b", (1,), [0, 255, 170, 255]),
        (4, 0, b"\x00\x01\x2f", (1,), [0, 255, 34, 255]),
        (16, 0, b"\x00" + struct.pack(">4H", 0, 300, 301, 65535), (300,), [0, 255, 1, 255]),
        (
            16,
            2,
            b"\x00" + struct.pack(">12H", *[65535, 0, 300] * 2, *[0] * 6),
            (65535, 0, 300),
            [255, 255, 0, 0],
        ),
    ],
)
def test_transparent_colours_of_unusual_pngs(
    depth: int, colour: int, row: bytes, transparent: tuple[int, ...], expected: list[int]
) -> None:
    data = raw_png(4, 1, depth, colour, row, (b"tRNS", struct.pack(f">{len(transparent)}H", *transparent)))
    assert read_picture(data)[0, :, 1].tolist() == expected


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_its_first_frame(form: str) -> None:
    frames = [Image.new("RGB", (6, 4), colour) for colour in ("red", "lime", "blue")]
    data = encoded(frames[0], form, save_all=True, append_images=frames[1:])
    assert np.abs(read_picture(data)[1, 1].astype(int) - (255, 0, 0)).max() <= 12  # WebP loses a little


def test_grey_on_request() -> None:
    assert read_picture(encoded(Image.new("L", (3, 2), 77)), channels=1).tolist() == [[[77]] * 3] * 2


def test_a_large_jpeg_comes_no_smaller_than_enough() -> None:
    data = encoded(striped(1000, 600), "JPEG")
    assert read_picture(data, enough_px=64).shape == (75, 125, 3)
    assert read_picture(data, enough_px=600).shape == (600, 1000, 3)
    assert read_picture(encoded(striped(1000, 600)), enough_px=64).shape == (600, 1000, 3)


def test_hundred_megapixels_are_refused_by_the_header_alone() -> None:
    data = raw_png(10_000, 10_000, 8, 2, b"")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fault = fault_of(data)
    assert fault.startswith(
        "the pasted image: is 10000 x 10000 pixels (100 megapixels); the limit is 64 megapixels"
    )


@pytest.mark.parametrize(
    "data",
    [
        raw_png(2**31 - 1, 2**31 - 1, 8, 6, b""),
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 40_000, 40_000, 1, 24, 0, 0, 0, 0, 0, 0),
        b"GIF89a"
        + struct.pack("<HHBBBBHHHHBB", 65535, 65535, 0, 0, 0, 0x2C, 0, 0, 65535, 65535, 0, 2)
        + b"\0;",
        b"GIF89a" + struct.pack("<HHBBBBHHHHBB", 5, 5, 0, 0, 0, 0x2C, 0, 0, 65535, 65535, 0, 2) + b"\0;",
        b"RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xfe\x3f\x00\xfe\x3f\x00" + bytes(8),
    ],
)
def test_bombs_are_refused_in_words(data: bytes) -> None:
    assert "limit is 64 megapixels" in fault_of(data)


def test_the_limit_is_the_callers() -> None:
    assert read_picture(encoded(striped()), limit_px=24 * 16).shape == (16, 24, 3)
    assert "24 x 16 pixels" in fault_of(encoded(striped()), limit_px=24 * 16 - 1)


def test_what_is_no_picture(tmp_path: Path) -> None:
    empty, text, link = tmp_path / "empty.png", tmp_path / "text.png", tmp_path / "link.png"
    empty.touch()
    text.write_text("not a picture at all")
    link.symlink_to(tmp_path / "nowhere.png")
    assert fault_of(empty) == f"{empty}: is empty"
    assert fault_of(text) == f"{text}: is not a PNG, JPEG, WebP, BMP or GIF picture"
    assert fault_of(tmp_path) == f"{tmp_path}: is a folder, not a picture"
    assert fault_of(tmp_path / "missing.png") == f"{tmp_path / 'missing.png'}: does not exist"
    assert fault_of(link) == f"{link}: does not exist"
    assert fault_of(b"") == "the pasted image: is empty"


def test_formats_nobody_asked_for_are_not_opened() -> None:
    assert "is not a PNG" in fault_of(encoded(striped(), "TIFF"))
    assert "is not a PNG" in fault_of(encoded(striped(), "PPM"))
    assert "is not a PNG" in fault_of(b"%!PS-Adobe-3.0 EPSF-3.0\n")


def test_bytes_go_by_the_name_given() -> None:
    with pytest.raises(PictureFault, match="the dropped image: is empty"):
        read_picture(b"", name="the dropped image")


@pytest.mark.parametrize("form", FORMATS)
def test_a_cut_file_is_named_as_damaged(form: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = tmp_path / "cut"
    data = encoded(Image.fromarray(noise), form)
    path.write_bytes(data[: len(data) // 2])
    assert fault_of(path) == f"{path}: is damaged or cut short and cannot be read as a picture"


VALID = {
    form: encoded(
        Image.fromarray(np.random.default_rng(1).integers(0, 256, (9, 12, 3), dtype=np.uint8)), form
    )
    for form in FORMATS
}


@settings(max_examples=60, deadline=None)
@given(data=st.data(), form=st.sampled_from(FORMATS))
def test_damage_anywhere_gives_a_picture_or_a_fault(data: st.DataObject, form: str) -> None:
    content = bytearray(VALID[form])
    for _ in range(data.draw(st.integers(0, 4), "flips")):
        content[data.draw(st.integers(0, len(content) - 1), "at")] ^= 1 << data.draw(st.integers(0, 7), "bit")
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))), "cut")
    with suppress(PictureFault):
        pixels = read_picture(bytes(content[:cut]), limit_px=200_000)
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3


@pytest.mark.parametrize("channels", [1, 3])
def test_resized_keeps_a_flat_picture_flat(channels: int) -> None:
    flat = np.full((37, 53, channels), 93, np.uint8)
    for size in ((7, 5), (90, 201), (1, 1)):
        small = resized(flat, *size)
        assert small.shape == (size[1], size[0], channels)
        assert (small == 93).all()


def test_resized_is_antialiased() -> None:
    checks = np.indices((64, 64)).sum(axis=0) % 2 * 255
    small = resized(np.repeat(checks[..., None], 3, axis=2).astype(np.uint8), 8, 8)
    assert np.abs(small.astype(int) - 127.5).max() <= 3


def test_fitted_crop_takes_the_middle_square() -> None:
    wide = np.zeros((10, 40, 3), np.uint8)
    wide[:, 15:25] = 200
    assert (fitted_crop(wide, 10) == 200).all()
    assert (fitted_crop(wide.transpose(1, 0, 2), 10) == 200).all()
    assert fitted_crop(wide, 64).shape == (64, 64, 3)


@pytest.mark.parametrize(
    ("mode", "is_grey"), [("L", True), ("1", True), ("I;16", True), ("P", False), ("RGB", False)]
)
def test_a_header_tells_size_and_kind(tmp_path: Path, mode: str, is_grey: bool) -> None:
    Image.new(mode, (30, 20)).save(tmp_path / "a.png")
    expected = PictureHeader(30, 20, is_grey)
    assert read_header(tmp_path / "a.png") == read_header((tmp_path / "a.png").read_bytes()) == expected


def test_what_has_no_header_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "b.png").write_text("hello")
    for name in ("a.png", "b.png", "gone.png"):
        with pytest.raises(PictureFault, match=name):
            read_header(tmp_path / name)
