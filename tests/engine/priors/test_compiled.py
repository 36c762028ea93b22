"""The compiled kernel computes and draws what torch does, in float32."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.priors import kernel
from engine.priors.cells import Cells
from engine.priors.compiled import CompiledCells, CompiledRows
from engine.priors.drawing import AS_TRAINED, Drawing, draw
from engine.priors.matrices import matrices_of
from engine.priors.pixelcnn import PixelCNN, PriorConfig
from engine.priors.rows import Rows
from engine.priors.sampler import Sampler
from tests.engine.priors.test_sampler import LABELS, SIZES, TWO, filled, priors, request_of


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("grid", [(6, 6), (3, 9), (1, 1), (2, 40)])
def test_it_draws_the_codes_of_the_torch_path(grid: tuple[int, int], sizes: dict[str, object]) -> None:
    prior = priors(**sizes).float()
    request = request_of([grid], condition=LABELS)
    got = filled(Sampler(prior, cells=CompiledCells), request)[0]
    assert np.array_equal(got, filled(Sampler(prior), request)[0])


@pytest.mark.parametrize(
    "drawing",
    [Drawing(temperature=0), Drawing(0.7, top_k=3), Drawing(1.3, top_p=0.5), Drawing(guidance=2.5)],
)
def test_every_way_to_draw(drawing: Drawing) -> None:
    prior = priors(TWO).float()
    request = request_of([(3, 4), (6, 8)], condition=LABELS, drawing=drawing)
    got = filled(Sampler(prior, cells=CompiledCells), request)
    for level, expected in zip(got, filled(Sampler(prior), request), strict=True):
        assert np.array_equal(level, expected)


def test_parts_of_a_row_are_gone_past() -> None:
    prior = priors(layers=5).float()
    mask = np.zeros((9, 40), np.bool_)
    mask[4, 25:28] = mask[6, 20:39] = mask[6, 22] = True
    request = request_of([(9, 40)], [mask])
    got = filled(Sampler(prior, cells=CompiledCells), request)[0]
    assert np.array_equal(got, filled(Sampler(prior), request)[0])


@pytest.mark.parametrize("stack", [Rows, CompiledRows])
@pytest.mark.parametrize("cells", [Cells, CompiledCells])
def test_the_logits_are_those_of_a_full_pass(
    cells: type[Cells] | type[CompiledCells], stack: type[Rows] | type[CompiledRows]
) -> None:
    """Teacher-forced: each cell is told the codes that a full pass is told."""
    torch.manual_seed(2)
    model = PixelCNN(PriorConfig(channels=64, layers=12, labels=3), 512).eval().requires_grad_(False)
    matrices, codes = matrices_of(model), torch.randint(0, 512, (2, 8, 9))
    condition = torch.from_numpy(LABELS)
    expected = model(codes, condition)
    rows, run = stack(matrices, 2, 9, condition, None), cells(matrices, 2)
    for row in range(8):
        run.begin(rows.told(row), 0, codes[:, row, :0])
        for column in range(9):
            known = codes[:, row, column : column + 1].numpy()
            run.fill(known, *[np.zeros(1, np.bool_)] * 2, np.zeros((2, 1)), AS_TRAINED)
            assert (run.logits() - expected[:, :, row, column]).abs().max() < 5e-5
        rows.put(codes[:, row])


@pytest.mark.parametrize("drawing", [AS_TRAINED, Drawing(temperature=0.5, guidance=2.0)])
def test_what_is_weighed(drawing: Drawing) -> None:
    """By both paths, within float32's rounding of what float64 gives."""
    mask, weighed = np.zeros((5, 20), np.bool_), np.ones((5, 20), np.bool_)
    mask[1:3, 4:9], weighed[:, 7] = True, False
    request = request_of([(5, 20)], [mask], drawing=drawing, condition=LABELS)
    nats = []
    for sampler in (
        Sampler(priors().double(), torch.float64),
        Sampler(priors().float()),
        Sampler(priors().float(), cells=CompiledCells),
    ):
        drawn = sampler.fill(replace(request, weighed=(weighed,)))
        nats.append(np.concatenate([part.nats for part in drawn], axis=1))
    np.testing.assert_allclose(nats[1], nats[0], atol=3e-5)
    np.testing.assert_allclose(nats[2], nats[0], atol=3e-5)
    assert np.count_nonzero(nats[0]) == 2 * np.count_nonzero(weighed)


def test_tanh_is_within_a_few_roundings() -> None:
    values = np.linspace(-12, 12, 100_001, dtype=np.float32)
    got = np.array([kernel.tanh.py_func(value) for value in values[::7]], np.float64)
    exact = np.tanh(values[::7].astype(np.float64))
    assert np.abs(got - exact).max() < 5e-7
    near = np.abs(exact) > 0
    assert (np.abs(got - exact)[near] / np.abs(exact[near])).max() < 1e-6


@pytest.mark.parametrize("drawing", [AS_TRAINED, Drawing(0.5, top_k=5), Drawing(2.0, top_p=0.3), Drawing(0)])
def test_a_draw_is_that_of_numpy(drawing: Drawing) -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 2, (200, 50)).astype(np.float32)
    logits[:, 7] = logits[:, 30]  # ties
    uniforms = rng.random(200)
    choice = kernel.Choice(drawing.temperature, drawing.top_k, drawing.top_p, drawing.guidance)
    got = [kernel._draw(row, uniform, choice) for row, uniform in zip(logits, uniforms, strict=True)]
    assert got == draw(logits, uniforms, drawing).tolist()
