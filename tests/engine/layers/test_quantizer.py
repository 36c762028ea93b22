"""The quantiser against its equations: each loss term alone, EMA by hand, starts and restarts."""

from __future__ import annotations

import math

import pytest
import torch

from engine.layers.quantizer import START_USE, CodebookStatistics, VectorQuantizer, update_codebooks

LATE = 10_000
"""A step at which the averages are over as many steps as they will be."""


def quantizer(update: str = "ema", codes: int = 5, dim: int = 3, decay: float = 0.9) -> VectorQuantizer:
    torch.manual_seed(0)
    return VectorQuantizer(codes, dim, update, decay)  # type: ignore[arg-type]


def encodings(batch: int = 2, dim: int = 3, size: int = 4) -> torch.Tensor:
    return torch.randn(batch, dim, size, size, generator=torch.Generator().manual_seed(1))


def test_each_vector_goes_to_its_nearest_code() -> None:
    vq, z = quantizer(), encodings()
    flat = z.permute(0, 2, 3, 1).reshape(-1, 3)
    by_hand = torch.cdist(flat.double(), vq.embedding.double()).argmin(dim=1).view(2, 4, 4)
    assert torch.equal(vq.nearest(z), by_hand)
    assert torch.equal(vq(z).codes, by_hand)


def test_the_value_is_the_code_and_the_gradient_passes_straight_through() -> None:
    vq, z = quantizer("gradient"), encodings().requires_grad_()
    result = vq(z)
    assert torch.allclose(result.z_q, vq.lookup(result.codes), atol=1e-6)
    weights = torch.randn_like(result.z_q)
    (result.z_q * weights).sum().backward()
    assert torch.equal(z.grad, weights)
    assert vq.embedding.grad is None


def test_the_commitment_term_moves_the_encoder_alone() -> None:
    vq, z = quantizer("gradient"), encodings().requires_grad_()
    result = vq(z)
    result.commitment_loss.backward()
    expected = 2 * (z - vq.lookup(result.codes)).detach() / z.numel()
    assert torch.allclose(z.grad, expected, atol=1e-7)
    assert vq.embedding.grad is None


def test_the_codebook_term_moves_the_codebook_alone() -> None:
    vq, z = quantizer("gradient"), encodings().requires_grad_()
    result = vq(z)
    result.codebook_loss.backward()
    assert z.grad is None
    flat, chosen = z.detach().permute(0, 2, 3, 1).reshape(-1, 3), result.codes.flatten()
    expected = torch.zeros_like(vq.embedding)
    for vector, code in zip(flat, chosen, strict=True):
        expected[code] += 2 * (vq.embedding.detach()[code] - vector) / z.numel()
    assert torch.allclose(vq.embedding.grad, expected, atol=1e-6)


def test_an_ema_codebook_has_no_gradient_at_all() -> None:
    assert not quantizer("ema").embedding.requires_grad


def test_ema_follows_the_appendix_by_hand() -> None:
    vq = quantizer(codes=2, dim=1, decay=0.9)
    with torch.no_grad():
        vq.embedding.copy_(torch.tensor([[0.0], [10.0]]))
        vq.sums.copy_(torch.tensor([[0.0], [10.0]]))
    z = torch.tensor([1.0, 2.0, 9.0, 3.0]).view(1, 1, 2, 2)  # 1, 2 and 3 choose code 0; 9 chooses code 1
    vq.update(vq(z).statistics, LATE)
    assert vq.counts.tolist() == pytest.approx([0.9 + 0.1 * 3, 0.9 + 0.1 * 1])
    assert vq.sums.flatten().tolist() == pytest.approx([0.1 * 6, 9.0 + 0.1 * 9])
    assert vq.embedding.flatten().tolist() == pytest.approx([0.6 / 1.2, 9.9 / 1.0])


