"""The model file: what goes in comes out, and what is damaged is refused in words."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save as to_safetensors

import engine
from engine.checkpoint import (
    Description,
    model_id,
    read_card,
    read_statistics,
    read_tensors,
    read_weights,
    write_model,
)
from engine.errors import ModelFault, ModelNotFound
from engine.models.catalogue import list_models
from engine.models.vqvae import VQVAE
from tests.small import small_model, write_small_model


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_model(tmp_path_factory.mktemp("models") / "small.safetensors")


def test_a_model_comes_back_as_it_was(model_file: Path) -> None:
    model = engine.load(model_file)
    assert isinstance(model, VQVAE)
    assert not model.training
    codes = torch.arange(24).view(1, 4, 6)
    assert torch.equal(model.decode_codes([codes]), small_model().decode_codes([codes]))


def test_the_card_says_what_the_model_is(model_file: Path) -> None:
    card = read_card(model_file)
    assert (card.name, card.family, card.data, card.labels) == ("small", "vqvae", "blobs", ("even", "odd"))
    assert [(v.stride_px, v.codes, v.dim) for v in card.levels] == [(4, 24, 6)]
    assert card.receptive_margin == small_model().receptive_margin
    assert card.parameters == sum(p.numel() for p in small_model().state_dict().values())
    assert card.metrics == {"valid_psnr": 12.0}


def test_the_identity_is_the_hash_the_format_fixes(model_file: Path) -> None:
    digest = hashlib.sha256()
    for name, tensor in sorted(read_weights(model_file).items()):
        shape = ",".join(map(str, tensor.shape))
        digest.update(name.encode() + b"\0F32\0" + shape.encode() + b"\0" + tensor.astype("<f4").tobytes())
    assert read_card(model_file).model_id == digest.hexdigest()


def test_numbers_alone_keep_their_shape(tmp_path: Path) -> None:
    path = write_small_model(tmp_path / "small.safetensors")
    description = Description(**{**json.loads(read_text(path)), "levels": []})
    write_model(tmp_path / "number.safetensors", {"train.step": np.array(7)}, description)
    (step,) = read_tensors(tmp_path / "number.safetensors", "train.").values()
    assert step.shape == ()
    assert step == 7


def read_text(path: Path) -> str:
    """The JSON of a model file."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return str(json.loads(content[8 : 8 + length])["__metadata__"]["codebrush"])


def test_the_identity_ignores_what_is_not_the_autoencoder() -> None:
    weights = {"autoencoder.w": np.ones((2, 3), np.float32)}
    assert model_id(weights) == model_id({**weights, "stats.0.use": np.ones(3), "prior.0.w": np.ones(3)})
    assert model_id(weights) != model_id({"autoencoder.w": np.ones((3, 2), np.float32)})


def test_statistics_come_back(model_file: Path) -> None:
    (level,) = read_statistics(model_file)
    assert level.use.sum() == 32 * 16  # 32 train pictures of 4 x 4 cells
    assert np.array_equal(level.use_by_label.sum(axis=0), level.use)
    assert level.follower_table().sum() == 32 * (4 * 3 + 3 * 4)
    assert level.swatches.shape == (24, 4, 4, 3)


@pytest.mark.parametrize("places", [[-1, 3], [3, 3], [4, 3], [0, 2 * 24 * 24]])
def test_pairs_of_codes_that_do_not_exist_are_refused(
    model_file: Path, tmp_path: Path, places: list[int]
) -> None:
    tensors = {**read_tensors(model_file, ""), "stats.0.followers": np.array([places, [1, 1]], np.int32)}
    header = {"codebrush": read_metadata(model_file)}
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(to_safetensors(tensors, metadata=header))
    with pytest.raises(ModelFault, match=r"stats\.0\.followers names pairs of codes that do not exist"):
        read_statistics(damaged)


def read_metadata(path: Path) -> str:
    with safe_open(str(path), framework="numpy") as file:
        return file.metadata()["codebrush"]


def test_a_file_without_statistics_has_none(tmp_path: Path) -> None:
    assert read_statistics(write_small_model(tmp_path / "bare.safetensors", with_statistics=False)) == ()


