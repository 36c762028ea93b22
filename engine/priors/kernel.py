"""The horizontal stack and the head as one compiled loop over cells, layers and channels (numba).

Does what `engine.priors.cells` does without an operation of torch for every small product: they cost more
than their arithmetic. Compiled when it is imported, which takes a quarter of a minute, or read from what an
earlier import left in the cache folder: see `engine.priors.compiling`, which is for others to ask.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, cast

import numpy as np
from numba import types
from numpy.typing import NDArray

from engine.priors.products import Floats, Function, add_product, compiled, njit


def entry(*arguments: types.Type) -> Callable[[Function], Function]:
    """For arguments of these types, at once, and kept."""
    return cast(Callable[[Function], Function], njit(types.void(*arguments), cache=True))


class Weights(NamedTuple):
    """Those of `Matrices`, float32 and contiguous, matrices in `panels`.

    What a cell gives to those to its right is computed along with what it gives to itself: distances lie one
    after another, the cell itself first.
    """

    first: Floats  # (K, columns * 2C): each code, embedded, by the kernel of the first layer; nearest first
    others: Floats  # (L - 1) panels of (C, (1 + columns) * 2C)
    out: Floats  # L panels of (C, 2C): to the next layer, then to the head
    out_bias: Floats  # (L, 2C)
    widen: Floats  # panels of (C, H)
    widen_bias: Floats  # (H,)
    narrow: Floats  # panels of (H, K)
    narrow_bias: Floats  # (K,)


class State(NamedTuple):
    """What is kept from cell to cell, and room to work in."""

    first: Floats  # (B, columns * 2C): what is given so far to this cell and those that follow it
    others: Floats  # (L - 1, B, (1 + columns) * 2C)
    gated: Floats  # (B, C)
    sums: Floats  # (B, 2C): the input of the next layer and that of the head
    inputs: Floats  # (B, C)
    wide: Floats  # (B, H)
    logits: Floats  # (B, K)


class Choice(NamedTuple):
    """`Drawing`, as numbers."""

    temperature: float
    top_k: int
    top_p: float
    guidance: float


# Layouts are said once, so that one compilation serves whatever comes.
_F1, _F2, _F3 = types.float32[::1], types.float32[:, ::1], types.float32[:, :, ::1]
_F4 = types.float32[:, :, :, ::1]
_WEIGHTS = types.NamedTuple((_F2, _F4, _F4, _F2, _F3, _F1, _F3, _F1), Weights)  # type: ignore[no-untyped-call]
_STATE = types.NamedTuple((_F2, _F3, _F2, _F2, _F2, _F2, _F2), State)  # type: ignore[no-untyped-call]
_CHOICE = types.NamedTuple((types.float64, types.int64, types.float64, types.float64), Choice)  # type: ignore[no-untyped-call]
_TOLD, _CODES = _F4, types.int64[:, :]
_SOME, _EXACT, _WHICH = types.boolean[:], types.float64[:, :], types.int64[:]


@compiled
def _run(weights: Weights, state: State, told: Floats, cell: int) -> None:
    """All layers at a cell."""
    layers, batch = told.shape[0], told.shape[1]
    channels = state.gated.shape[1]
    for image in range(batch):
        for j in range(2 * channels):
            state.sums[image, j] = 0.0
    for layer in range(layers):
        if layer == 0:
            _gate(told[0], cell, state.first, state.gated)
        else:
            for image in range(batch):
                for j in range(channels):
                    state.inputs[image, j] = state.sums[image, j]
            add_product(state.inputs, weights.others[layer - 1], state.others[layer - 1])
            _gate(told[layer], cell, state.others[layer - 1], state.gated)
            _shift(state.others[layer - 1], 2 * channels)
        for image in range(batch):
            for j in range(2 * channels):
                state.sums[image, j] += weights.out_bias[layer, j]
        add_product(state.gated, weights.out[layer], state.sums)


@compiled
def _give(weights: Weights, state: State, codes: NDArray[np.int64], place: int) -> None:
    """The code of the cell is known, that of `codes` (images, n) at a place: the next cell is up."""
    images, twice = len(codes), 2 * state.gated.shape[1]
    _shift(state.first, twice)
    for image in range(len(state.first)):
        given = weights.first[codes[image % images, place]]
        for j in range(len(given)):
            state.first[image, j] += given[j]


@compiled
def _shift(given: Floats, by: int) -> None:
    """The next cell is up: what is given moves by one."""
    batch, length = given.shape
    for image in range(batch):
        for j in range(length - by):
            given[image, j] = given[image, j + by]
        for j in range(length - by, length):
            given[image, j] = 0.0


@compiled
def _gate(told: Floats, cell: int, given: Floats, gated: Floats) -> None:
    """tanh(a) * (1 + tanh(b)) of the two halves of what a cell is told and given: see `matrices`."""
    one = np.float32(1.0)
    batch, channels = gated.shape
    for image in range(batch):
        for j in range(channels):
            a = told[image, cell, j] + given[image, j]
            b = told[image, cell, channels + j] + given[image, channels + j]
            gated[image, j] = tanh(a) * (one + tanh(b))


@compiled
def tanh(x: np.float32) -> np.float32:
    """Within 4e-7 of itself: a quotient of polynomials fitted on [0, 9], beyond which it is 1.

    Unlike the one of a C library it is computed for many channels at a time.
    """
    x = min(max(x, np.float32(-9.0)), np.float32(9.0))
    u = x * x
    over = np.float32(1.335469388e-08)
    over = over * u + np.float32(2.060911933e-05)
    over = over * u + np.float32(3.495591076e-03)
    over = over * u + np.float32(1.338102845e-01)
    over = over * u + np.float32(9.999999796e-01)
    under = np.float32(7.776575471e-07)
    under = under * u + np.float32(3.285639114e-04)
    under = under * u + np.float32(2.587699433e-02)
    under = under * u + np.float32(4.671434409e-01)
    under = under * u + np.float32(1.0)
    return x * over / under


@compiled
def _guide(with_label: Floats, without: Floats, guidance: float) -> None:
    """In the place of those without."""
    for code in range(len(with_label)):
        without[code] += guidance * (with_label[code] - without[code])


@compiled
def _nats(logits: Floats, code: int) -> float:
    """-log softmax(logits)[code], exactly summed."""
    highest, total = np.float64(logits.max()), 0.0
    for logit in logits:
        total += np.exp(np.float64(logit) - highest)
    return np.log(total) + highest - np.float64(logits[code])  # type: ignore[no-any-return]


@compiled
def _draw(logits: Floats, uniform: float, choice: Choice) -> int:
    """`drawing.draw` of one row of logits."""
    if choice.temperature == 0.0:
        return np.argmax(logits)  # type: ignore[return-value]  # compiled, an int64
    highest = np.float64(logits.max())
    weights = np.empty(len(logits))
    for code in range(len(logits)):
        weights[code] = np.exp((np.float64(logits[code]) - highest) / choice.temperature)
    if choice.top_k > 0 or choice.top_p < 1.0:
        _keep(weights, choice)
    return _first_above(weights, uniform)


@compiled
def _first_above(weights: NDArray[np.float64], uniform: float) -> int:
    """The first code whose cumulative weight exceeds that share of all weights."""
    total = 0.0
    for weight in weights:
        total += weight
    wanted, cumulative = uniform * total, 0.0
    for code in range(len(weights)):
        cumulative += weights[code]
        if cumulative > wanted:
            return code
    return len(weights) - 1


@compiled
def _keep(weights: NDArray[np.float64], choice: Choice) -> None:
    """Zero for codes that are never drawn: see `drawing`."""
    order = np.argsort(-weights, kind="mergesort")
    most = choice.top_k if choice.top_k > 0 else len(weights)
    total = 0.0
    for rank in range(min(most, len(weights))):
        total += weights[order[rank]]
    before = 0.0
    for rank in range(len(weights)):
        weight = weights[order[rank]]
        if rank >= most or before >= choice.top_p * total:
            weights[order[rank]] = 0.0
        before += weight


@entry(_WEIGHTS, _STATE)
def look(weights: Weights, state: State) -> None:
    """The head at the cell that was run last: `state.logits`."""
    batch, channels = state.inputs.shape
    width = state.wide.shape[1]
    for image in range(batch):
        for j in range(channels):
            state.inputs[image, j] = max(state.sums[image, channels + j], np.float32(0.0))
        state.wide[image] = weights.widen_bias
        state.logits[image] = weights.narrow_bias
    add_product(state.inputs, weights.widen, state.wide)
    for image in range(batch):
        for j in range(width):
            state.wide[image, j] = max(state.wide[image, j], np.float32(0.0))
    add_product(state.wide, weights.narrow, state.logits)


@entry(_WEIGHTS, _STATE, _TOLD, types.int64, _CODES, _SOME, _SOME, _EXACT, _CHOICE, _F2, _WHICH, _EXACT)
def fill(
    weights: Weights,
    state: State,
    told: Floats,  # (L, B, w, 2C)
    cell: int,
    codes: NDArray[np.int64],  # (images, n)
    is_drawn: NDArray[np.bool_],  # (n,)
    is_weighed: NDArray[np.bool_],  # (n,)
    uniforms: NDArray[np.float64],  # (images, n)
    choice: Choice,
    leaning: Floats,  # (T, K), or (0, K) for none
    leaning_of: NDArray[np.int64],  # (n,)
    nats: NDArray[np.float64],  # (images, n)
) -> None:
    """`Cells.fill` of n cells from `cell` on; `nats` are filled in where they are wanted."""
    images, cells = codes.shape
    guides = len(state.logits) - images  # none, or one for each
    leaned = np.empty(leaning.shape[1], np.float32)
    for place in range(cells):
        _run(weights, state, told, cell + place)
        if is_drawn[place] or is_weighed[place]:
            look(weights, state)
        for image in range(images):
            if is_drawn[place]:
                if guides:
                    _guide(state.logits[image], state.logits[images + image], choice.guidance)
                logits = state.logits[guides + image]
                if len(leaning) > 0:
                    for code in range(len(leaned)):
                        leaned[code] = logits[code] + leaning[leaning_of[place], code]
                    logits = leaned
                codes[image, place] = _draw(logits, uniforms[image, place], choice)
            if is_weighed[place]:
                nats[image, place] = _nats(state.logits[image], codes[image, place])
        _give(weights, state, codes, place)


@entry(_WEIGHTS, _STATE, _CODES)
def pass_by(weights: Weights, state: State, codes: NDArray[np.int64]) -> None:
    """Known codes (images, n) to the left of the cell that is up next."""
    for place in range(codes.shape[1]):
        _give(weights, state, codes, place)