def test_a_code_that_sees_nothing_keeps_its_place() -> None:
    vq = quantizer()
    with torch.no_grad():
        vq.embedding[4] = 100.0
        vq.sums.copy_(vq.embedding)
    before = vq.embedding[4].clone()
    for step in range(2000):
        vq.update(vq(encodings()).statistics, step)
    assert torch.allclose(vq.embedding[4], before, rtol=1e-4)
    assert vq.counts[4] < 1e-30


def test_the_averages_are_over_few_steps_at_first() -> None:
    vq, z = quantizer(codes=1, dim=1, decay=0.99), torch.full((1, 1, 1, 2), 3.0)
    counts = vq.counts.clone()
    for step, decay in ((0, 1 / 10), (1, 2 / 11), (89, 90 / 99), (10_000, 0.99)):
        vq.update(vq(z).statistics, step)
        counts = decay * counts + (1 - decay) * 2
        assert torch.allclose(vq.counts, counts), step


def test_the_loss_has_no_side_effects() -> None:
    vq = quantizer()
    before = {name: tensor.clone() for name, tensor in [*vq.named_parameters(), *vq.named_buffers()]}
    vq(encodings())
    for name, tensor in [*vq.named_parameters(), *vq.named_buffers()]:
        assert torch.equal(tensor, before[name]), name


def test_the_codebook_starts_from_different_encodings() -> None:
    vq, z_e = quantizer(), encodings()
    flat = z_e.permute(0, 2, 3, 1).reshape(-1, 3)
    vq.start_from(z_e, torch.Generator().manual_seed(0))
    assert (vq.embedding[:, None] == flat).all(dim=2).any(dim=1).all()
    assert len(torch.unique(vq.embedding.detach(), dim=0)) == 5
    assert torch.allclose(vq.counts, torch.full((5,), START_USE * 32 / 5))
    assert torch.allclose(vq.sums, vq.counts[:, None] * vq.embedding)


def test_a_trained_codebook_goes_on_where_it_is() -> None:
    vq, z_e = quantizer(), encodings()
    before = vq.embedding.detach().clone()
    vq.go_on(z_e)
    assert torch.equal(vq.embedding, before)
    assert torch.allclose(vq.counts, torch.full((5,), 32 / 5))  # (2, 3, 4, 4) are 32 tokens for 5 codes
    seen = vq(z_e).statistics
    vq.update(seen, 0, was_trained=True)
    kept = vq.decay * 32 / 5  # an untrained one would keep a tenth
    assert torch.allclose(vq.counts, kept + (1 - vq.decay) * seen.counts)
    moved = (kept * before + (1 - vq.decay) * seen.sums) / vq.counts[:, None]
    assert torch.allclose(vq.embedding, moved, atol=1e-6)


def test_fewer_encodings_than_codes_still_start_every_code() -> None:
    vq = quantizer()
    vq.start_from(torch.arange(6.0).view(2, 3, 1, 1), torch.Generator().manual_seed(0))
    assert set(vq.embedding.detach()[:, 0].tolist()) == {0.0, 3.0}


def test_unused_codes_restart_on_encodings_and_used_ones_stay() -> None:
    vq = quantizer()
    statistics = vq(encodings()).statistics
    with torch.no_grad():
        vq.counts.copy_(torch.tensor([5.0, 5.0, 5.0, 0.001, 0.001]))
    before = vq.embedding.clone()
    assert vq.restart_unused(statistics, 7, torch.Generator().manual_seed(0)) == 2
    assert torch.equal(vq.embedding[:3], before[:3])
    for code in (3, 4):
        assert (statistics.encodings == vq.embedding[code]).all(dim=1).any()
        assert vq.counts[code].item() == pytest.approx(START_USE * 32 / 5)
        assert torch.allclose(vq.sums[code], vq.counts[code] * vq.embedding[code])
    assert vq.life()[1].tolist() == [-1, -1, -1, 7, 7]


