"""The protocol through which the window paints, on torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine import checkpoint
from engine.checkpoint import read_card
from engine.decoding.decoder import Decoder, from_pixels
from engine.decoding.torch_decoder import TorchDecoder, load_decoder
from engine.errors import CodesFault, ModelFault, OptionFault
from engine.models.quantised import QuantisedAutoencoder
from tests.small import small_model, small_pictures, write_small_model, write_small_two_level_model


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_model(tmp_path_factory.mktemp("models") / "small.safetensors", with_statistics=False)


@pytest.fixture(scope="module")
def decoder(path: Path) -> TorchDecoder:
    return load_decoder(path, "cpu")


def some_codes(height: int = 5, width: int = 7) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 24, (2, height, width))


def test_it_keeps_the_protocol(decoder: TorchDecoder, path: Path) -> None:
    assert isinstance(decoder, Decoder)
    card = read_card(path)
    for fact in (
        "name", "model_id", "levels", "labels", "channels", "image_size", "receptive_margin", "encode_margin",
    ):  # fmt: skip
        assert getattr(decoder, fact) == getattr(card, fact), fact
    assert decoder.device.startswith("CPU")


def test_codes_become_pictures(decoder: TorchDecoder) -> None:
    codes = some_codes()
    images = decoder.decode([codes])
    assert (images.dtype, images.shape) == (np.float32, (2, 3, 20, 28))
    assert images.min() >= 0
    assert images.max() <= 1
    expected = small_model().decode_codes([torch.from_numpy(codes)]).numpy()
    assert np.allclose(images, expected, atol=1e-5)


def test_pictures_become_codes_at_any_size_by_repeating_their_edge(decoder: TorchDecoder) -> None:
    image = from_pixels(small_pictures().images[:2])  # 16 x 16
    for height, width in [(16, 16), (13, 16), (1, 1), (16, 3)]:
        part = image[:, :, :height, :width]
        (codes,) = decoder.encode(part)
        assert (codes.dtype, codes.shape) == (np.int64, (2, -(-height // 4), -(-width // 4)))
        padded = np.pad(part, ((0, 0), (0, 0), (0, -height % 4), (0, -width % 4)), mode="edge")
        assert np.array_equal(codes, decoder.encode(padded)[0])


def test_a_grey_model_takes_and_gives_one_channel(tmp_path: Path) -> None:
    path = write_small_model(tmp_path / "grey.safetensors", with_statistics=False, channels=1)
    decoder = load_decoder(path, "cpu")
    assert decoder.channels == 1
    assert decoder.decode([some_codes()]).shape == (2, 1, 20, 28)
    assert decoder.encode(np.zeros((1, 1, 8, 8), np.float32))[0].shape == (1, 2, 2)


def test_arrays_of_any_layout_are_taken_and_left_alone(decoder: TorchDecoder) -> None:
    # Warnings fail tests: torch warns of arrays it might write to and must not.
    codes, image = some_codes(), from_pixels(small_pictures().images[:1])
    expected_picture, expected_codes = decoder.decode([codes]), decoder.encode(image)[0]
    for array in (codes, image):
        array.setflags(write=False)
    assert np.array_equal(decoder.decode([codes]), expected_picture)
    assert np.array_equal(decoder.encode(image)[0], expected_codes)
    turned = np.asfortranarray(codes)
    assert np.array_equal(decoder.decode([turned]), expected_picture)
    assert np.array_equal(decoder.decode([turned[:, ::-1][:, ::-1]]), expected_picture)
    assert np.array_equal(decoder.decode([np.broadcast_to(codes[:1], (3, 5, 7))])[2], expected_picture[0])


def test_what_it_gives_is_the_callers(decoder: TorchDecoder) -> None:
    before = decoder.decode([some_codes()])
    decoder.codebook(0)[:] = 9.0
    picture = decoder.decode([some_codes()])
    picture[:] = 0
    assert np.array_equal(decoder.decode([some_codes()]), before)


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ([], "0 levels of codes given, the model has 1"),
        ([some_codes(), some_codes()], "2 levels of codes given, the model has 1"),
        ([np.full((1, 2, 2), 24)], "codes from 24 to 24, not 0 to 23"),
        ([np.full((1, 2, 2), -1)], "codes from -1 to -1, not 0 to 23"),
        ([np.zeros((2, 2), np.int64)], r"must be int64 \(B, h, w\)"),
        ([np.zeros((1, 0, 2), np.int64)], r"codes have shape \(1, 0, 2\)"),
        ([np.zeros((1, 2, 2), np.int32)], r"must be int64 \(B, h, w\), not int32 \(1, 2, 2\)"),
        ([np.zeros((1, 2, 2), np.float32)], "not float32"),
        ([np.zeros((1, 2, 2), ">i8")], "must be int64"),
        ([np.zeros((1, 2, 2), object)], "not object"),
    ],
)
def test_codes_that_do_not_fit_are_refused(
    decoder: TorchDecoder, codes: list[np.ndarray], message: str
) -> None:
    with pytest.raises(CodesFault, match=message):
        decoder.decode(codes)


@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 1, 8, 8), (1, 3, 0, 8), (0, 3, 8, 8)])
def test_pictures_that_do_not_fit_are_refused(decoder: TorchDecoder, shape: tuple[int, ...]) -> None:
    with pytest.raises(CodesFault, match=r"images must be \(B, 3, H, W\)"):
        decoder.encode(np.zeros(shape, np.float32))


def test_levels_that_do_not_exist_are_refused(decoder: TorchDecoder) -> None:
    with pytest.raises(CodesFault, match="level 1 does not exist"):
        decoder.codebook(1)


def test_devices_that_do_not_exist_are_named(path: Path) -> None:
    with pytest.raises(OptionFault, match="'abacus'"):
        load_decoder(path, "abacus")


def test_a_model_replaced_while_it_is_opened_keeps_name_and_weights_together(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A snapshot that training writes anew between reading what it says and reading its weights.
    snapshot = tmp_path / "weights.safetensors"
    snapshot.write_bytes(path.read_bytes())
    newer = write_small_model(tmp_path / "newer.safetensors", with_statistics=False, codes=12)
    real, calls = checkpoint.read_card, []

    def read_card_then_replace(file: Path) -> object:
        card = real(file)
        calls.append(card)
        if len(calls) == 1:
            newer.replace(snapshot)
        return card

    monkeypatch.setattr(checkpoint, "read_card", read_card_then_replace)
    decoder = load_decoder(snapshot, "cpu")
    assert decoder.levels[0].codes == 12
    assert decoder.model_id == real(snapshot).model_id != calls[0].model_id


def test_a_model_without_codes_cannot_paint(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.models.registry.load", lambda *_: torch.nn.Identity())
    with pytest.raises(ModelFault, match="it has no codes to paint with"):
        load_decoder(path, "cpu")


def test_levels_that_say_nothing_are_zeros_to_the_model(tmp_path: Path) -> None:
    whole = load_decoder(write_small_two_level_model(tmp_path / "two.safetensors"), "cpu")
    random = np.random.default_rng(3)
    codes = [random.integers(0, 24, (1, 2, 3)), random.integers(0, 24, (1, 4, 6))]
    model = whole._model
    assert isinstance(model, QuantisedAutoencoder)
    with torch.inference_mode():
        coarse, fine = model.looked_up([torch.from_numpy(level) for level in codes])
        expected = model.picture_of([coarse, torch.zeros_like(fine)]).numpy()
    before = whole.decode(codes)
    np.testing.assert_allclose(whole.without({1}).decode(codes), expected, atol=1e-6)
    assert np.array_equal(whole.decode(codes), before)  # the decoder itself forgets nothing
    assert np.array_equal(whole.without(set()).decode(codes), before)
    with pytest.raises(CodesFault):  # codes that say nothing have to fit all the same
        whole.without({1}).decode([codes[0], codes[1] + 24])
