"""Loads large libraries while the window goes on.

Importing torch runs the set-up code of a library of some hundred megabytes inside one call that holds
the interpreter: 200 to 350 ms in which the window stands still. Calling the system's `dlopen` through
ctypes lets go of the interpreter; the import then finds the library loaded, and the longest gap
measured is 60 to 110 ms. It is only a help: where anything is otherwise, the import does it all.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import sys
from pathlib import Path

from gui.workers.job import Ticket

# Without Python in them: their set-up code may run while other threads hold the interpreter.
_LIBRARIES = ("libc10", "libtorch_cpu")
_SUFFIX = ".dylib" if sys.platform == "darwin" else ".so"


def preload_torch() -> None:
    """Load what `import torch` will ask for; does nothing where it is loaded or not to be found."""
    if "torch" in sys.modules or sys.platform == "win32":
        return
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return
    with contextlib.suppress(AttributeError, OSError):
        dlopen = ctypes.CDLL(None).dlopen
        dlopen.restype, dlopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
        for name in _LIBRARIES:
            path = Path(found.origin).parent / "lib" / f"{name}{_SUFFIX}"
            dlopen(os.fsencode(path), os.RTLD_LAZY)


def preload_plots(ticket: Ticket) -> None:
    """Import pyqtgraph, which takes 0.4 to 0.7 s.

    On this thread the longest gap of the window is 20 to 50 ms: the import is Python that lets go of the
    interpreter every 5 ms, and makes no object that belongs to a thread.
    """
    ticket.raise_if_cancelled()
    importlib.import_module("pyqtgraph")
