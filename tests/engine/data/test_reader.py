"""Sets of pictures through the cache: decoded once, gone on with, forgotten in time, done without."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data import cache, decoded, picture_files, reader
from engine.data.decoded import OnDisk
from engine.data.folder import Folder
from engine.data.open import open_data
from engine.data.rows import Rows
from engine.data.source import Pictures
from engine.errors import CannotWrite, DataFault
from engine.locks import open_lock, taken

COUNT = 12


class StoppedError(Exception):
    """Somebody asked to stop."""


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Even small sets are kept in a cache of the test's own."""
    monkeypatch.setattr(picture_files, "QUICK_BYTES", 0)
    monkeypatch.setenv("CODEBRUSH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pictures"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Twelve pictures with two labels, and a file that is none."""
    rng = np.random.default_rng(8)
    for number in range(COUNT):
        path = tmp_path / "photos" / ("even" if number % 2 == 0 else "odd") / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (10, 12, 3), dtype=np.uint8)).save(path)
    (tmp_path / "photos" / "even" / "notes.txt").write_text("x")
    return tmp_path / "photos"


class Reads:
    """Counts the entries that are decoded; may do something at the nth."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        self.at: dict[int, Callable[[], None]] = {}
        self._lock = threading.Lock()
        whole = picture_files.read_picture

        def counted(source: Path | bytes, **wanted: int) -> np.ndarray:
            with self._lock:
                self.names.append(Path(str(source)).name)
                self.at.get(len(self.names), lambda: None)()
            return whole(source, **wanted)

        monkeypatch.setattr(picture_files, "read_picture", counted)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    return Reads(monkeypatch)


def same(first: Pictures, second: Pictures) -> bool:
    rest = ("names", "label_names", "skipped", "data_name")
    return (
        np.array_equal(first.images[:], second.images[:])
        and np.array_equal(first.labels, second.labels)
        and np.array_equal(first.split_of, second.split_of)
        and all(getattr(first, name) == getattr(second, name) for name in rest)
    )


def straight(photos: Path, size: int = 8) -> Pictures:
    return reader.read_into_memory(Folder(photos), size, 3)


def folders(kept: Path) -> set[str]:
    return {path.name[32:] for path in kept.iterdir() if path.is_dir()}


def test_the_second_time_nothing_is_decoded(photos: Path, reads: Reads, kept: Path) -> None:
    told: list[float] = []
    first = open_data(str(photos), 8, 3, lambda _what, part: told.append(part))
    assert len(reads.names) == COUNT + 1
    assert told[-1] == 1.0
    assert told == sorted(told)
    second = open_data(str(photos), 8, 3)
    assert len(reads.names) == COUNT + 1
    assert same(first, second)
    assert same(first, straight(photos))
    assert first.skipped == ("even/notes.txt",)
    assert folders(kept) == {""}


@pytest.mark.parametrize("change", ["size", "channels", "content", "time", "more", "less"])
def test_what_changed_is_read_anew(photos: Path, reads: Reads, change: str) -> None:
    open_data(str(photos), 8, 3)
    reads.names.clear()
    picture = photos / "even" / "00.png"
    if change == "content":
        picture.write_bytes((photos / "odd" / "01.png").read_bytes() + b" ")
    elif change == "time":
        os.utime(picture, (1e9, 1e9))
    elif change == "more":
        shutil.copy(picture, photos / "another.png")
    elif change == "less":
        picture.unlink()
    size, channels = (9 if change == "size" else 8), (1 if change == "channels" else 3)
    pictures = open_data(str(photos), size, channels)
    assert len(reads.names) == {"more": COUNT + 2, "less": COUNT}.get(change, COUNT + 1)
    assert same(pictures, reader.read_into_memory(Folder(photos), size, channels))


def test_sets_larger_than_memory_are_mapped(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "IN_MEMORY", 1000)
    for _ in range(2):
        pictures = open_data(str(photos), 8, 3)
        assert isinstance(pictures.images, Rows)
        assert isinstance(pictures.images.base, np.memmap)
        assert not pictures.images.base.flags.writeable
        assert same(pictures, straight(photos))
    valid = pictures.split("train")
    assert isinstance(valid.images, Rows)
    assert valid.images.base is pictures.images.base


def test_other_tools_read_what_is_kept(photos: Path, kept: Path) -> None:
    pictures = open_data(str(photos), 8, 3)
    (folder,) = (path for path in kept.iterdir() if path.is_dir())
    assert np.array_equal(np.load(folder / "images.npy"), pictures.images)


@pytest.mark.parametrize("safe_every_s", [0.0, 1000.0])
def test_an_interrupted_read_is_gone_on_with(
    photos: Path, reads: Reads, kept: Path, monkeypatch: pytest.MonkeyPatch, safe_every_s: float
) -> None:
    monkeypatch.setattr(decoded, "SAFE_EVERY_S", safe_every_s)
    monkeypatch.setattr(picture_files, "_UNDER_WAY", 1)

    def stop(_what: str, part: float) -> None:
        if part > 0.5:
            raise StoppedError

    with pytest.raises(StoppedError):
        open_data(str(photos), 8, 3, stop)
    assert folders(kept) == {".part"}
    before = len(reads.names)
    pictures = open_data(str(photos), 8, 3)
    assert len(reads.names) - before == (COUNT + 1 if safe_every_s else COUNT + 1 - before)
    assert same(pictures, straight(photos))
    assert folders(kept) == {""}


@pytest.mark.parametrize("damage", ["torn line", "lost pictures", "foreign lines", "no entries"])
def test_what_an_interruption_left_may_be_damaged(
    photos: Path, kept: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setattr(decoded, "SAFE_EVERY_S", 0.0)

    def stop(_what: str, part: float) -> None:
        if part > 0.5:
            raise StoppedError

    with pytest.raises(StoppedError):
        open_data(str(photos), 8, 3, stop)
    (part,) = kept.glob("*.part")
    entries, images = part / "entries.jsonl", part / "images.npy"
    if damage == "torn line":
        entries.write_bytes(entries.read_bytes()[:-7])
    elif damage == "lost pictures":
        images.write_bytes(images.read_bytes()[:-400])
    elif damage == "foreign lines":
        entries.write_text('{"done": "many"}\n')
    else:
        entries.unlink()
    assert same(open_data(str(photos), 8, 3), straight(photos))
    assert same(open_data(str(photos), 8, 3), straight(photos))


@pytest.mark.parametrize("damage", ["cut", "foreign", "gone", "entries"])
def test_a_damaged_cache_is_made_anew(photos: Path, reads: Reads, kept: Path, damage: str) -> None:
    open_data(str(photos), 8, 3)
    (folder,) = (path for path in kept.iterdir() if path.is_dir())
    images = folder / "images.npy"
    if damage == "cut":
        images.write_bytes(images.read_bytes()[:-1])
    elif damage == "foreign":
        np.save(images, np.zeros((COUNT, 8, 8, 1), np.uint8))
    elif damage == "gone":
        images.unlink()
    else:
        (folder / "entries.jsonl").write_text("")
    reads.names.clear()
    assert same(open_data(str(photos), 8, 3), straight(photos))
    reads.names.clear()
    open_data(str(photos), 8, 3)
    assert reads.names == []


def test_files_that_vanish_while_reading_are_skipped_this_time_only(
    photos: Path, reads: Reads, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_files, "_THREADS", 1)
    away = photos.parent / "away.png"
    reads.at[3] = lambda: (photos / "odd" / "11.png").rename(away) and None
    pictures = open_data(str(photos), 8, 3)
    assert pictures.skipped == ("even/notes.txt", "odd/11.png")
    assert len(pictures) == COUNT - 1
    assert folders(kept) == {".once"}
    away.rename(photos / "odd" / "11.png")
    assert same(open_data(str(photos), 8, 3), straight(photos))


def test_a_folder_that_vanishes_is_named(photos: Path, reads: Reads, kept: Path) -> None:
    reads.at[3] = lambda: photos.rename(photos.parent / "away") and None
    with pytest.raises(DataFault, match="photos: vanished while its pictures were read"):
        open_data(str(photos), 8, 3)
    (photos.parent / "away").rename(photos)
    reads.at.clear()
    assert same(open_data(str(photos), 8, 3), straight(photos))


def test_what_was_read_outlives_its_source(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "IN_MEMORY", 1000)
    expected = straight(photos)
    pictures = open_data(str(photos), 8, 3)
    shutil.rmtree(photos)
    assert same(pictures, expected)


# No room


def full_disk(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """The disk takes `after` more pictures."""
    add = OnDisk.add
    left = [after]

    def full(self: OnDisk, piece: object) -> None:
        if not left[0]:
            raise CannotWrite(self._folder, "cannot be written (no space left on device)")
        left[0] -= 1
        add(self, piece)  # type: ignore[arg-type]

    monkeypatch.setattr(OnDisk, "add", full)


@pytest.mark.parametrize("after", [0, 7])
def test_on_a_full_disk_memory_will_do(
    photos: Path, reads: Reads, kept: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    full_disk(monkeypatch, after)
    pictures = open_data(str(photos), 8, 3)
    assert same(pictures, straight(photos))
    assert folders(kept) == set()


def test_without_room_anywhere_it_is_said_what_to_do(
    photos: Path, monkeypatch: pytest.MonkeyPatch, kept: Path
) -> None:
    full_disk(monkeypatch, 3)
    monkeypatch.setattr(reader, "free_memory", lambda: 1000)
    with pytest.raises(DataFault, match=r"13 pictures of 8 px take .*\(no space left.*CODEBRUSH_"):
        open_data(str(photos), 8, 3)


def test_a_disk_that_is_too_small_is_not_filled_first(
    photos: Path, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(photos)
    monkeypatch.setattr(cache.shutil, "disk_usage", lambda _: usage._replace(free=cache.SPARE_BYTES + 2000))
    monkeypatch.setattr(reader, "free_memory", lambda: 1000)
    with pytest.raises(DataFault, match="no space left on device"):
        open_data(str(photos), 8, 3)
    assert reads.names == []


def test_a_cache_that_cannot_be_written_is_done_without(photos: Path, kept: Path) -> None:
    kept.parent.write_text("a file where the folder should be")
    assert same(open_data(str(photos), 8, 3), straight(photos))


def test_what_was_not_used_for_longest_is_forgotten_first(
    photos: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def age(size: int, seconds: float) -> None:
        (folder,) = (path for path in kept.iterdir() if path.is_dir() and _side(path) == size)
        os.utime(folder / "entries.jsonl", (seconds, seconds))

    for number, size in enumerate((8, 9, 10)):
        open_data(str(photos), size, 3)
        age(size, 1000.0 + number)
    open_data(str(photos), 8, 3)  # used again
    needed = COUNT * 3 * (8 * 8 + 10 * 10 + 11 * 11)
    monkeypatch.setattr(cache, "MOST_BYTES", needed + 1000)
    open_data(str(photos), 11, 3)
    assert {_side(path) for path in kept.iterdir() if path.is_dir()} == {8, 10, 11}


def _side(folder: Path) -> int:
    return int(np.load(folder / "images.npy", mmap_mode="r").shape[1])


# Several programs


def test_others_wait_for_who_reads_and_take_what_it_read(
    photos: Path, reads: Reads, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_WAIT_S", 0.01)
    found: list[Pictures] = []
    told: list[str] = []
    second = threading.Thread(
        target=lambda: found.append(open_data(str(photos), 8, 3, lambda what, _part: told.append(what)))
    )
    waits = threading.Event()

    def tell(_what: str, _part: float) -> None:
        if second.ident is None:
            second.start()
            while not told:
                waits.wait(0.01)

    first = open_data(str(photos), 8, 3, tell)
    second.join()
    assert same(first, found[0])
    assert len(reads.names) == COUNT + 1
    assert told[0] == "Another program reads these pictures: waiting"


def test_waiting_can_be_stopped(photos: Path, kept: Path) -> None:
    open_data(str(photos), 8, 3)
    (lock,) = kept.glob("*.lock")
    handle = open_lock(lock)
    assert taken(handle)
    try:
        with pytest.raises(StoppedError):
            open_data(str(photos), 8, 3, _raise)
    finally:
        os.close(handle)


def _raise(_what: str, _part: float) -> None:
    raise StoppedError
