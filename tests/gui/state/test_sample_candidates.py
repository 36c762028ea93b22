"""The gallery shows the best of several candidates wherever there is a label to choose by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from engine.sampling.requests import SampleRequest, usual
from engine.sampling.samples import draw_samples
from gui.state.samples import SamplesState
from tests.gui.state.test_samples import drawn


def test_candidates_can_be_given_up_at_once(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.choose_model(sample_models / "one.safetensors")
    samples_state.count, samples_state.label, samples_state.candidates = 256, "even", 64
    samples_state.sample()
    qtbot.waitUntil(lambda: bool(samples_state.groups[0].samples), timeout=20_000)
    samples_state.cancel()
    assert not samples_state.is_running
    qtbot.waitUntil(lambda: samples_state._worker.pending == 0)
    there = samples_state.groups[0].samples
    assert 0 < len(there) < 256
    assert not all(sample.is_whole for sample in there.values())


def test_with_a_label_the_best_of_four_is_shown_and_without_one_there_is_nothing_to_choose_by(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path
) -> None:
    path = sample_models / "two.safetensors"
    samples_state.choose_model(path)
    samples_state.count, samples_state.label = 3, "even"
    (group,) = drawn(qtbot, samples_state).groups
    drawing, candidates = usual("prior", has_label=True)
    assert candidates == 4
    expected = draw_samples(SampleRequest(path, 3, "even", drawing=drawing, candidates=candidates))
    for number, sample in group.samples.items():
        np.testing.assert_array_equal(sample.picture, expected.pictures[number])
    samples_state.label = ""
    assert drawn(qtbot, samples_state).groups[-1].request.candidates == 1
    samples_state.label, samples_state.compares = "even", True
    of_all = drawn(qtbot, samples_state).groups
    assert {group.request.source: group.request.candidates for group in of_all}["unigram"] == 1
