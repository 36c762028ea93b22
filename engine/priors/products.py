"""Products of a few rows with a matrix, for the compiled kernels: sums stay in registers (numba, LLVM).

A matrix is read in panels of 64 columns, each lying in one piece: straight through, as memory is quickest,
while 64 sums per row wait in registers. What a compiler makes of the plain loop keeps its sums in memory, and
takes two to four times as long. Two rows at a time share what is read; more find no room in the registers of
processors whose vectors are 256 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils as untyped_cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

Floats = NDArray[np.float32]
cgutils: Any = untyped_cgutils

Function = TypeVar("Function", bound=Callable[..., Any])

WIDTH = 64
"""Columns of a panel. A matrix with fewer columns is left as it is."""
_LANES = 16
"""Of a vector, 512 bits; LLVM makes several of one where a processor's are shorter."""


def compiled(function: Function) -> Function:
    """As part of those that call it."""
    return cast(Function, njit()(function))


def njit(signature: Any = None, cache: bool = False) -> Any:
    """numba's, as all kernels are compiled."""
    # Products may be fused with sums, nothing else: what is infinite or no number keeps its meaning.
    return numba.njit(signature, cache=cache, nogil=True, fastmath={"contract"}, error_model="numpy")


def panels(weight: Floats) -> Floats:
    """(..., n, m) as `add_product` takes it: (..., p, n, 64), or (..., 1, n, m) where m < 64.

    The last panel ends at the last column; what it would repeat of the one before is zero.
    """
    columns = weight.shape[-1]
    if columns < WIDTH:
        return np.ascontiguousarray(weight[..., None, :, :])
    cut = np.zeros((*weight.shape[:-2], -(-columns // WIDTH), weight.shape[-2], WIDTH), np.float32)
    for panel in range(cut.shape[-3]):
        start = _start(panel, columns)
        repeated = panel * WIDTH - start
        cut[..., panel, :, repeated:] = weight[..., :, start + repeated : start + WIDTH]
    return cut


def _start(panel: int, columns: int) -> int:
    """The first column of a panel."""
    return min(panel * WIDTH, columns - WIDTH)


# Apart: called from outside the kernels, a compiled function would be compiled then and there.
_compiled_start = compiled(_start)


def _adding(rows: int) -> Any:
    """out[r, :64] += x[r] @ panel for some rows, one after another, as an instruction of numba.

    Arguments: out (.., m) and where in it the first row's 64 lie; x (.., n) and where in it the first row
    lies; the panels and where in them the panel lies. All places count numbers from an array's start.
    """

    def add_panel(
        _typing: Any, out: Any, out_at: Any, x: Any, x_at: Any, weight: Any, weight_at: Any
    ) -> tuple[Any, Callable[..., Any]] | None:
        if any((array.layout, array.dtype) != ("C", types.float32) for array in (out, x, weight)):
            return None  # places would be counted wrongly: it does not compile
        place = types.intp
        return types.void(out, place, x, place, weight, place), _write

    def _write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        out, x, weight = (
            context.make_array(signature.args[i])(context, builder, value=arguments[i]) for i in (0, 2, 4)
        )
        out_at, x_at, weight_at = arguments[1::2]
        out_step = cgutils.unpack_tuple(builder, out.shape)[-1]
        length = cgutils.unpack_tuple(builder, x.shape)[-1]
        vector = ir.VectorType(ir.FloatType(), _LANES)
        multiply_add = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fmuladd.v{_LANES}f32"
        )
        starts = range(0, WIDTH, _LANES)

        def moved(place: Any, by: Any) -> Any:
            return builder.add(place, by if isinstance(by, ir.Value) else place.type(by))

        def vector_at(data: Any, place: Any) -> Any:
            return builder.bitcast(builder.gep(data, [place]), vector.as_pointer())

        def repeated(number: Any) -> Any:
            first = builder.insert_element(ir.Constant(vector, ir.Undefined), number, ir.IntType(32)(0))
            everywhere = ir.Constant(ir.VectorType(ir.IntType(32), _LANES), [0] * _LANES)
            return builder.shuffle_vector(first, first, everywhere)

        sums = [[cgutils.alloca_once(builder, vector) for _ in starts] for _ in range(rows)]
        for of_row in sums:
            for one in of_row:
                builder.store(ir.Constant(vector, [0.0] * _LANES), one)
        with cgutils.for_range(builder, length) as loop:
            line = moved(weight_at, builder.mul(loop.index, loop.index.type(WIDTH)))
            weights = [builder.load(vector_at(weight.data, moved(line, start)), align=4) for start in starts]
            number_at = moved(x_at, loop.index)
            for of_row in sums:
                number = repeated(builder.load(builder.gep(x.data, [number_at])))
                for one, by in zip(of_row, weights, strict=True):
                    builder.store(builder.call(multiply_add, [number, by, builder.load(one)]), one)
                number_at = moved(number_at, length)
        for of_row in sums:
            for start, one in zip(starts, of_row, strict=True):
                where = vector_at(out.data, moved(out_at, start))
                builder.store(builder.fadd(builder.load(where, align=4), builder.load(one)), where, align=4)
            out_at = moved(out_at, out_step)
        return context.get_dummy_value()

    return intrinsic(add_panel)


_add_one, _add_two = _adding(1), _adding(2)


@compiled
def add_product(x: Floats, weight: Floats, out: Floats) -> None:
    """out (B, m) += x (B, n) @ the matrix (n, m) whose `panels` are `weight`; all contiguous."""
    if weight.shape[2] == WIDTH:
        _add_panels(x, weight, out)
    else:
        _add_plainly(x, weight[0], out)


@compiled
def _add_panels(x: Floats, weight: Floats, out: Floats) -> None:
    rows, length = x.shape
    columns = out.shape[1]
    for panel in range(len(weight)):
        start, weight_at = _compiled_start(panel, columns), panel * length * WIDTH
        for row in range(0, rows - 1, 2):
            _add_two(out, row * columns + start, x, row * length, weight, weight_at)
        if rows % 2:
            row = rows - 1
            _add_one(out, row * columns + start, x, row * length, weight, weight_at)


@compiled
def _add_plainly(x: Floats, weight: Floats, out: Floats) -> None:
    for row in range(len(x)):
        for i in range(len(weight)):
            for j in range(weight.shape[1]):
                out[row, j] += x[row, i] * weight[i, j]
