"""Files that are cut off, foreign, tampered with or made to harm: `PaintingFault`, never anything else."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codes.document import Painting, open_preview, png_with_painting
from engine.codes.npy import pack_array, parse_array
from engine.errors import PaintingFault
from tests.engine.codes.paintings import members_of, painted, picture, same, written, zipped


@cache
def sound() -> bytes:
    painting = painted()
    return painting.to_bytes(picture(painting))


def with_members(**changed: bytes) -> bytes:
    members = members_of(sound())
    return zipped(members | {name.replace("__", "."): content for name, content in changed.items()})


def refused(folder: Path, content: bytes, words: str) -> None:
    path = written(folder, content)
    with pytest.raises(PaintingFault, match=words) as caught:
        Painting.open(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def described(**changed: object) -> bytes:
    document = json.loads(members_of(sound())["document.json"])
    return json.dumps(document | changed).encode()


def levels_with(**changed: object) -> bytes:
    document = json.loads(members_of(sound())["document.json"])
    document["levels"][1] |= changed
    return json.dumps(document).encode()


def saved_array(array: np.ndarray, **options: bool) -> bytes:
    content = BytesIO()
    np.save(content, array, **options)
    return content.getvalue()


LEVEL = painted().grid.levels[0]


@pytest.mark.parametrize("content", [b"", b"PK", b"\x89PNG\r\n\x1a\n", b"PK\x05\x06" + bytes(3), bytes(99)])
def test_what_is_no_zip(tmp_path: Path, content: bytes) -> None:
    refused(tmp_path, content, "no painting")


def test_no_file_and_folders(tmp_path: Path) -> None:
    with pytest.raises(PaintingFault, match="does not exist"):
        Painting.open(tmp_path / "none.codebrush")
    with pytest.raises(PaintingFault, match="folder"):
        Painting.open(tmp_path)
    with pytest.raises(PaintingFault, match="does not exist"):
        open_preview(tmp_path / "none.codebrush")


def test_any_truncation_is_refused(tmp_path: Path) -> None:
    content = sound()
    for length in range(0, len(content) - 1, 97):
        refused(tmp_path, content[:length], "no painting|damaged")


@pytest.mark.parametrize(
    "name", ["../evil.npy", "a/../../evil", "/etc/evil", "..", "C:/evil", "..\\evil", "\\\\host\\evil"]
)
def test_names_that_lead_outside(tmp_path: Path, name: str) -> None:
    refused(tmp_path, zipped(members_of(sound()) | {name: b"x"}), "outside")


def test_unknown_members_are_ignored(tmp_path: Path) -> None:
    path = written(tmp_path, zipped(members_of(sound()) | {"sliders.json": b"{", "sub/pins": b"x"}))
    assert same(Painting.open(path), painted())
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.codebrush"]


def test_a_member_that_unpacks_to_far_too_much(tmp_path: Path) -> None:
    zeros = bytes(60 << 20)
    refused(tmp_path, with_members(document__json=b" " * (1 << 20)), "more than it can need")
    refused(tmp_path, with_members(level_0__npy=zeros), "more than it can need")
    assert len(with_members(level_0__npy=zeros)) < 1 << 20


def rewritten(content: bytes, change: Callable[[zipfile.ZipInfo], None]) -> bytes:
    """The same zip with its list of members changed, as no honest program would write it."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(target, "w") as archive:
        for info in source.infolist():
            archive.writestr(info, source.read(info))
        for info in archive.infolist():
            change(info)
    return target.getvalue()


def test_a_bomb_that_lies_about_its_size_is_stopped(tmp_path: Path) -> None:
    bomb = with_members(level_0__npy=bytes(60 << 20))

    def claim_little(info: zipfile.ZipInfo) -> None:
        if info.filename == "level_0.npy":
            info.file_size = 300

    refused(tmp_path, rewritten(bomb, claim_little), "damaged|as long as")


def test_sizes_that_add_up_to_too_much(tmp_path: Path) -> None:
    def claim_much(info: zipfile.ZipInfo) -> None:
        info.file_size = (1 << 31) - 1

    refused(tmp_path, rewritten(sound(), claim_much), "more than any painting")


def test_a_list_of_members_out_of_proportion(tmp_path: Path) -> None:
    refused(tmp_path, zipped({f"{number:0200}": b"" for number in range(5000)}), "more members")


