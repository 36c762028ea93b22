"""Whether the prior of a model in use may act on a painting."""

from __future__ import annotations

from engine.decoding.decoder import Decoder
from engine.decoding.prior import CodePrior
from gui.state.painting import PaintingState


def usable_prior(decoder: Decoder | None, painting: PaintingState) -> CodePrior | None:
    """The prior of the painting's own model; None without one, or while nothing may be painted."""
    if decoder is None or painting.read_only or decoder.model_id != painting.painting.model_id:
        return None
    return decoder.prior
