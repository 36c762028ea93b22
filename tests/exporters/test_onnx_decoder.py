"""Painting from an export: the same codes and pictures as on torch, and no spoilt file is trusted."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from engine.decoding.decoder import CodeLevel, Decoder
from engine.errors import CodesFault, ModelFault
from exporters.onnx_decoder import OnnxDecoder, check_codes
from tests.exporters.conftest import CODES, STRIDE


@pytest.fixture
def decoder(exported: Path) -> OnnxDecoder:
    return OnnxDecoder.open(exported)


def resign(folder: Path, name: str, content: bytes) -> None:
    """Replace a file and put its new hash into the manifest, as someone who tampers with care would."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def with_config(folder: Path, change: Callable[[dict], None]) -> None:
    config = json.loads((folder / "config.json").read_text())
    change(config)
    resign(folder, "config.json", json.dumps(config).encode())


def test_it_is_a_decoder_with_the_models_facts(decoder: OnnxDecoder, tiny_model: Path) -> None:
    from engine.decoding.torch_decoder import load_decoder

    torch_decoder = load_decoder(tiny_model, "cpu")
    assert isinstance(decoder, Decoder)
    for fact in (
        "name", "model_id", "levels", "labels", "channels", "image_size", "receptive_margin", "encode_margin"
    ):  # fmt: skip
        assert getattr(decoder, fact) == getattr(torch_decoder, fact), fact
    assert np.array_equal(decoder.codebook(0), torch_decoder.codebook(0))
    assert decoder.codebook(0).dtype == np.float32


@pytest.mark.parametrize("shape", [(1, 3, 4, 4), (2, 3, 1, 1), (1, 3, 37, 50), (3, 3, 64, 32)])
def test_codes_and_pictures_are_those_of_torch(
    shape: tuple[int, ...], decoder: OnnxDecoder, tiny_model: Path
) -> None:
    from engine.decoding.torch_decoder import load_decoder

    torch_decoder = load_decoder(tiny_model, "cpu")
    images = np.random.default_rng(2).random(shape, dtype=np.float32)
    (codes,), (expected,) = decoder.encode(images), torch_decoder.encode(images)
    assert codes.dtype == np.int64
    assert codes.shape == (shape[0], -(-shape[2] // STRIDE), -(-shape[3] // STRIDE))
    assert (codes == expected).mean() > 0.999
    pictures = decoder.decode([codes])
    assert pictures.dtype == np.float32
    assert np.abs(pictures - torch_decoder.decode([codes])).max() < 1e-5


def test_its_graph_needs_the_codes_of_all_levels(decoder: OnnxDecoder) -> None:
    assert decoder.without({0}) is None
    assert decoder.without(set()) is decoder


def test_a_window_with_its_margin_equals_the_whole(decoder: OnnxDecoder) -> None:
    codes = np.random.default_rng(3).integers(0, CODES, (1, 20, 22))
    margin = decoder.receptive_margin
    whole = decoder.decode([codes])[:, :, 8 * STRIDE : 11 * STRIDE, 9 * STRIDE : 12 * STRIDE]
    grown = codes[:, 8 - margin : 11 + margin, 9 - margin : 12 + margin]
    window = decoder.decode([grown])[
        :, :, margin * STRIDE : -margin * STRIDE, margin * STRIDE : -margin * STRIDE
    ]
    assert np.abs(whole - window).max() < 1e-5


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ([np.full((1, 2, 2), -1)], r"level 0: codes from -1 to -1, not 0 to 23"),
        ([np.full((1, 2, 2), CODES)], r"codes from 24 to 24"),
        ([np.zeros((1, 2, 2), np.int32)], r"must be int64 \(B, h, w\), not int32 \(1, 2, 2\)"),
        ([np.zeros((1, 2, 2))], r"not float64"),
        ([np.zeros((2, 2), np.int64)], r"not int64 \(2, 2\)"),
        ([np.zeros((1, 0, 2), np.int64)], r"codes have shape \(1, 0, 2\)"),
        ([], r"0 levels of codes given, the model has 1"),
        ([np.zeros((1, 2, 2), np.int64)] * 2, r"2 levels of codes given"),
    ],
)
def test_codes_that_do_not_fit(codes: list[np.ndarray], message: str, decoder: OnnxDecoder) -> None:
    with pytest.raises(CodesFault, match=message):
        decoder.decode(codes)


