"""How much memory there is for pictures."""

from __future__ import annotations

import os
from pathlib import Path

_SUPPOSED = 2**32
"""Where the system does not say."""


def free_memory() -> int:
    """Bytes that may be taken without making the machine swap."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return _SUPPOSED
