"""A PixelCNN sees all that comes earlier and nothing else, and is a distribution over grids."""

from __future__ import annotations

import itertools

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor

from engine.models.base import ExportGraph
from engine.models.registry import build
from engine.priors.pixelcnn import PixelCNN, gate
from exporters.tracing import trace
from tests.small import small_prior_config

K = 5
GRIDS = [(4, 4), (3, 6), (6, 3), (1, 5), (5, 1)]


def pixelcnn(**changes: object) -> PixelCNN:
    torch.manual_seed(1)
    return PixelCNN(small_prior_config(**changes), K)


def codes_of(rows: int, columns: int) -> Tensor:
    return torch.randint(0, K, (1, rows, columns), generator=torch.Generator().manual_seed(2))


def logits(model: PixelCNN, codes: Tensor) -> Tensor:
    """(cells, K), dropping the same values whenever it drops any."""
    torch.manual_seed(5)
    return model(codes)[0].flatten(1).T


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("grid", GRIDS)
def test_no_code_changes_what_is_said_of_itself_or_of_earlier_ones(
    grid: tuple[int, int], training: bool
) -> None:
    model = pixelcnn(layers=4, kernel=5, dropout=0.5).train(training)
    codes = codes_of(*grid)
    before = logits(model, codes)
    for place in range(codes.numel()):
        changed = codes.clone()
        changed.view(-1)[place] = (changed.view(-1)[place] + 1) % K
        after = logits(model, changed)
        assert torch.equal(after[: place + 1], before[: place + 1])
        assert place + 1 == codes.numel() or not torch.equal(after[place + 1 :], before[place + 1 :])


@pytest.mark.parametrize("grid", GRIDS)
def test_every_earlier_code_is_seen(grid: tuple[int, int]) -> None:
    model = pixelcnn(layers=max(grid)).eval()
    rows, columns = grid
    embedded = model.embedding(codes_of(rows, columns)).detach().requires_grad_()
    model.embedding.forward = lambda _: embedded  # type: ignore[method-assign]
    said = model(codes_of(rows, columns))[0].flatten(1)  # (K, cells)
    for place in range(rows * columns):
        (gradient,) = torch.autograd.grad(said[:, place].square().sum(), embedded, retain_graph=True)
        seen = gradient.abs().sum(-1).flatten() > 0
        assert seen.tolist() == [earlier < place for earlier in range(rows * columns)]


@pytest.mark.parametrize("condition", [None, torch.tensor([[0.3, 0.7]])])
def test_the_likelihoods_of_all_grids_sum_to_one(condition: Tensor | None) -> None:
    torch.manual_seed(1)
    model = PixelCNN(small_prior_config(labels=2), 3).double().eval()
    grids = torch.tensor(list(itertools.product(range(3), repeat=6))).view(-1, 2, 3)
    given = None if condition is None else condition.double().expand(len(grids), -1)
    log_p = torch.log_softmax(model(grids, given), dim=1).gather(1, grids[:, None]).sum(dim=(1, 2, 3))
    assert log_p.exp().sum().item() == pytest.approx(1.0, abs=1e-12)


def test_zeros_and_no_condition_are_the_null_label() -> None:
    model, codes = pixelcnn(labels=3).eval(), codes_of(3, 4)
    assert torch.equal(model(codes, torch.zeros(1, 3)), model(codes))
    assert not torch.equal(model(codes, torch.tensor([[0.0, 1.0, 0.0]])), model(codes))
    assert torch.equal(pixelcnn(labels=0).eval()(codes, None), pixelcnn(labels=0).eval()(codes))


def test_a_batch_is_no_more_than_its_grids() -> None:
    model = pixelcnn().eval()
    grids = torch.cat([codes_of(4, 4), (codes_of(4, 4) + 2) % K])
    torch.testing.assert_close(model(grids)[1], model(grids[1:])[0])


def test_the_gate_by_hand() -> None:
    values = torch.tensor([0.5, -1.0, 2.0, 0.0]).view(1, 4, 1, 1)
    expected = [np.tanh(0.5) / (1 + np.exp(-2.0)), np.tanh(-1.0) / 2]
    assert gate(values).flatten().tolist() == pytest.approx(expected)


def test_it_exports_whole() -> None:
    model = pixelcnn(labels=2).eval().requires_grad_(False)
    example = codes_of(4, 5).expand(2, -1, -1).contiguous(), torch.rand(2, 2)
    axes = ({0: "batch", 1: "rows", 2: "columns"}, {0: "batch"})
    graph = ExportGraph(model, example, ("codes", "condition"), ("logits",), axes)
    content = trace(graph, build("ae", {}), opset=20)
    session = onnxruntime.InferenceSession(content)
    for rows, columns in [(1, 1), (7, 3), (4, 5)]:
        codes, condition = codes_of(rows, columns), torch.rand(1, 2)
        (said,) = session.run(None, {"codes": codes.numpy(), "condition": condition.numpy()})
        np.testing.assert_allclose(said, model(codes, condition).numpy(), atol=1e-5)