def test_levels_must_be_in_ratio() -> None:
    levels = (CodeLevel(8, 5, 2), CodeLevel(4, 5, 2))
    coarse = np.zeros((1, 3, 2), np.int64)
    check_codes([coarse, np.zeros((1, 6, 4), np.int64)], levels)
    with pytest.raises(CodesFault, match=r"level 1: codes have shape \(1, 6, 5\), not \(1, 6, 4\)"):
        check_codes([coarse, np.zeros((1, 6, 5), np.int64)], levels)


def test_images_and_levels_that_do_not_fit(decoder: OnnxDecoder) -> None:
    for shape in ((3, 8, 8), (1, 1, 8, 8), (1, 3, 0, 8)):
        with pytest.raises(CodesFault, match=r"images must be \(B, 3, H, W\)"):
            decoder.encode(np.zeros(shape, np.float32))
    with pytest.raises(CodesFault, match="level 1 does not exist"):
        decoder.codebook(1)


@pytest.mark.parametrize(
    "name", ["encoder/model.onnx", "decoder/model.onnx", "config.json", "codebook_0.npy", "manifest.json"]
)
@pytest.mark.parametrize("spoil", ["cut", "changed", "missing", "folder"])
def test_a_spoilt_file_is_named(name: str, spoil: str, exported: Path) -> None:
    path = exported / name
    content = bytearray(path.read_bytes())
    path.unlink()
    if spoil == "folder":
        path.mkdir()
    elif spoil == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif spoil == "changed":
        content[1] ^= 1
        path.write_bytes(content)
    with pytest.raises(ModelFault, match=rf"^{exported / name}: ") as caught:
        OnnxDecoder.open(exported)
    assert "\n" not in str(caught.value)


def test_external_data_with_a_true_hash_is_refused(exported: Path) -> None:
    model = onnx.load(exported / "decoder/model.onnx")
    weight = model.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="../../secret.bin")
    resign(exported, "decoder/model.onnx", model.SerializeToString())
    with pytest.raises(ModelFault, match="keeps data outside of its own file"):
        OnnxDecoder.open(exported)


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config.update(levels=[]),
        lambda config: config["levels"][0].update(codes=10**9),
        lambda config: config["levels"][0].update(stride_px=0),
        lambda config: config.update(receptive_margin=-1),
        lambda config: config.update(channels=4),
        lambda config: config.update(labels="one"),
        lambda config: config.pop("name"),
        lambda config: config.update(model_id="f" * 64),
        lambda config: config["graphs"]["decoder"]["inputs"][0].update(dtype="float32"),
        lambda config: config["levels"][0].update(dim=9),
    ],
)
def test_a_config_that_lies_is_refused(change: Callable[[dict], None], exported: Path) -> None:
    with_config(exported, change)
    with pytest.raises(ModelFault):
        OnnxDecoder.open(exported)


def test_a_codebook_is_never_unpickled(exported: Path, tmp_path: Path) -> None:
    class Touch:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",))

    size = CODES * 8 * 4
    resign(exported, "codebook_0.npy", pickle.dumps(Touch()).ljust(size + 128, b"."))
    with pytest.raises(ModelFault, match=r"codebook_0.npy: is not float32 24 x 8 code vectors"):
        OnnxDecoder.open(exported)
    assert not (tmp_path / "ran").exists()


def test_a_codebook_header_may_not_promise_more_than_there_is(exported: Path) -> None:
    content = (exported / "codebook_0.npy").read_bytes()
    resign(exported, "codebook_0.npy", content.replace(b"(24, 8)", b"(9999999999, 8)")[: len(content)])
    with pytest.raises(ModelFault, match="is not float32 24 x 8 code vectors"):
        OnnxDecoder.open(exported)


def test_an_export_without_an_encoder_still_decodes(exported: Path) -> None:
    with_config(exported, lambda config: config["graphs"].pop("encoder"))
    decoder = OnnxDecoder.open(exported)
    assert decoder.decode([np.zeros((1, 1, 1), np.int64)]).shape == (1, 3, STRIDE, STRIDE)
    with pytest.raises(ModelFault, match="holds no encoder: export the model again with it"):
        decoder.encode(np.zeros((1, 3, 8, 8), np.float32))
