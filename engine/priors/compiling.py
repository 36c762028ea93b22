"""When the compiled kernel is there: made once per machine, in a process of its own, and read from then on.

Compiling takes a quarter of a minute and holds the interpreter, so nobody waits for it: what samples asks
`quickest_cells`, which is the torch path until the kernel lies in the cache folder.

    python -m engine.priors.compiling        compiles it; a second time it is a matter of a moment
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import os
import platform
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from engine.data.cache import cache_folder
from engine.errors import CannotWrite
from engine.files import make_folder, reason_of, write_bytes

if TYPE_CHECKING:
    from engine.priors.sampler import CellsMaker

_KERNELS = tuple(Path(__file__).with_name(name) for name in ("kernel.py", "row_kernel.py", "products.py"))


def quickest_cells() -> CellsMaker:
    """What a sampler in float32 is best given now. The first call that finds the kernel takes a second."""
    if not is_compiled():
        from engine.priors.cells import Cells  # torch: the window asks `is_compiled` without it

        return Cells
    _name_folder()
    from engine.priors.compiled import CompiledCells

    return CompiledCells


def is_compiled() -> bool:
    """Whether this program's kernel has been compiled on this machine."""
    return _mark().exists()


def compile_kernel() -> None:
    """Compile it and leave it in the cache folder. Raises `CannotWrite`."""
    folder = _name_folder()
    make_folder(folder)
    try:
        importlib.import_module("engine.priors.row_kernel")  # and the others, of which it takes parts
    except OSError as error:  # a disk that is full
        raise CannotWrite(folder, f"cannot keep the compiled sampler ({reason_of(error)})") from error
    write_bytes(_mark(), b"")


def _name_folder() -> Path:
    """Where numba reads and writes; it asks when a function is made."""
    folder = _folder()
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    return folder


def _mark() -> Path:
    """Beside what was compiled."""
    return _folder() / "ready"


def _folder() -> Path:
    """Of this source, by this version, for this kind of machine.

    One for each: numba knows a function by the file it stands in, and not those of what the function calls.
    """
    about = [platform.machine(), _processor(), sys.version, importlib.metadata.version("numba")]
    # numba keeps what it compiles by path, and some versions by time: it compiles a copy elsewhere anew, and
    # who samples must not wait for that.
    about += [f"{kernel} {kernel.stat().st_mtime}" for kernel in _KERNELS]
    sources = b"".join(kernel.read_bytes() for kernel in _KERNELS)
    digest = hashlib.sha256(" ".join(about).encode() + sources).hexdigest()[:16]
    return cache_folder().parent / "kernels" / digest


@cache
def _processor() -> str:
    """What it can do, as far as the system says: numba compiles for that alone."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        told = []
    abilities = (line for line in told if line.startswith(("flags", "Features")))
    return next(abilities, platform.processor())


if __name__ == "__main__":
    compile_kernel()
