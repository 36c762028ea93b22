"""A model of two levels goes the same ways as one of one: export, parity, both decoders, codes files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.codes.box import Box
from engine.decoding.decoder import CodeLevel, from_pixels, to_pixels
from engine.decoding.torch_decoder import TorchDecoder, load_decoder
from engine.decoding.windowed import decode_full, decode_window, encode_windowed, read_window
from engine.errors import CodesFault
from exporters.export_folder import read_manifest
from exporters.onnx_decoder import OnnxDecoder
from exporters.onnx_graphs import export_model
from exporters.parity import _choices, _compare_encoder, _detour
from exporters.pictures import decode_pictures, encode_pictures
from tests.small import write_small_two_level_model

LEVELS = (CodeLevel(8, 24, 6), CodeLevel(4, 24, 6))


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_two_level_model(tmp_path_factory.mktemp("models") / "two.safetensors")


@pytest.fixture(scope="module")
def folder(model_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports") / "two"
    export_model(model_file, folder)
    return folder


@pytest.fixture(scope="module")
def torch_decoder(model_file: Path) -> TorchDecoder:
    return load_decoder(model_file, "cpu")


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """Smooth blobs of colour, (90, 130, 3)."""
    coarse = np.random.default_rng(3).integers(0, 256, (9, 13, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((130, 90), Image.Resampling.BICUBIC))


def test_the_export_was_compared_at_all_shapes(folder: Path) -> None:
    rows = read_manifest(folder).parity
    assert all(row.ok for row in rows)
    assert {(1, 3, 8, 8), (1, 3, 24, 40), (2, 3, 26, 36)} <= {r.shape for r in rows if r.graph == "encoder"}
    assert {(1, 1, 1), (1, 3, 5), (2, 4, 5)} <= {r.shape for r in rows if r.graph == "decoder"}


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 1, 1), (1, 37, 50), (3, 64, 32)])
def test_both_decoders_agree(shape: tuple[int, int, int], folder: Path, torch_decoder: TorchDecoder) -> None:
    onnx_decoder = OnnxDecoder.open(folder)
    assert onnx_decoder.levels == torch_decoder.levels == LEVELS
    for level in range(2):
        assert np.array_equal(onnx_decoder.codebook(level), torch_decoder.codebook(level))
    images = np.random.default_rng(2).random((shape[0], 3, *shape[1:]), dtype=np.float32)
    codes = torch_decoder.encode(images)
    for given, expected in zip(onnx_decoder.encode(images), codes, strict=True):
        assert given.dtype == np.int64
        assert (given == expected).mean() > 0.99  # but for ties
    assert np.abs(onnx_decoder.decode(codes) - torch_decoder.decode(codes)).max() < 1e-4
    with pytest.raises(CodesFault, match="level 1"):
        onnx_decoder.decode([codes[0], codes[1][:, :-1]])


def test_the_bottom_is_compared_under_the_top_that_the_graph_chose(
    model_file: Path, picture: np.ndarray
) -> None:
    """A tie at the top may fall either way: the bottom codes that follow from it are no fault."""
    from engine.models.registry import load

    model = load(model_file, "cpu")
    images = from_pixels(picture[None, :88, :128])
    top, bottom = (grid.numpy() for grid in model.encode_codes(torch.from_numpy(images)))
    assert all(
        np.array_equal(choice.codes, codes)
        for choice, codes in zip(_choices(model, images, [top, bottom]), (top, bottom), strict=True)
    )
    other = (top + 7) % 24
    choices = _choices(model, images, [other, bottom])
    assert np.array_equal(choices[0].codes, top)
    assert not np.array_equal(choices[1].codes, bottom)
    follows = choices[1].codes

    class Session:
        def run(self, _names: list[str], _inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
            return [other, follows]

    row = _compare_encoder(model, Session(), images)
    assert not row.ok  # the top is another, and no tie
    worst = _detour(choices[0].z_e, model.codebook(0).numpy(), top, other)
    assert row.measured == worst  # the bottom adds nothing


def test_windows_over_both_levels_are_the_whole(torch_decoder: TorchDecoder, picture: np.ndarray) -> None:
    image = np.tile(picture, (4, 3, 1))  # several windows either way
    codes = encode_windowed(torch_decoder, image, limit_px=168)
    whole = torch_decoder.encode(from_pixels(image[None]))
    assert [grid.shape for grid in codes] == [(45, 49), (90, 98)]
    for windowed, expected in zip(codes, whole, strict=True):
        assert (windowed == expected[0]).mean() > 0.999  # but for ties
    full = to_pixels(torch_decoder.decode([grid[None] for grid in codes]))[0]
    tiled = decode_full(torch_decoder, codes, limit_px=96)
    assert np.abs(tiled.astype(int) - full).max() <= 1
    assert (tiled != full).mean() <= 1e-4


def test_a_stroke_on_the_bottom_level_is_one_window_of_both(torch_decoder: TorchDecoder) -> None:
    rng = np.random.default_rng(0)
    codes = [rng.integers(0, 24, (12, 10)), rng.integers(0, 24, (24, 20))]
    margin = torch_decoder.receptive_margin
    before = decode_full(torch_decoder, codes)
    codes[1][11, 9] = (codes[1][11, 9] + 5) % 24
    after = decode_full(torch_decoder, codes)
    box = Box(5, 4, 6, 5).grown(margin)
    changed = before.copy()
    window = read_window(codes, box, margin)
    changed[box.clipped(12, 10).scaled(8).slices] = decode_window(torch_decoder, window)
    assert (before != after).any()
    assert np.abs(changed.astype(int) - after).max() <= 1


def test_codes_files_hold_both_levels(model_file: Path, picture: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(picture).save(tmp_path / "picture.png")
    assert encode_pictures(model_file, [tmp_path / "picture.png"], tmp_path / "codes.npz") == (1, 12, 17)
    with np.load(tmp_path / "codes.npz") as codes:
        assert [codes[name].shape for name in ("level_0", "level_1")] == [(1, 12, 17), (1, 24, 34)]
        assert codes["size"].tolist() == [[90, 130]]
    (out,) = decode_pictures(model_file, tmp_path / "codes.npz", tmp_path / "out.png")
    with Image.open(out) as image:
        assert image.size == (130, 90)


def test_levels_out_of_ratio_are_refused(model_file: Path, tmp_path: Path) -> None:
    grids = {"level_0": np.zeros((1, 3, 4), np.int64), "level_1": np.zeros((1, 6, 7), np.int64)}
    np.savez(tmp_path / "codes.npz", **grids)
    with pytest.raises(CodesFault, match=r"level_1 must be \(1, 6, 8\)"):
        decode_pictures(model_file, tmp_path / "codes.npz", tmp_path / "out.png")
    np.savez(tmp_path / "codes.npz", level_0=grids["level_0"])
    with pytest.raises(CodesFault, match="holds level_0, the model needs level_0, level_1"):
        decode_pictures(model_file, tmp_path / "codes.npz", tmp_path / "out.png")


def test_the_script_beside_the_graphs_decodes_the_example(folder: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(folder / "run.py")], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "largest difference from example.png: 0 of 255" in done.stdout
    with np.load(folder / "example_codes.npz") as levels:
        assert levels.files == ["level_0", "level_1"]
