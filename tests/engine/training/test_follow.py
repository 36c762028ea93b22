"""Following a run: only what was appended is read, torn lines wait, the last record of a step counts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.training.follow import CurveTable, Follower, LifeReader, requested


def append(path: Path, *rows: dict[str, Any]) -> None:
    with path.open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def step(number: int) -> dict[str, Any]:
    return {"event": "step", "step": number, "time_s": number / 10}


def test_nothing_there_is_nothing_new(tmp_path: Path) -> None:
    update = Follower(tmp_path / "not there").poll()
    assert update.events == ()
    assert update.curves is None


def test_each_event_comes_once(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    append(tmp_path / "events.jsonl", step(1), step(2))
    assert [event.step for event in follower.poll().events] == [1, 2]
    assert follower.poll().events == ()
    append(tmp_path / "events.jsonl", step(3))
    assert [event.step for event in follower.poll().events] == [3]


def test_a_torn_line_waits_for_its_end(tmp_path: Path) -> None:
    follower, path = Follower(tmp_path), tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1, "loss": 2.0}\n{"step": 2, "lo')
    first = follower.poll().curves
    assert first is not None
    np.testing.assert_array_equal(first["loss"], [[1], [2.0]])
    assert follower.poll().curves is None
    with path.open("a") as file:
        file.write('ss": 1.5}\n')
    whole = follower.poll().curves
    assert whole is not None
    np.testing.assert_array_equal(whole["loss"], [[1, 2], [2.0, 1.5]])


def test_lines_that_say_nothing_known_are_left_out(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    (tmp_path / "metrics.jsonl").write_bytes(
        b'\xff\xfe\n[]\n{"loss": 1.0}\n{"step": 4, "loss": null, "mse": 3}\n'
    )
    append(tmp_path / "events.jsonl", {"event": "of the future", "step": 1, "time_s": 0}, step(7))
    update = follower.poll()
    assert [event.step for event in update.events] == [7]
    assert update.curves is not None
    assert set(update.curves) == {"mse"}


def test_a_run_that_begins_anew_is_read_anew(tmp_path: Path) -> None:
    follower, path = Follower(tmp_path), tmp_path / "metrics.jsonl"
    append(path, *({"step": n, "loss": 1.0} for n in range(9)))
    follower.poll()
    path.write_text('{"step": 1, "loss": 5.0}\n')
    curves = follower.poll().curves
    assert curves is not None
    np.testing.assert_array_equal(curves["loss"], [[1], [5.0]])


def test_large_files_are_read_in_bites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.training.follow._AT_ONCE", 7)
    append(tmp_path / "metrics.jsonl", *({"step": n, "loss": n / 2} for n in range(50)))
    curves = Follower(tmp_path).poll().curves
    assert curves is not None
    np.testing.assert_array_equal(curves["loss"], [np.arange(50), np.arange(50) / 2])


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 12), st.floats(-9, 9)), min_size=1, max_size=6), max_size=6)
)
def test_of_a_repeated_step_the_last_record_is_kept(batches: list[list[tuple[int, float]]]) -> None:
    table, known = CurveTable(), dict[int, float]()
    for batch in batches:
        before = table.curves().get("loss")
        copies = None if before is None else [array.copy() for array in before]
        table.add({"step": at, "loss": value} for at, value in batch)
        known |= dict(batch)
        if before is not None:  # what was handed out stays as it was
            np.testing.assert_array_equal(before, copies)
    if known:
        expected = [sorted(known), [known[at] for at in sorted(known)]]
        np.testing.assert_array_equal(table.curves()["loss"], expected)


def test_code_life_comes_when_the_file_is_replaced(tmp_path: Path) -> None:
    reader, path = LifeReader(tmp_path), tmp_path / "codes.npz"
    assert reader.poll() is None
    arrays = {"step": np.array(5), "use_0": np.ones(3, np.float32), "restarted_0": np.array([-1, 2, 3])}
    np.savez(path, allow_pickle=False, **arrays, use_1=np.zeros(2, np.float32), restarted_1=np.array([0, 1]))
    levels = reader.poll()
    assert levels is not None
    assert [len(level.use) for level in levels] == [3, 2]
    np.testing.assert_array_equal(levels[0].restarted_at, [-1, 2, 3])
    assert reader.poll() is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"\x93NUMPY"])
def test_a_damaged_code_file_is_nothing_new(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "codes.npz").write_bytes(content)
    assert LifeReader(tmp_path).poll() is None


@pytest.mark.parametrize(
    ("content", "asked"),
    [('{"command": "pause"}', "pause"), ('{"command": "stop"}', "stop"), ('{"command": "resume"}', None),
     ('{"command": 3}', None), ("{", None), ("", None)],
)  # fmt: skip
def test_requests(tmp_path: Path, content: str, asked: str | None) -> None:
    assert requested(tmp_path) is None
    (tmp_path / "control.json").write_text(content)
    assert requested(tmp_path) == asked


def test_following_and_listing_import_no_torch() -> None:
    code = (
        "import sys, engine.training.follow, engine.training.shelf, engine.training.lock;"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
