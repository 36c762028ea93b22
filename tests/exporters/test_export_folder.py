"""An export takes its place whole or not at all, and takes nobody else's."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from engine.errors import CannotWrite, ModelFault
from exporters.export_folder import (
    MANIFEST,
    Manifest,
    is_export,
    read_checked,
    read_manifest,
    staged,
)


def fill(folder: Path, content: bytes = b"graph", force: bool = False) -> None:
    with staged(folder, force) as staging:
        staging.write("decoder/model.onnx", content)
        manifest = Manifest(model_id="0", opset=20, versions={}, files=dict(staging.files), parity=())
        staging.write(MANIFEST, msgspec.json.encode(manifest))


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@contextmanager
def full_disk(limit_bytes: int) -> Iterator[None]:
    """Files may grow to `limit_bytes` only, as the system's own limit: writing on fails with EFBIG."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_new_folder_appears_whole(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    with staged(out, force=False) as staging:
        staging.write("a/b.txt", b"x")
        assert not out.exists()
    assert names(tmp_path / "new") == ["out/a/b.txt"]


def test_failure_leaves_nothing(tmp_path: Path) -> None:
    def fail_half_way() -> None:
        with staged(tmp_path / "out", force=False) as staging:
            staging.write("a", b"x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    fill(tmp_path / "out")
    assert is_export(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_earlier_export_is_replaced_only_by_force(tmp_path: Path) -> None:
    out = tmp_path / "out"
    fill(out, b"first")
    with pytest.raises(CannotWrite, match=r"already holds an export: .* --force"):
        fill(out, b"second")
    assert (out / "decoder/model.onnx").read_bytes() == b"first"
    fill(out, b"second", force=True)
    assert (out / "decoder/model.onnx").read_bytes() == b"second"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_force_replaces_nothing_else(tmp_path: Path) -> None:
    photos, file = tmp_path / "photos", tmp_path / "file"
    photos.mkdir()
    (photos / "a.png").write_bytes(b"x")
    file.write_text("x")
    with pytest.raises(CannotWrite, match="no earlier export: choose another folder"):
        fill(photos, force=True)
    (photos / MANIFEST).write_text('{"name": "a web page"}')
    with pytest.raises(CannotWrite, match="no earlier export"):
        fill(photos, force=True)
    with pytest.raises(CannotWrite, match="is a file: choose the name of a folder"):
        fill(file, force=True)
    assert names(tmp_path) == ["file", "photos/a.png", f"photos/{MANIFEST}"]


def test_files_put_into_an_export_are_not_lost_by_force(tmp_path: Path) -> None:
    out = tmp_path / "out"
    fill(out)
    (out / "reproduced.png").write_bytes(b"written by run.py")
    fill(out, force=True)
    (out / "notes.txt").write_text("mine")
    with pytest.raises(CannotWrite, match=r"holds notes.txt besides an earlier export: move that away first"):
        fill(out, force=True)
    assert (out / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "name", [".env", ".git/config", "decoder/.notes", "mine/photo.png", "mine/Thumbs.db"]
)
def test_force_deletes_no_file_the_manifest_does_not_know(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    fill(out, b"first")
    (out / name).parent.mkdir(exist_ok=True)
    (out / name).write_text("mine")
    with pytest.raises(CannotWrite, match=r"out: holds \S+ besides an earlier export: move that away first"):
        fill(out, b"second", force=True)
    assert (out / name).read_text() == "mine"
    assert (out / "decoder/model.onnx").read_bytes() == b"first"


@pytest.mark.parametrize("name", ["mine", ".cache", "decoder/mine", "Thumbs.db"])
def test_force_deletes_no_folder_the_manifest_does_not_know(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    fill(out)
    (out / name).mkdir()
    with pytest.raises(CannotWrite, match=rf"holds {name} besides an earlier export"):
        fill(out, force=True)
    assert (out / name).is_dir()


def test_force_deletes_no_link(tmp_path: Path) -> None:
    out = tmp_path / "out"
    fill(out)
    (out / "broken").symlink_to(tmp_path / "nowhere")
    with pytest.raises(CannotWrite, match="holds broken besides an earlier export"):
        fill(out, force=True)
    assert (out / "broken").is_symlink()


def test_what_file_managers_leave_is_in_nobodys_way(tmp_path: Path) -> None:
    out = tmp_path / "out"
    fill(out, b"first")
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "decoder/.DS_Store"):
        (out / name).write_bytes(b"x")
    fill(out, b"second", force=True)
    assert names(out) == ["decoder/model.onnx", MANIFEST]


def test_a_failing_replacement_keeps_the_earlier_export(tmp_path: Path) -> None:
    out = tmp_path / "out"
    fill(out, b"first")
    with full_disk(10_000), pytest.raises(CannotWrite, match=r"out: cannot be written \(file too large\)"):
        fill(out, b"x" * 20_000, force=True)
    assert (out / "decoder/model.onnx").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_earlier_export_comes_back_if_the_last_step_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    fill(out, b"first")
    rename = Path.rename

    def refuse_new(path: Path, target: Path) -> Path:
        if path.suffix == ".part":
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse_new)
    with pytest.raises(CannotWrite, match="permission denied"):
        fill(out, b"second", force=True)
    assert names(tmp_path) == ["out/decoder/model.onnx", f"out/{MANIFEST}"]
    assert (out / "decoder/model.onnx").read_bytes() == b"first"


def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CannotWrite, match=r"out: cannot be written \(not a directory\)"):
        fill(tmp_path / "file" / "out")


def test_a_link_leads_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    fill(tmp_path / "link")
    fill(tmp_path / "link", b"second", force=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real/decoder/model.onnx").read_bytes() == b"second"


def test_reading_names_what_is_wrong(tmp_path: Path) -> None:
    out = tmp_path / "out"
    fill(out)
    manifest = read_manifest(out)
    assert read_checked(out, manifest, "decoder/model.onnx") == b"graph"
    with pytest.raises(ModelFault, match=r"names no encoder/model.onnx"):
        read_checked(out, manifest, "encoder/model.onnx")
    (out / "decoder/model.onnx").write_bytes(b"grape")
    with pytest.raises(ModelFault, match=r"model.onnx: is not the file manifest.json describes"):
        read_checked(out, manifest, "decoder/model.onnx")
    (out / "decoder/model.onnx").unlink()
    with pytest.raises(ModelFault, match=r"model.onnx: is missing"):
        read_checked(out, manifest, "decoder/model.onnx")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"generator": "codebrush", "format": 2}']
)
def test_a_damaged_manifest(content: bytes, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(ModelFault, match=r"manifest.json: is not the manifest of an export"):
        read_manifest(tmp_path)