def test_restarts_prefer_what_is_badly_served() -> None:
    vq = quantizer(codes=2, dim=1)
    with torch.no_grad():
        vq.embedding.copy_(torch.tensor([[0.0], [500.0]]))
        vq.counts.copy_(torch.tensor([10.0, 0.0]))
    z = torch.full((1, 1, 10, 10), 0.01)
    z[0, 0, 0, 0] = 50.0  # one token in a hundred, but almost all of the error
    vq.restart_unused(vq(z).statistics, 0, torch.Generator().manual_seed(0))
    assert vq.embedding[1].item() == 50.0


def test_quantising_stays_float32_under_autocast() -> None:
    vq, z = quantizer(), encodings()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        result = vq(z)
    assert result.z_q.dtype == torch.float32
    assert torch.equal(result.codes, vq(z).codes)


def test_life_is_each_codes_share_of_the_tokens() -> None:
    vq = quantizer()
    vq.counts.copy_(torch.tensor([4.0, 3.0, 2.0, 1.0, 0.0]))
    use, restarted_at = vq.life()
    assert use.tolist() == pytest.approx([0.4, 0.3, 0.2, 0.1, 0.0])
    assert (use.dtype, restarted_at.dtype) == (torch.float32, torch.int64)
    assert restarted_at.tolist() == [-1] * 5


def test_use_counts_what_no_restart_would_take_and_its_perplexity() -> None:
    vq = quantizer(codes=4)
    vq.counts.copy_(torch.tensor([50.0, 50.0, 0.5, 0.0]))  # 3 % of the mean are 0.75
    used, perplexity = vq.use()
    shares = [50 / 100.5, 50 / 100.5, 0.5 / 100.5]
    assert used == 2
    assert perplexity == pytest.approx(math.exp(-sum(p * math.log(p) for p in shares)), rel=1e-5)


def test_statistics_of_two_ranks_are_those_of_one_batch() -> None:
    vq, z = quantizer(), encodings(batch=4)
    parts = [vq(half).statistics for half in z.chunk(2)]
    given = {id(tensor): tensor for part in parts for tensor in vars_of(part)}
    other = dict(zip(map(id, vars_of(parts[0])), vars_of(parts[1]), strict=True))
    both = parts[0].reduced(
        add=lambda tensor: given[id(tensor)] + other[id(tensor)],
        gather=lambda tensor: torch.cat([given[id(tensor)], other[id(tensor)]]),
    )
    whole = vq(z).statistics
    for ours, expected in zip(vars_of(both), vars_of(whole), strict=True):
        assert torch.allclose(ours, expected, atol=1e-5)


def vars_of(statistics: CodebookStatistics) -> list[torch.Tensor]:
    return [statistics.counts, statistics.sums, statistics.encodings, statistics.distances]


def test_levels_are_updated_and_restarted_each_by_its_own_statistics() -> None:
    levels, alone = [quantizer(codes=5), quantizer(codes=7)], quantizer(codes=7)
    seen = [vq(encodings()).statistics for vq in levels]
    figures = update_codebooks(levels, seen, 3, 5, torch.Generator().manual_seed(0))
    alone.update(seen[1], 3)
    assert torch.equal(levels[1].embedding, alone.embedding)
    assert figures["restarted"] == 0
    for vq in levels:
        vq.counts[0] = 0.0
        vq.counts[1:] = 8.0
        seen[0].counts[0] = seen[1].counts[0] = 0.0
    figures = update_codebooks(levels, seen, 4, 5, torch.Generator().manual_seed(0))
    assert figures["restarted"] == 2
    assert [vq.restarted_at.tolist() for vq in levels] == [[4] + [-1] * 4, [4] + [-1] * 6]
    assert (figures["used_1"], figures["perplexity_1"]) == levels[1].use()
    assert set(figures) == {"restarted", "used_0", "perplexity_0", "used_1", "perplexity_1"}


def test_without_restarts_none_come() -> None:
    vq = quantizer()
    statistics = vq(encodings()).statistics
    vq.counts.zero_()
    assert update_codebooks([vq], [statistics], 0, 0, torch.Generator())["restarted"] == 0
