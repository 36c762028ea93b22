"""The vector quantiser of arXiv 1711.00937: eqs. 1-3, and the EMA codebook of its appendix A.1.

Symbols as in the paper: `z_e` (B, D, h, w) what the encoder says, `e` (K, D) the codebook, `z_q` the
nearest rows of it. What deviates, and why:

- The codebook starts from encodings of a batch, and codes that fall out of use are put back onto
  encodings. These are drawn with a probability in proportion to their squared distance from their
  nearest code (as k-means++ seeds its centres): drawn evenly, most would land on one more near-white.
- A code that is placed counts as used a little, `START_USE` of the mean: not zero (sums divided by a
  count near zero throw codes far away at the first step) and not the mean itself (codes that nothing
  chooses would take hundreds of steps to be noticed).
- The averages follow quickly at first: the decay after step t is min(gamma, (1 + t) / (10 + t)). In the
  first steps the encoder moves faster than averages over 100 steps; its encodings then all had the same
  few codes for their nearest (8 of 512 in use after 120 steps; with this 471). A codebook that was trained
  before goes on with gamma.
- `quantise` works in float32 whatever autocast says: distances of bfloat16 pick wrong codes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

RESTART_BELOW = 0.03
"""A code used less than this fraction of the mean use (tokens / K) is put back onto an encoding."""

LEAST_COUNT = 1e-6
"""Under it nothing is known of where a code's encodings are."""

START_USE = 2 * RESTART_BELOW
"""What a code that was just placed counts as, of the mean use."""

FOLLOWS_FROM = 10
"""The averages of the first steps are over about as many steps as there were, over this number."""


@dataclass(frozen=True, slots=True)
class CodebookStatistics:
    """What one batch says of a codebook. Sums over tokens, so ranks and micro-batches add up."""

    counts: Tensor  # (K,) tokens that chose each code
    sums: Tensor  # (K, D) sum of their z_e
    encodings: Tensor  # (N, D) z_e of every token: where codes may restart
    distances: Tensor  # (N,) squared distance of each to its code

    def reduced(
        self, add: Callable[[Tensor], Tensor], gather: Callable[[Tensor], Tensor]
    ) -> CodebookStatistics:
        """What all ranks saw: `add` sums a tensor over them, `gather` puts their rows below one another."""
        return CodebookStatistics(
            add(self.counts), add(self.sums), gather(self.encodings), gather(self.distances)
        )


@dataclass(frozen=True, slots=True)
class Quantised:
    """The result of quantising a batch."""

    codes: Tensor  # (B, h, w) int64
    z_q: Tensor  # (B, D, h, w), gradients pass straight through to z_e
    codebook_loss: Tensor  # || sg[z_e] - e ||^2, eq. 3 second term, mean over elements
    commitment_loss: Tensor  # || z_e - sg[e] ||^2, eq. 3 third term without beta, mean over elements
    statistics: CodebookStatistics


