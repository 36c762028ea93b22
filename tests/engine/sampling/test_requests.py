"""What samples are drawn by where nothing is said."""

from __future__ import annotations

from engine.priors.drawing import AS_TRAINED, Drawing
from engine.sampling.requests import BEST_OF, FALLOFF, GUIDANCE, usual


def test_a_prior_is_led_towards_what_looks_best_and_nothing_else_is() -> None:
    assert usual("prior", has_label=True) == (Drawing(guidance=GUIDANCE, falloff=FALLOFF), BEST_OF)
    assert usual("prior", has_label=False) == (Drawing(falloff=FALLOFF), 1)
    assert usual("unigram", has_label=True) == usual("gaussian", has_label=True) == (AS_TRAINED, 1)
