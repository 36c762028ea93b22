"""What is asked for, what comes, and what is done with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.checkpoint import read_card
from engine.models.registry import find_model
from engine.sampling.more_like import draw_more_like
from engine.sampling.requests import MoreLikeRequest, SampleRequest, usual
from engine.sampling.samples import draw_samples
from gui.state.drawn import Group
from gui.state.samples import MORE, MOST, MOST_MORE, SamplesState
from tests.small import write_small_model, write_small_priors


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


def test_an_exported_folder_says_what_to_open_instead(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples_state.choose_model(sample_models / "bare.safetensors")
    before, one = samples_state.card, read_card(sample_models / "one.safetensors")
    monkeypatch.setattr(samples_state._shelf, "look", lambda path: replace(one, path=path))
    with qtbot.waitSignal(samples_state.failed) as told:
        samples_state.choose_model(sample_models)  # any folder: the card stands in for what is read from it
    assert "is an exported folder, with no prior" in str(told.args[0])
    assert samples_state.card is before


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
    samples_state.candidates = 1
    seen: list[float] = []
    samples_state.gallery_changed.connect(lambda: seen.append(samples_state.share))
    (group,) = drawn(qtbot, samples_state).groups
    expected = draw_samples(SampleRequest(path, 18, "even", 4, group.request.drawing, candidates=1))
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


# More like this


def more(qtbot: QtBot, state: SamplesState, number: int) -> Group:
    (group,) = state.groups
    state.more_like(group, group.samples[number])
    qtbot.waitUntil(lambda: not state.is_running, timeout=20_000)
    return group


def numbers(group: Group) -> list[int]:
    return [sample.number for sample in group.in_order]


@pytest.mark.parametrize("name", ["one", "two"])
def test_more_like_a_picture_follow_it_and_are_what_the_engine_draws(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path, name: str
) -> None:
    path = sample_models / f"{name}.safetensors"
    samples_state.choose_model(path)
    samples_state.count = 3
    one = drawn(qtbot, samples_state).groups[0].samples[1]
    samples_state.label, samples_state.seed, samples_state.temperature = "even", 9, 0.8
    group = more(qtbot, samples_state, 1)
    assert numbers(group) == [0, 1, *range(3, 3 + MORE), 2]
    drawing = replace(usual("prior", has_label=True)[0], temperature=0.8)
    request = MoreLikeRequest(path, MORE, one.codes, None, "even", 9, drawing, first=2 * MOST_MORE)
    expected = draw_more_like(request)
    for place in range(MORE):
        sample = group.samples[3 + place]
        np.testing.assert_array_equal(sample.picture, expected.pictures[place])
        assert (sample.like, sample.is_whole) == ((1,), True)
        assert (sample.request.label, sample.request.seed) == ("even", 9)
    assert samples_state.share == 1.0
    # What is like one of those is drawn by other numbers: the same would be that one again.
    more(qtbot, samples_state, 3)
    for place in range(MORE):
        again = group.samples[3 + MORE + place]
        assert again.like == (1, 3)
        assert not np.array_equal(again.picture, expected.pictures[place])


def test_more_like_it_again_are_others_and_more_like_those_follow_them(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.choose_model(sample_models / "vae.safetensors")
    samples_state.count = 2
    drawn(qtbot, samples_state)
    more(qtbot, samples_state, 0)
    more(qtbot, samples_state, 0)
    group = more(qtbot, samples_state, 3)
    first, again, nephews = (list(range(2 + n * MORE, 2 + (n + 1) * MORE)) for n in range(3))
    assert numbers(group) == [0, 2, 3, *nephews, *first[2:], *again, 1]
    latents = [sample.latent for sample in group.in_order if sample.latent is not None]
    assert len(np.unique(latents, axis=0)) == len(group.samples)
    samples_state.undo()
    assert numbers(group) == [0, *first, *again, 1]
    samples_state.undo()
    samples_state.reject(group, 4)
    kept = group.samples[5].latent
    samples_state.undo()
    samples_state.undo()
    assert numbers(group) == [0, 1]
    np.testing.assert_array_equal(more(qtbot, samples_state, 0).samples[5].latent, kept)


def test_vectors_keep_their_label(qtbot: QtBot, samples_state: SamplesState) -> None:
    samples_state.choose_model(find_model("mnist-cvae"))
    samples_state.label, samples_state.count = "7", 1
    drawn(qtbot, samples_state)
    samples_state.label, samples_state.top_k = "3", 5
    group = more(qtbot, samples_state, 0)
    assert [sample.request.label for sample in group.in_order] == ["7"] * (1 + MORE)


def test_a_label_that_the_model_of_the_picture_does_not_know_is_left_out(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.choose_model(sample_models / "one.safetensors")
    samples_state.count = 1
    drawn(qtbot, samples_state)
    samples_state.choose_model(find_model("emoji-vqvae"))
    samples_state.label, samples_state.guidance = "Flags", 2.0
    group = more(qtbot, samples_state, 0)
    assert [sample.request.label for sample in group.in_order] == [None] * (1 + MORE)


def test_what_is_asked_for_while_drawing_waits_its_turn(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.choose_model(sample_models / "one.safetensors")
    samples_state.count = 20
    samples_state.sample()
    (group,) = samples_state.groups
    qtbot.waitUntil(lambda: 0 in group.samples and group.samples[0].is_whole, timeout=20_000)
    for number in (0, 1):
        samples_state.more_like(group, group.samples[number])
    qtbot.waitUntil(lambda: not samples_state.is_running, timeout=20_000)
    assert numbers(group) == [0, *range(20, 20 + MORE), 1, *range(20 + MORE, 20 + 2 * MORE), *range(2, 20)]


def test_undo_stops_what_is_being_drawn_and_takes_it_back(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.choose_model(sample_models / "one.safetensors")
    samples_state.count = 2
    (group,) = drawn(qtbot, samples_state).groups
    for number in (0, 1):
        samples_state.more_like(group, group.samples[number])
    qtbot.waitUntil(lambda: len(group.samples) > 3, timeout=20_000)
    samples_state.undo()  # the one that waits
    assert samples_state.is_running
    samples_state.undo()
    assert not samples_state.is_running
    assert numbers(group) == [0, 1]
    qtbot.waitUntil(lambda: samples_state._worker.pending == 0)
    assert numbers(group) == [0, 1]


def test_cancelling_keeps_those_that_are_there(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.choose_model(sample_models / "one.safetensors")
    samples_state.count = 1
    (group,) = drawn(qtbot, samples_state).groups
    samples_state.more_like(group, group.samples[0])
    qtbot.waitUntil(lambda: len(group.samples) > 2, timeout=20_000)
    samples_state.cancel()
    there = numbers(group)
    qtbot.waitUntil(lambda: samples_state._worker.pending == 0)
    assert numbers(group) == there
    samples_state.undo()
    assert numbers(group) == [0]


def test_a_picture_of_a_model_that_has_changed_is_told_and_leaves_nothing_to_undo(
    qtbot: QtBot, samples_state: SamplesState, tmp_path: Path
) -> None:
    faults: list[str] = []
    samples_state.failed.connect(lambda error: faults.append(str(error)))
    path = write_small_priors(tmp_path / "run.safetensors", write_small_model(tmp_path / "bare.safetensors"))
    samples_state.choose_model(path)
    samples_state.count = 2
    (group,) = drawn(qtbot, samples_state).groups
    samples_state.reject(group, 1)
    write_small_priors(path, write_small_model(tmp_path / "other.safetensors", codes=12))
    more(qtbot, samples_state, 0)
    assert faults == ["run has changed since it made this picture: draw new ones"]
    assert samples_state.groups == [group]
    samples_state.undo()
    assert numbers(group) == [0, 1]
    samples_state.temperature = float("inf")
    samples_state.more_like(group, group.samples[0])
    assert "temperature of inf" in faults[1]
    assert not samples_state.is_running


def test_a_choice_lasts_as_long_as_its_picture(
    qtbot: QtBot, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.choose_model(sample_models / "vae.safetensors")
    samples_state.count = 1
    (group,) = drawn(qtbot, samples_state).groups
    assert samples_state.chosen is None
    with qtbot.waitSignal(samples_state.chosen_changed):
        samples_state.choose(group, 0)
    assert samples_state.chosen == (group, group.samples[0])
    samples_state.reject(group, 0)
    assert samples_state.chosen is None
