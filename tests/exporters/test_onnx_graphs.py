"""What an export holds, what it tells nobody, and how it takes its place."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from PIL import Image

from engine.errors import ModelFault, ModelNotFound, OptionFault
from exporters import onnx_graphs
from exporters.export_folder import Manifest, read_manifest
from exporters.onnx_graphs import export_model
from exporters.parity import ParityFault, ParityRow
from tests.exporters.conftest import CODES, STRIDE, build_model

FILES = {
    "encoder/model.onnx",
    "decoder/model.onnx",
    "config.json",
    "preprocessor_config.json",
    "manifest.json",
    "README.md",
    "codebook_0.npy",
    "statistics.safetensors",
    "example_codes.npz",
    "example.png",
    "run.py",
}


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_holds_what_it_should(exported: Path) -> None:
    assert files_in(exported) == FILES


def test_manifest_has_the_hash_of_every_other_file(exported: Path) -> None:
    manifest = json.loads((exported / "manifest.json").read_text())
    assert manifest["generator"] == "codebrush"
    assert manifest["opset"] == 20
    assert set(manifest["files"]) == FILES - {"manifest.json"}
    for name, entry in manifest["files"].items():
        content = (exported / name).read_bytes()
        assert entry == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert manifest["model_id"] == json.loads((exported / "config.json").read_text())["model_id"]


def test_parity_was_measured_at_other_shapes_than_the_exports(exported: Path) -> None:
    rows = read_manifest(exported).parity
    assert all(row.ok and row.measured <= row.tolerance for row in rows)
    encoder = [row.shape for row in rows if row.graph == "encoder"]
    decoder = [row.shape for row in rows if row.graph == "decoder"]
    assert (1, 3, STRIDE, STRIDE) in encoder
    assert (1, 1, 1) in decoder
    assert any(shape[2] % STRIDE and shape[3] % STRIDE for shape in encoder)
    assert any(shape[0] > 1 and shape[2] != shape[3] for shape in encoder)
    assert (2, 6, 5) not in decoder


def test_graphs_have_the_names_types_and_free_axes_agreed_on(exported: Path) -> None:
    tensors = {}
    for name in ("encoder", "decoder"):
        model = onnx.load(exported / name / "model.onnx")
        assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 20)]
        for tensor in (*model.graph.input, *model.graph.output):
            kind = tensor.type.tensor_type
            shape = [side.dim_param or side.dim_value for side in kind.shape.dim]
            tensors[name, tensor.name] = (onnx.TensorProto.DataType.Name(kind.elem_type), shape)
    image, codes = ["batch", 3, "height", "width"], ["batch", "rows", "columns"]
    assert tensors == {
        ("encoder", "image"): ("FLOAT", image),
        ("encoder", "codes_0"): ("INT64", codes),
        ("decoder", "codes_0"): ("INT64", codes),
        ("decoder", "image"): ("FLOAT", image),
    }


def test_nothing_tells_of_the_machine_it_was_made_on(exported: Path) -> None:
    root = str(Path(__file__).parents[2]).encode()
    for name in FILES:
        content = (exported / name).read_bytes()
        for secret in (
            root,
            b"stack_trace",
            b"metadata",
            b"site-packages",
            b"/home/",
            str(Path.home()).encode() + b"/",
        ):
            # The statistics are a safetensors file, whose own header has a key of that name.
            if not (name == "statistics.safetensors" and secret == b"metadata"):
                assert secret not in content, (name, secret)
    for name in ("encoder", "decoder"):
        model = onnx.load(exported / name / "model.onnx")
        assert not model.metadata_props
        assert not any(node.metadata_props or node.doc_string for node in model.graph.node)


def test_config_says_what_a_program_needs(exported: Path) -> None:
    config = json.loads((exported / "config.json").read_text())
    assert config["name"] == "tiny"
    assert config["levels"] == [{"stride_px": STRIDE, "codes": CODES, "dim": 8}]
    assert config["labels"] == ["one", "two"]
    assert config["metrics"] == {"psnr": 12.5}
    assert config["graphs"]["decoder"]["inputs"] == [
        {"name": "codes_0", "dtype": "int64", "shape": ["batch", "rows", "columns"], "range": [0, CODES - 1]}
    ]
    preprocessor = json.loads((exported / "preprocessor_config.json").read_text())
    assert preprocessor["size_divisor"] == STRIDE
    assert preprocessor["rescale_factor"] == 1 / 255


def test_readme_is_a_card(exported: Path) -> None:
    text = (exported / "README.md").read_text()
    assert text.startswith("---\nlibrary_name: onnx\n")
    assert "| input | `image` | float32 | (batch, 3, height, width) | 0 to 1 |" in text
    assert f"| output | `codes_0` | int64 | (batch, rows, columns) | 0 to {CODES - 1} |" in text
    assert "| decoder | 1 x 1 x 1 | largest pixel difference |" in text
    assert "| psnr | 12.5 |" in text
    assert "python run.py" in text


def test_run_py_reproduces_the_example(exported: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(exported / "run.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "largest difference from example.png: 0 of 255" in ran.stdout
    assert ran.stderr == ""
    again = np.asarray(Image.open(tmp_path / "reproduced.png"))
    assert np.array_equal(again, np.asarray(Image.open(exported / "example.png")))
    assert again.shape == (64, 192, 3)


def test_codebook_is_the_models(exported: Path, tiny_model: Path) -> None:
    from engine.decoding.torch_decoder import load_decoder

    assert np.array_equal(np.load(exported / "codebook_0.npy"), load_decoder(tiny_model, "cpu").codebook(0))


def test_grey_model_with_one_graph_and_no_statistics(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = build_model(tmp_path / "grey.safetensors", channels=1, with_statistics=False)
    told: list[tuple[str, float]] = []
    manifest = export_model(
        model, tmp_path / "out", ["encoder"], progress=lambda what, done: told.append((what, done))
    )
    assert files_in(tmp_path / "out") == {
        "encoder/model.onnx",
        "config.json",
        "preprocessor_config.json",
        "manifest.json",
        "README.md",
        "codebook_0.npy",
    }
    assert {row["graph"] for row in manifest["parity"]} == {"encoder"}
    assert manifest["parity"][0]["shape"] == (1, 1, STRIDE, STRIDE)
    assert told[0] == ("Loading the model", 0.0)
    assert told[-1] == ("Exported", 1.0)
    assert [done for _, done in told] == sorted(done for _, done in told)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grey.safetensors", "out"]


def test_unknown_graph_missing_and_foreign_model(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionFault, match=r"graph 'prior' does not exist: this model has encoder, decoder"):
        export_model(tiny_model, tmp_path / "out", ["prior"])
    with pytest.raises(ModelNotFound, match="nowhere"):
        export_model(tmp_path / "nowhere.safetensors", tmp_path / "out")
    (tmp_path / "foreign.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(ModelFault, match=r"foreign.safetensors: is not a model file"):
        export_model(tmp_path / "foreign.safetensors", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["foreign.safetensors"]


def test_out_of_tolerance_writes_nothing(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ParityRow("decoder", (1, 2, 3), "largest pixel difference", 0.5, 1 / 255, ok=False)

    def fail(*args: object) -> None:
        raise ParityFault([row])

    monkeypatch.setattr(onnx_graphs, "compare", fail)
    monkeypatch.setattr(onnx_graphs, "_write_graphs", lambda *args: {})
    with pytest.raises(ParityFault, match=r"largest pixel difference 0.5 at an input of 1 x 2 x 3"):
        export_model(tiny_model, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_model_replaced_meanwhile_is_not_mixed_with_the_other(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model.safetensors"
    shutil.copy(tiny_model, model)

    def replace_model(what: str, done: float) -> None:
        if what == "Comparing with PyTorch":
            build_model(model, channels=1)

    monkeypatch.setattr(onnx_graphs, "_write_graphs", lambda *args: {})
    monkeypatch.setattr(onnx_graphs, "compare", lambda *args: ())
    with pytest.raises(ModelFault, match=r"model.safetensors: was replaced while it was being exported"):
        export_model(model, tmp_path / "out", progress=replace_model)
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


def test_manifest_round_trips(exported: Path) -> None:
    manifest = read_manifest(exported)
    assert msgspec.convert(msgspec.to_builtins(manifest), Manifest) == manifest


def test_importing_the_exporter_imports_neither_torch_nor_onnx() -> None:
    code = (
        "import sys, exporters.onnx_graphs, exporters.open, exporters.onnx_decoder, exporters.images\n"
        "heavy = {'torch', 'onnx', 'onnxruntime'} & sys.modules.keys()\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=Path(__file__).parents[2])
