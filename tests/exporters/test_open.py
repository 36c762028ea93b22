"""One way to open whatever can be painted with."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.checkpoint import read_card, read_statistics
from engine.decoding.prior import CodePrior
from engine.decoding.torch_decoder import TorchDecoder
from engine.errors import ModelFault, ModelNotFound
from exporters.onnx_decoder import OnnxDecoder
from exporters.open import find_openable, open_card, open_decoder, open_statistics
from tests.small import write_small_model, write_small_priors


def test_a_model_file_opens_on_torch(tiny_model: Path) -> None:
    assert isinstance(open_decoder(tiny_model), TorchDecoder)
    assert open_card(tiny_model) == read_card(tiny_model)


def test_the_prior_of_a_file_comes_along_and_is_none_where_there_is_none(tmp_path: Path) -> None:
    plain = write_small_model(tmp_path / "plain.safetensors")
    opened = open_decoder(write_small_priors(tmp_path / "with.safetensors", plain))
    assert isinstance(opened.prior, CodePrior)
    assert opened.prior.labels == ("even", "odd")
    codes = np.arange(12, dtype=np.int64).reshape(3, 4)
    (said,) = opened.prior.surprise([codes], np.array([0.0, 1.0], np.float32))
    assert said.bits.shape == (3, 4)
    found = opened.prior.likeliest([codes], 0, (0, 0), 24)
    rank = int(np.flatnonzero(found.codes == codes[0, 0])[0])
    null = opened.prior.surprise([codes])[0]
    assert null.ranks[0, 0] == rank
    assert null.bits[0, 0] == pytest.approx(-np.log2(found.probabilities[rank]), rel=1e-4)
    assert open_decoder(plain).prior is None


def test_a_run_folder_opens_on_torch(tiny_model: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    shutil.copy(tiny_model, run / "model.safetensors")
    assert find_openable(run) == run / "model.safetensors"
    assert open_decoder(str(run)).name == "run"


@pytest.mark.parametrize("inside", ["", "manifest.json", "decoder/model.onnx"])
def test_an_export_opens_on_onnx_runtime(inside: str, exported: Path, tiny_model: Path) -> None:
    decoder = open_decoder(exported / inside)
    assert isinstance(decoder, OnnxDecoder)
    assert decoder.model_id == read_card(tiny_model).model_id


def test_an_export_knows_what_the_model_knows(exported: Path, tiny_model: Path) -> None:
    card, original = open_card(exported), read_card(tiny_model)
    assert card.path == exported
    for fact in ("name", "family", "config", "labels", "levels", "model_id", "metrics", "parameters"):
        assert getattr(card, fact) == getattr(original, fact), fact
    (given,), (expected,) = open_statistics(exported), read_statistics(tiny_model)
    for field in ("use", "swatches", "contexts", "vectors", "followers"):
        assert np.array_equal(getattr(given, field), getattr(expected, field)), field


def test_statistics_are_checked_too(exported: Path) -> None:
    path = exported / "statistics.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelFault, match=r"statistics.safetensors: is not the file manifest.json describes"):
        open_statistics(exported)


def test_what_is_nowhere(tmp_path: Path) -> None:
    for opening in (open_decoder, open_card, open_statistics):
        with pytest.raises(ModelNotFound):
            opening(tmp_path / "nowhere")
        with pytest.raises(ModelNotFound):
            opening(tmp_path)
