"""Parity catches a graph that is not the model, and lets ties be ties."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from exporters.emoji_sheet import windows
from exporters.parity import CODE_TOLERANCE, ParityFault, _detour, _every_code, compare


class Spoilt:
    """A session whose results go through `spoil`."""

    def __init__(self, session: object, spoil: object) -> None:
        self.session, self.spoil = session, spoil

    def run(self, outputs: list[str], inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        return [self.spoil(value) for value in self.session.run(outputs, inputs)]


@pytest.fixture
def model(tiny_model: Path) -> object:
    from engine.models.registry import load

    return load(tiny_model, "cpu")


@pytest.fixture
def sessions(exported: Path) -> dict[str, object]:
    from exporters.runtime import open_session

    paths = {name: exported / name / "model.onnx" for name in ("encoder", "decoder")}
    return {name: open_session(path.read_bytes(), path) for name, path in paths.items()}


@pytest.fixture
def sheet() -> np.ndarray:
    return np.random.default_rng(5).random((160, 200, 3), dtype=np.float32)


def test_the_export_is_the_model(model: object, sessions: dict[str, object], sheet: np.ndarray) -> None:
    rows = compare(model, sessions, sheet)
    assert all(row.ok for row in rows)
    assert {row.graph for row in rows} == {"encoder", "decoder"}


@pytest.mark.parametrize(
    ("graph", "spoil", "message"),
    [
        ("decoder", lambda image: image + np.float32(2 / 255), r"decoder is not the model: .* 0.00784"),
        ("decoder", lambda image: image[..., :-1], r"largest pixel difference inf"),
        ("decoder", lambda image: image * np.float32(np.nan), r"largest pixel difference nan"),
        ("encoder", lambda codes: (codes + 1) % 24, r"encoder is not the model: relative margin"),
        ("encoder", lambda codes: codes[:, ::-1], r"encoder is not the model"),
        ("encoder", lambda codes: codes[:, :, 1:], r"relative margin of differing codes inf"),
    ],
)
def test_a_graph_that_is_not_the_model(
    graph: str, spoil: object, message: str, model: object, sessions: dict[str, object], sheet: np.ndarray
) -> None:
    with pytest.raises(ParityFault, match=message) as caught:
        compare(model, {**sessions, graph: Spoilt(sessions[graph], spoil)}, sheet)
    assert not all(row.ok for row in caught.value.rows)
    assert "nothing was written" in str(caught.value)


def test_codes_may_differ_only_where_they_tie() -> None:
    e = np.array([[0.0, 1.0], [0.0, -1.0], [5.0, 5.0]], np.float32)
    z_e = np.zeros((1, 2, 1, 2), np.float32)  # as near to code 0 as to code 1
    z_e[0, 1, 0, 1] = 1e-6
    nearest = np.zeros((1, 1, 2), np.int64)
    assert _detour(z_e, e, nearest, nearest) == 0.0
    assert 0 < _detour(z_e, e, nearest, nearest + 1) <= CODE_TOLERANCE
    z_e[0, 1, 0, 1] = 1e-4
    assert _detour(z_e, e, nearest, nearest + 1) == pytest.approx(2e-4, rel=1e-3)
    assert _detour(z_e, e, nearest, nearest + 2) > 0.8


def test_a_nearer_code_than_torch_chose_is_no_fault() -> None:
    e = np.array([[0.0], [1.0]], np.float32)
    z_e = np.full((1, 1, 1, 1), 0.9, np.float32)
    assert _detour(z_e, e, np.zeros((1, 1, 1), np.int64), np.ones((1, 1, 1), np.int64)) == 0.0


def test_listening_leaves_the_model_as_it_was(
    model: object, sessions: dict[str, object], sheet: np.ndarray
) -> None:
    compare(model, sessions, sheet)
    assert "nearest" not in vars(model.quantizer)


@pytest.mark.parametrize(
    "levels", [[(4, 512)], [(4, 2)], [(8, 100), (4, 512)], [(8, 512), (4, 20)], [(16, 7), (8, 5000), (4, 3)]]
)
def test_every_code_of_every_level_is_decoded(levels: list[tuple[int, int]]) -> None:
    model = SimpleNamespace(levels=[SimpleNamespace(stride_px=s, codes=k) for s, k in levels])
    grids = _every_code(model)
    for (stride, codes), grid in zip(levels, grids, strict=True):
        assert set(grid.flatten().tolist()) == set(range(codes))
        ratio = levels[0][0] // stride
        assert grid.shape == (1, grids[0].shape[1] * ratio, grids[0].shape[2] * ratio)


def test_windows_lie_inside_the_sheet(sheet: np.ndarray) -> None:
    cut = windows(sheet, np.random.default_rng(1), 4, 30, 50)
    assert cut.shape == (4, 3, 30, 50)
    assert cut.dtype == np.float32
    assert len({window.tobytes() for window in cut}) == 4
