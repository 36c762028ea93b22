"""What is asked for, what comes, and what is done with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.checkpoint import read_card
from engine.sampling.requests import SampleRequest
from engine.sampling.samples import draw_samples
from gui.state.samples import MOST, SamplesState
from tests.small import write_small_model


def drawn(qtbot: QtBot, samples_state: SamplesState) -> SamplesState:
    samples_state.sample()
    assert samples_state.is_running
    qtbot.waitUntil(lambda: not samples_state.is_running, timeout=20_000)
    return samples_state


def test_a_model_says_what_it_can_draw_from(samples_state: SamplesState, sample_models: Path) -> None:
    assert (samples_state.card, samples_state.sources, samples_state.labels) == (None, (), ())
    samples_state.choose_model(sample_models / "one.safetensors")
    assert samples_state.sources == ("prior", "unigram", "uniform")
    assert samples_state.labels == ("even", "odd")
    samples_state.label = "odd"
    samples_state.choose_model(sample_models / "bare.safetensors")
    assert (samples_state.sources, samples_state.source, samples_state.label) == (
        ("unigram", "uniform"),
        "unigram",
        "odd",
    )
    samples_state.choose_model(sample_models / "vae.safetensors")
    assert (samples_state.source, samples_state.labels) == ("gaussian", ())


def test_labels_are_those_that_what_is_asked_for_takes(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.choose_model(sample_models / "one.safetensors")
    samples_state.source, samples_state.label, samples_state.count = "uniform", "odd", 1
    assert samples_state.labels == ()
    assert drawn(qtbot, samples_state).groups[0].request.label is None
    samples_state.compares = True
    assert samples_state.labels == ("even", "odd")
    samples_state.label = "zebra"  # of another model
    assert [group.request.label for group in drawn(qtbot, samples_state).groups] == [None, None, None]


@pytest.mark.parametrize(("name", "levels"), [("one", 1), ("two", 2)])
def test_pictures_come_as_the_command_line_draws_them(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path, name: str, levels: int
) -> None:
    path = sample_models / f"{name}.safetensors"
    samples_state.choose_model(path)
    samples_state.label, samples_state.count, samples_state.seed, samples_state.temperature = (
        "even",
        18,
        4,
        0.9,
    )
    seen: list[float] = []
    samples_state.gallery_changed.connect(lambda: seen.append(samples_state.share))
    (group,) = drawn(qtbot, samples_state).groups
    expected = draw_samples(SampleRequest(path, 18, "even", 4, group.request.drawing))
    assert sorted(group.samples) == list(range(18))
    for number, sample in group.samples.items():
        np.testing.assert_array_equal(sample.picture, expected.pictures[number])
        assert len(sample.codes) == levels
        assert sample.is_whole
    assert seen == sorted(seen)
    assert 0 < seen[1] < 0.5
    assert seen[-1] == samples_state.share == 1.0


def test_all_sources_come_side_by_side(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.choose_model(sample_models / "one.safetensors")
    samples_state.compares, samples_state.count, samples_state.label, samples_state.guidance = (
        True,
        3,
        "odd",
        2.0,
    )
    groups = drawn(qtbot, samples_state).groups
    assert [group.source for group in groups] == ["prior", "unigram", "uniform"]
    assert [group.request.label for group in groups] == ["odd", "odd", None]
    assert [len(group.samples) for group in groups] == [3, 3, 3]


def test_cancelling_keeps_what_is_there(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.choose_model(sample_models / "one.safetensors")
    samples_state.count = MOST
    samples_state.sample()
    qtbot.waitUntil(lambda: bool(samples_state.groups[0].samples), timeout=20_000)
    samples_state.cancel()
    there = len(samples_state.groups[0].samples)
    assert not samples_state.is_running
    qtbot.waitUntil(lambda: samples_state._worker.pending == 0)
    assert len(samples_state.groups[0].samples) == there < MOST


def test_sampling_again_replaces_what_was_there(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.choose_model(sample_models / "bare.safetensors")
    samples_state.count = 2
    first = drawn(qtbot, samples_state).groups[0]
    samples_state.seed = 1
    second = drawn(qtbot, samples_state).groups[0]
    assert not np.array_equal(first.samples[0].picture, second.samples[0].picture)


def test_favourites_and_rejects(qtbot: QtBot, samples_state: SamplesState, sample_models: Path) -> None:
    samples_state.choose_model(sample_models / "vae.safetensors")
    samples_state.count = 3
    (group,) = drawn(qtbot, samples_state).groups
    samples_state.favour(group, 1)
    assert [group.samples[n].is_favourite for n in range(3)] == [False, True, False]
    samples_state.favour(group, 1)
    assert not group.samples[1].is_favourite
    samples_state.favour(group, 0)
    samples_state.reject(group, 0)
    samples_state.reject(group, 2)
    assert sorted(group.samples) == [1]
    assert samples_state.share == 1.0
    samples_state.undo()
    assert sorted(group.samples) == [1, 2]
    samples_state.undo()
    assert group.samples[0].is_favourite
    samples_state.undo()  # there is nothing more to take back
    assert sorted(group.samples) == [0, 1, 2]


def test_what_was_there_before_sampling_comes_back(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.choose_model(sample_models / "bare.safetensors")
    samples_state.count = 2
    before = drawn(qtbot, samples_state).groups
    samples_state.favour(before[0], 1)
    samples_state.seed = 1
    assert drawn(qtbot, samples_state).groups is not before
    samples_state.undo()
    assert samples_state.groups is before
    assert before[0].samples[1].is_favourite


def test_a_file_written_anew_gives_pictures_and_their_own_model(
    qtbot: QtBot, samples_state: SamplesState, tmp_path: Path
) -> None:
    path = write_small_model(tmp_path / "run.safetensors")
    samples_state.choose_model(path)
    samples_state.count = 1
    first = drawn(qtbot, samples_state).groups[0].card.model_id
    write_small_model(path, codes=12)
    (group,) = drawn(qtbot, samples_state).groups
    assert group.card.model_id == read_card(path).model_id != first
    assert group.samples[0].codes[0].max() < 12


def test_a_source_that_fails_takes_nothing_from_the_others(
    qtbot: QtBot, samples_state: SamplesState, tmp_path: Path
) -> None:
    faults: list[str] = []
    samples_state.failed.connect(lambda error: faults.append(str(error)))
    samples_state.choose_model(write_small_model(tmp_path / "bare.safetensors", with_statistics=False))
    samples_state.compares, samples_state.count = True, 2
    groups = drawn(qtbot, samples_state).groups
    assert [(group.source, len(group.samples)) for group in groups] == [("uniform", 2)]
    assert faults == ["bare does not know how often its codes are used: draw uniform ones"]


def test_what_cannot_be_drawn_is_told(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path, tmp_path: Path
) -> None:
    faults: list[str] = []
    samples_state.failed.connect(lambda error: faults.append(str(error)))
    (tmp_path / "torn.safetensors").write_bytes(b"torn")
    samples_state.choose_model(tmp_path / "torn.safetensors")
    assert samples_state.card is None
    samples_state.sample()
    samples_state.choose_model(sample_models / "one.safetensors")
    samples_state.temperature = float("inf")
    samples_state.sample()
    assert not samples_state.is_running
    assert len(faults) == 2
    assert "temperature of inf" in faults[1]
    assert samples_state.groups == []


def test_settings_stay_in_their_ranges(samples_state: SamplesState) -> None:
    samples_state.count = 0
    assert samples_state.count == 1
    samples_state.count = 10**6
    assert samples_state.count == MOST