def test_encrypted_and_strangely_packed_members(tmp_path: Path) -> None:
    def encrypt(info: zipfile.ZipInfo) -> None:
        info.flag_bits |= 1

    refused(tmp_path, rewritten(sound(), encrypt), "encrypted")
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("document.json", b"{}")
    refused(tmp_path, content.getvalue(), "unknown way")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "valid JSON"),
        (b"\xff\xfe", "valid JSON"),
        (b"[" * 50_000, "valid JSON"),
        (b"[]", "not a painting"),
        (b"{}", "not a painting"),
        (b'{"format": 1' + b"0" * 10_000 + b"}", "valid JSON|not a painting"),
        (described(format="another"), "not a painting"),
        (described(version=2), "version 2"),
        (described(version="x" * 5000), "version"),
        (described(version=None), "version"),
        (described(title=5), "title"),
        (described(title="x" * 201), "title"),
        (described(model=None), "no model"),
        (described(model={"name": "a"}), "model_id"),
        (described(source="../x"), "source"),
        (described(source=["source.png"]), "source"),
        (described(source="source.gif"), "no source.gif"),
        (described(levels=None), "levels"),
        (described(levels=[]), "levels"),
        (described(levels=[5]), "level 0"),
        (described(levels=[{}] * 9), "levels"),
        (levels_with(height=0), "height"),
        (levels_with(height=True), "height"),
        (levels_with(height=10.0), "height"),
        (levels_with(height=10**30), "height"),
        (levels_with(height=11), "not 1 to 8 times"),
        (levels_with(codes=0), "codes"),
        (levels_with(codes=10), "reach"),
        (levels_with(stride_px=4), "strides"),
        (levels_with(stride_px=-1), "stride"),
    ],
)
def test_documents_of_another_shape(tmp_path: Path, document: bytes, words: str) -> None:
    refused(tmp_path, with_members(document__json=document), words)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (b"", "no array"),
        (b"\x93NUMPY\x01\x00", "no array"),
        (b"\x93NUMPY\x01\x00\xff\xff{", "no array"),
        (b"\x93NUMPY\x09\x00" + bytes(60), "no array"),
        (saved_array(np.array([[{}]], dtype=object), allow_pickle=True), "whole numbers"),
        (saved_array(LEVEL.astype(np.float64)), "whole numbers"),
        (saved_array(LEVEL.astype(">i8")), "whole numbers"),
        (saved_array(np.asfortranarray(LEVEL)), "whole numbers"),
        (saved_array(LEVEL.astype("U5")), "whole numbers"),
        (saved_array(LEVEL.astype(bool)), "whole numbers"),
        (saved_array(LEVEL.ravel()), "shape"),
        (saved_array(LEVEL.T.copy()), "shape"),
        (saved_array(LEVEL[:-1]), "shape"),
        (saved_array(LEVEL + 1000), "reach"),
        (saved_array(LEVEL - 1000), "reach"),
        (saved_array(LEVEL.astype(np.uint64) + np.uint64(2**63)), "reach"),
        (saved_array(LEVEL)[:-1], "bytes of numbers"),
        (saved_array(LEVEL) + b"x", "bytes of numbers"),
        (saved_array(LEVEL).replace(b"(5, 7)", b"(1000000, 1000000)"), "no array|whole|bytes of numbers"),
    ],
)
@pytest.mark.parametrize("member", ["level_0__npy", "start_0__npy"])
def test_arrays_that_are_not_the_codes(tmp_path: Path, member: str, array: bytes, words: str) -> None:
    refused(tmp_path, with_members(**{member: array}), words)


def test_other_whole_number_types_are_read(tmp_path: Path) -> None:
    for dtype in (np.uint8, np.int16, np.uint32, np.uint64):
        path = written(tmp_path, with_members(level_0__npy=saved_array(LEVEL.astype(dtype))))
        assert same(Painting.open(path), painted())


@pytest.mark.parametrize("member", ["document.json", "level_1.npy", "start_0.npy", "source.png"])
def test_missing_members(tmp_path: Path, member: str) -> None:
    members = members_of(sound())
    del members[member]
    refused(tmp_path, zipped(members), f"holds no {member}")


def table_with(column: int, value: int) -> bytes:
    table = parse_array(members_of(sound())["history_patches.npy"], "").copy()
    table[1, column] = value
    return pack_array(table)


@pytest.mark.parametrize("column", range(8))
@pytest.mark.parametrize("value", [0, 1, 3, 99, 2**32 - 1])
def test_history_tables_that_do_not_fit(tmp_path: Path, column: int, value: int) -> None:
    content = with_members(history_patches__npy=table_with(column, value))
    path = written(tmp_path, content)
    try:
        painting = Painting.open(path)
    except PaintingFault as fault:
        said = str(fault)
    else:  # some other values fit by chance
        undo_and_redo(painting)
        return
    assert "history" in said


