"""Labels by name."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from engine.errors import OptionFault


def label_index(name: str, labels: Sequence[str]) -> int:
    """Where `name` stands in `labels`, capitals aside. Raises `OptionFault`, which says what there is."""
    if name in labels:  # some differ in nothing but capitals
        return list(labels).index(name)
    plain = [label.casefold() for label in labels]
    if name.casefold() in plain:
        return plain.index(name.casefold())
    if not labels:
        raise OptionFault(f"no label {name!r}: there are no labels here")
    close = get_close_matches(name.casefold(), plain, n=1)
    meant = f"did you mean {labels[plain.index(close[0])]!r}?" if close else None
    raise OptionFault(f"no label {name!r}: {meant or 'use one of ' + ', '.join(labels)}")


def weights_of_label(name: str, labels: Sequence[str]) -> NDArray[np.float32]:
    """The condition (L,) that names one label. Raises `OptionFault`."""
    weights = np.zeros(len(labels), np.float32)
    weights[label_index(name, labels)] = 1.0
    return weights