def test_a_model_is_found_by_file_run_folder_and_last_snapshot(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "mine"
    last = write_small_model(run / "last" / "weights.safetensors")
    assert engine.load(run).config == small_model().config
    assert read_card(last).name == "mine (last)"
    best = write_small_model(run / "model.safetensors")
    assert read_card(best).name == "mine"
    with pytest.raises(ModelNotFound, match="holds no model"):
        engine.load(tmp_path)
    with pytest.raises(ModelNotFound, match="'nowhere'"):
        engine.load("nowhere")


def rewritten(path: Path, out: Path, **changes: object) -> Path:
    """The same file with other entries in its description."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    description = json.loads(header["__metadata__"]["codebrush"])
    header["__metadata__"]["codebrush"] = json.dumps({**description, **changes})
    encoded = json.dumps(header).encode()
    out.write_bytes(struct.pack("<Q", len(encoded)) + encoded + content[8 + length :])
    return out


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 99}, "format version 99; this program reads 1"),
        ({"family": "gan"}, "'gan' does not exist"),
        ({"config": {"hidden": 10**9}}, "hidden"),
        ({"config": {"hidden": 32}}, "do not fit its configuration"),
        ({"model_id": "0" * 64}, "do not match its model_id"),
        ({"levels": "none"}, "description is damaged"),
        ({"levels": [[4, 10**9, 6]]}, "sizes that make no sense"),
        ({"image_size": -1}, "sizes that make no sense"),
        ({"receptive_margin": 10**6}, "sizes that make no sense"),
        ({"channels": 1}, "does not fit its configuration"),
        ({"image_size": 32}, "does not fit its configuration"),
        ({"levels": [[8, 24, 6]]}, "does not fit its configuration"),
        ({"levels": []}, "does not fit its configuration"),
        ({"receptive_margin": 1}, "does not fit its configuration"),
        ({"encode_margin": 0}, "does not fit its configuration"),
    ],
)
def test_a_description_that_lies_is_refused(
    model_file: Path, tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    liar = rewritten(model_file, tmp_path / "liar.safetensors", **changes)
    with pytest.raises(ModelFault, match=message) as caught:
        engine.load(liar)
    assert str(liar) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("__metadata__", "codebrush"),
        ("__metadata__", {"codebrush": "[" * 100_000}),
        ("__metadata__", {"codebrush": ["{}"]}),
        ("autoencoder.decoder.0.bias", {"dtype": "F32", "data_offsets": [0, 4]}),
        ("autoencoder.decoder.0.bias", {"dtype": "F32", "shape": "abc", "data_offsets": [0, 4]}),
        ("autoencoder.decoder.0.bias", {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}),
        ("autoencoder.decoder.0.bias", {"dtype": "F32", "shape": [1], "data_offsets": "04"}),
        ("autoencoder.decoder.0.bias", [1, 2]),
        ("autoencoder.decoder.0.bias", None),
    ],
)
def test_a_header_of_another_form_is_refused(
    model_file: Path, tmp_path: Path, name: str, entry: object
) -> None:
    content = model_file.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    encoded = json.dumps({**header, name: entry}).encode()
    strange = tmp_path / "runs" / "strange" / "model.safetensors"
    strange.parent.mkdir(parents=True)
    strange.write_bytes(struct.pack("<Q", len(encoded)) + encoded + content[8 + length :])
    with pytest.raises(ModelFault, match=re.escape(str(strange))):
        read_card(strange)
    assert "fault" in list_models(tmp_path / "runs")[-1]  # told of, and no other model is hidden


def test_tampered_weights_are_refused(model_file: Path, tmp_path: Path) -> None:
    content = bytearray(model_file.read_bytes())
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    at = 8 + length + header["autoencoder.decoder.0.bias"]["data_offsets"][0]
    content[at] ^= 0x40
    (tmp_path / "tampered.safetensors").write_bytes(content)
    with pytest.raises(ModelFault, match="changed or damaged"):
        engine.load(tmp_path / "tampered.safetensors")


def test_foreign_and_missing_files_are_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.safetensors"
    foreign.write_bytes(to_safetensors({"weight": np.zeros(3, np.float32)}))
    for path, message in [
        (foreign, "not a Codebrush model"),
        (tmp_path / "missing.safetensors", "does not exist"),
        (tmp_path, "cannot be read"),
    ]:
        with pytest.raises(ModelFault, match=message):
            read_card(path)
    (tmp_path / "empty.safetensors").touch()
    (tmp_path / "text.safetensors").write_text("hello, I am no model at all")
    for name in ("empty", "text"):
        with pytest.raises(ModelFault, match="not a model file"):
            read_card(tmp_path / f"{name}.safetensors")


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_is_refused_or_whole_never_a_crash(
    model_file: Path, tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(model_file.read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            # Half of the flips hit the header, where damage is most interesting.
            end = data.draw(st.sampled_from([3000, len(content)]))
            content[data.draw(st.integers(0, end - 1))] ^= data.draw(st.integers(1, 255))
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(content)
    with contextlib.suppress(ModelFault):
        read_statistics(damaged)
        engine.load(damaged)