class VectorQuantizer(nn.Module):
    """K code vectors of D numbers, learned by moving averages (`ema`) or by gradient (eq. 3)."""

    counts: Tensor
    sums: Tensor
    restarted_at: Tensor

    def __init__(self, codes: int, dim: int, update: Literal["ema", "gradient"], decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.by_gradient = update == "gradient"
        self.embedding = nn.Parameter(torch.empty(codes, dim), requires_grad=self.by_gradient)
        if not self.embedding.is_meta:  # random numbers for a model of shapes alone load half of torch
            nn.init.normal_(self.embedding, std=dim**-0.5)
        # Not persistent: they belong to training, and must not change the model's identity.
        self.register_buffer("counts", torch.ones(codes), persistent=False)
        self.register_buffer("sums", self.embedding.detach().clone(), persistent=False)
        never = torch.full((codes,), -1, dtype=torch.int64)
        self.register_buffer("restarted_at", never, persistent=False)

    def nearest(self, z_e: Tensor) -> Tensor:
        """Codes of `z_e`, eq. 1: (B, D, h, w) -> (B, h, w) int64."""
        # argmin |z - e|^2 = argmin |e|^2 - 2 z.e : a 1x1 convolution, exportable as it stands.
        e = self.embedding.float()
        scores = F.conv2d(z_e.float(), -2 * e[:, :, None, None], e.square().sum(dim=1))  # (B, K, h, w)
        return scores.argmin(dim=1)

    def lookup(self, codes: Tensor) -> Tensor:
        """Code vectors of `codes`: (B, h, w) -> (B, D, h, w)."""
        return F.embedding(codes, self.embedding).permute(0, 3, 1, 2)  # channels last in memory, as z_e is

    def forward(self, z_e: Tensor) -> Quantised:
        """Quantise a batch: z_e (B, D, h, w). No side effects: see `update`."""
        with torch.autocast(z_e.device.type, enabled=False):
            return self._quantise(z_e.float())

    def _quantise(self, z_e: Tensor) -> Quantised:
        codes = self.nearest(z_e.detach())
        e = self.lookup(codes)
        flat = z_e.detach().permute(0, 2, 3, 1).reshape(-1, z_e.shape[1])  # (N, D)
        chosen = codes.reshape(-1)
        return Quantised(
            codes=codes,
            z_q=z_e + (e - z_e).detach(),
            codebook_loss=F.mse_loss(e, z_e.detach()),
            commitment_loss=F.mse_loss(z_e, e.detach()),
            statistics=CodebookStatistics(
                # Not bincount, for which the processor waits until CUDA has caught up.
                counts=torch.zeros_like(self.counts).index_add_(0, chosen, flat.new_ones(len(flat))),
                sums=torch.zeros_like(self.sums).index_add_(0, chosen, flat),
                encodings=flat,
                distances=(z_e - e).detach().square().sum(dim=1).reshape(-1),
            ),
        )

    @torch.no_grad()
    def start_from(self, z_e: Tensor, generator: torch.Generator) -> None:
        """Put every code onto a different encoding of `z_e` (B, D, h, w); repeats where those are fewer."""
        encodings = z_e.float().permute(0, 2, 3, 1).flatten(0, 2)  # (N, D)
        order = torch.randperm(len(encodings), generator=generator)
        rows = order.repeat(-(-len(self.embedding) // len(order)))[: len(self.embedding)]
        self._place(torch.arange(len(self.embedding)), encodings[rows], len(encodings))

    @torch.no_grad()
    def go_on(self, z_e: Tensor) -> None:
        """Keep the codes where they are, each of mean use; z_e (B, D, h, w) says of how many tokens."""
        tokens = z_e[:, 0].numel()
        self.counts.fill_(tokens / len(self.embedding))
        self.sums.copy_(self.counts[:, None] * self.embedding)

    @torch.no_grad()
    def update(self, statistics: CodebookStatistics, step: int, was_trained: bool = False) -> None:
        """Appendix A.1 after optimiser step `step`: N <- gN + (1-g)n, m <- gm + (1-g) sum z_e, e <- m / N."""
        decay = self.decay if was_trained else min(self.decay, (1 + step) / (FOLLOWS_FROM + step))
        self.counts.lerp_(statistics.counts, 1 - decay)
        self.sums.lerp_(statistics.sums, 1 - decay)
        if not self.by_gradient:
            # Codes that see nothing keep their place: m and N shrink together, until nothing is left of them.
            known = self.counts[:, None] > LEAST_COUNT
            self.embedding.copy_(torch.where(known, self.sums / self.counts[:, None], self.embedding))

    @torch.no_grad()
    def restart_unused(self, statistics: CodebookStatistics, step: int, generator: torch.Generator) -> int:
        """Put codes out of use onto badly served encodings; returns how many."""
        tokens = len(statistics.encodings)
        unused = torch.nonzero(self.counts < RESTART_BELOW * tokens / len(self.embedding)).flatten()
        badly_served = statistics.distances.double().cpu()
        number = min(len(unused), int((badly_served > 0).sum()))
        if number:
            rows = torch.multinomial(badly_served, number, generator=generator)
            self._place(unused[:number], statistics.encodings[rows.to(statistics.encodings.device)], tokens)
            self.restarted_at[unused[:number]] = step
        return number

    def life(self) -> tuple[Tensor, Tensor]:
        """Each code's share of the tokens, (K,) float32, an EMA, and the step of its last restart.

        The step is (K,) int64, -1 where a code never was out of use.
        """
        return self.counts / self.counts.sum(), self.restarted_at.clone()

    def use(self) -> tuple[Tensor, Tensor]:
        """Codes in use (that no restart would take) and their perplexity exp(H), from the EMA counts.

        Scalars on the device: reading them at every step would make the processor wait for it.
        """
        share, _ = self.life()
        used = (share >= RESTART_BELOW / len(share)).sum()
        entropy = -torch.special.xlogy(share, share).sum()
        return used, entropy.exp()

    def _place(self, codes: Tensor, vectors: Tensor, tokens: int) -> None:
        """Put `codes` onto `vectors`, as of `tokens` a step."""
        # Embedding, count and sum move together, else the next EMA step would pull the code back.
        count = START_USE * tokens / len(self.embedding)
        self.embedding[codes] = vectors.to(self.embedding.dtype)
        self.counts[codes] = count
        self.sums[codes] = count * vectors.to(self.sums.dtype)


def update_codebooks(
    quantizers: Sequence[VectorQuantizer],
    statistics: Sequence[CodebookStatistics],
    step: int,
    restart_every: int,
    generator: torch.Generator,
    was_trained: bool = False,
) -> dict[str, float | Tensor]:
    """EMA of every level after optimiser step `step`, restarts every so many steps (0 = never).

    The figures: codes `restarted` in all, and per level those in use and their perplexity.
    """
    restarted = 0
    figures: dict[str, float | Tensor] = {}
    restarts = restart_every > 0 and (step + 1) % restart_every == 0
    for level, (quantizer, seen) in enumerate(zip(quantizers, statistics, strict=True)):
        quantizer.update(seen, step, was_trained)
        if restarts:
            restarted += quantizer.restart_unused(seen, step, generator)
        figures[f"used_{level}"], figures[f"perplexity_{level}"] = quantizer.use()
    return {"restarted": float(restarted), **figures}