def undo_and_redo(painting: Painting) -> None:
    """Everything a history holds can be applied."""
    for position in (0, len(painting.history), 0):
        for step in painting.history.go_to(position):
            for patch in step.patches:
                painting.grid.apply(patch)


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("history.json", b"[]"),
        ("history.json", b"{"),
        ("history.json", b'{"labels": "abc", "position": 0}'),
        ("history.json", b'{"labels": [1, 2, 3], "position": 0}'),
        ("history.json", b'{"labels": ["a", "b", "c"], "position": 4}'),
        ("history.json", b'{"labels": ["a", "b", "c"], "position": -1}'),
        ("history.json", b'{"labels": ["a", "b", "c"], "position": "1"}'),
        ("history.json", b'{"labels": ["a"], "position": 1}'),
        ("history.json", json.dumps({"labels": ["a" * 61] * 3, "position": 0}).encode()),
        ("history_patches.npy", pack_array(np.zeros((3, 7), np.uint32))),
        ("history_patches.npy", pack_array(np.zeros((3, 8), np.int64))),
        ("history_patches.npy", pack_array(np.zeros(24, np.uint32))),
        ("history_patches.npy", b""),
        ("history_runs.npy", pack_array(np.zeros(0, np.uint32))),
        ("history_runs.npy", pack_array(np.full(18, 7, np.uint32))),
        ("history_old.npy", pack_array(np.zeros(3, np.uint32))),
        ("history_old.npy", pack_array(np.full(18, 16, np.uint32))),
        ("history_new.npy", pack_array(np.full(18, 2**32 - 1, np.uint32))),
        ("history_new.npy", pack_array(np.zeros(18, np.float32))),  # type: ignore[arg-type]  # the point
    ],
)
def test_histories_that_do_not_fit(tmp_path: Path, member: str, content: bytes) -> None:
    refused(tmp_path, zipped(members_of(sound()) | {member: content}), "history")


def test_missing_history_arrays_are_refused_and_no_history_is_fine(tmp_path: Path) -> None:
    members = members_of(sound())
    for name in ("history_patches.npy", "history_runs.npy", "history_old.npy", "history_new.npy"):
        refused(tmp_path, zipped({n: c for n, c in members.items() if n != name}), name)
    path = written(tmp_path, zipped({n: c for n, c in members.items() if not n.startswith("history")}))
    assert len(Painting.open(path).history) == 0


def opened_or_refused(content: bytes, read: Callable[[Path], Painting]) -> None:
    """Open `content`, whatever it is, and use all of it if it opens."""
    with TemporaryDirectory() as folder:
        path = written(Path(folder), content)
        try:
            painting = read(path)
            open_preview(path) if read == Painting.open else None
        except PaintingFault:
            return
        undo_and_redo(painting)
        painting.to_bytes()


bits = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7)), min_size=1, max_size=4)


def flipped(content: bytes, where: list[tuple[float, int]]) -> bytes:
    changed = bytearray(content)
    for place, bit in where:
        changed[int(place * len(changed))] ^= 1 << bit
    return bytes(changed)


@settings(deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_random_bytes_are_refused_quietly(content: bytes, with_ending: bool) -> None:
    ending = sound()[-22:] if with_ending else b""
    opened_or_refused(content + ending, Painting.open)


@settings(deadline=None, max_examples=200)
@given(bits)
def test_flipped_bits_anywhere_in_the_file(where: list[tuple[float, int]]) -> None:
    opened_or_refused(flipped(sound(), where), Painting.open)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_flipped_bits_and_cuts_inside_a_member(data: st.DataObject) -> None:
    members = members_of(sound())
    name = data.draw(st.sampled_from(sorted(members)))
    content = flipped(members[name], data.draw(bits))
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    opened_or_refused(zipped(members | {name: content}), Painting.open)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=6,
)
KEYS = ("format", "version", "title", "model", "levels", "source", "position", "labels")


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(["document.json", "history.json"]), st.sampled_from(KEYS), json_values)
def test_json_of_any_shape(name: str, key: str, value: object) -> None:
    members = members_of(sound())
    document = json.loads(members[name]) | {key: value}
    opened_or_refused(zipped(members | {name: json.dumps(document).encode()}), Painting.open)


@cache
def sound_png() -> bytes:
    return png_with_painting(np.zeros((4, 4, 3), np.uint8), painted()).content


@settings(deadline=None, max_examples=200)
@given(bits, st.floats(0, 1))
def test_pngs_with_flipped_bits_and_cuts(where: list[tuple[float, int]], kept: float) -> None:
    content = flipped(sound_png(), where)
    opened_or_refused(content[: int(kept * len(content)) + 1], Painting.from_png)
