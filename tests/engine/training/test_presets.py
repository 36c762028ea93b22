"""Presets: every family has three that can be trained, longer and longer, with a time for this device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from engine.checkpoint import read_card
from engine.data.source import DataShape
from engine.errors import OptionFault
from engine.models.registry import FAMILIES
from engine.training import presets as presets_module
from engine.training import start
from engine.training.config import Length, RunConfig, parse_prior_settings, parse_settings
from engine.training.presets import (
    PRIOR_TITLES,
    TITLES,
    expected_prior_times,
    expected_times,
    model_for_priors,
    preset_named,
    presets,
    prior_presets,
    prior_step_seconds,
    step_seconds,
)
from engine.training.run import Run
from engine.training.start import TrainRequest, train
from tests.engine.training.families import SMALL
from tests.small import (
    small_pictures,
    write_small_model,
    write_small_priors,
    write_small_two_level_model,
    write_small_vector_model,
)

EMOJI, MNIST, TINY = DataShape(64, 3), DataShape(28, 1), DataShape(16, 3)


@pytest.fixture(autouse=True)
def _same_threads() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shape", [EMOJI, MNIST, DataShape(1000, 3)])
def test_presets_are_longer_and_longer_and_can_be_trained(family: str, shape: DataShape) -> None:
    found = presets(family, shape)
    assert [preset.name for preset in found] == list(TITLES)
    assert [preset.steps for preset in found] == sorted(preset.steps for preset in found)
    for preset in found:
        parse_settings(family, preset.settings, None, shape)


def test_small_pictures_get_more_steps() -> None:
    assert [p.steps for p in presets("vae", MNIST)] == [4 * p.steps for p in presets("vae", EMOJI)]
    assert [p.steps for p in prior_presets(32)] == [4 * p.steps for p in prior_presets(64)]


def test_what_does_not_exist_is_named() -> None:
    with pytest.raises(OptionFault, match="'perfect' does not exist: use quick, good, best"):
        preset_named("perfect", presets("vae", EMOJI))
    with pytest.raises(OptionFault, match="'gan' does not exist"):
        presets("gan", EMOJI)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_step_of_every_family_is_timed(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presets_module, "TIMED_STEPS", 1)
    settings = (*SMALL[family], "batch_size=4")
    assert 0 < step_seconds(family, settings, TINY, "cpu") < 6


def test_times_of_all_presets_name_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    timed: list[int] = []

    def half_a_second(config: RunConfig, *_: object) -> float:
        timed.append(config.training.batch_size)
        return 0.5

    monkeypatch.setattr(presets_module, "_seconds_per_step", half_a_second)
    times = expected_times("vqvae", EMOJI, "cpu")
    assert timed == [16, 32]  # a quick look takes the steps of a good one
    assert times["device"].startswith("CPU")
    assert [row["name"] for row in times["presets"]] == list(TITLES)
    assert all(row["seconds"] == pytest.approx(0.55 * row["steps"]) for row in times["presets"])


def test_a_preset_gives_steps_and_settings_and_what_is_said_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "open_data", lambda *_: small_pictures())
    monkeypatch.setattr(start, "natural_shape", lambda _: TINY)
    request = TrainRequest(
        out=tmp_path / "run",
        family="vae",
        data="blobs",
        preset="good",
        device="cpu",
        batch_size=4,
        settings=(*SMALL["vae"], "validations=3"),
        stop_after=1,
        threads=1,
    )
    list(train(request))
    config = Run(tmp_path / "run").read_config()
    good = preset_named("good", presets("vae", TINY))
    assert (config.total_steps, config.length, config.preset) == (
        good.steps,
        Length(steps=good.steps),
        "good",
    )
    assert (config.training.ema_decay, config.training.validations) == (0.999, 3)
    resumed = TrainRequest(out=tmp_path / "run", resume=True, preset="good", stop_after=1)
    assert list(train(resumed))[-1].event == "saved"
    with pytest.raises(OptionFault, match=r"--preset best: .*run was started with good"):
        list(train(TrainRequest(out=tmp_path / "run", resume=True, preset="best")))


def test_presets_of_priors_are_longer_and_longer_and_can_be_trained() -> None:
    found = prior_presets(64)
    assert [preset.name for preset in found] == list(TITLES) == list(PRIOR_TITLES)
    assert [preset.steps for preset in found] == sorted(preset.steps for preset in found)
    for preset in found:
        parse_prior_settings(preset.settings, None)


@pytest.mark.parametrize("write", [write_small_model, write_small_two_level_model])
def test_a_time_for_priors_is_so_many_steps_on_the_grids_of_the_model(
    write: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presets_module, "TIMED_STEPS", 1)
    name = str(write(tmp_path / "small.safetensors"))
    card = model_for_priors(name)
    small = ("channels=8", "layers=2", "head=8", "context=8", "batch_size=4")
    assert 0 < prior_step_seconds(card, small, "cpu") < 6
    monkeypatch.setattr(presets_module, "_seconds_per_step", lambda *_: 0.5)
    times = expected_prior_times(name, "cpu")
    assert times["prior_of"] == "small"
    assert [row["seconds"] for row in times["presets"]] == [
        pytest.approx(0.55 * preset.steps) for preset in prior_presets(16)
    ]


def test_a_model_without_codes_has_no_presets_for_priors(tmp_path: Path) -> None:
    vectors = write_small_vector_model(tmp_path / "faces.safetensors")
    with pytest.raises(OptionFault, match="family vae has no codes that a prior could learn"):
        expected_prior_times(str(vectors))


def test_a_preset_of_priors_gives_steps_and_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "open_data", lambda *_: small_pictures())
    model = write_small_model(tmp_path / "small.safetensors")
    request = TrainRequest(
        out=tmp_path / "run",
        trains_priors=True,
        prior_of=str(model),
        data="blobs",
        preset="quick",
        device="cpu",
        settings=("channels=8", "layers=2", "head=8"),
        stop_after=1,
        threads=1,
    )
    list(train(request))
    config = Run(tmp_path / "run").read_config()
    quick = preset_named("quick", prior_presets(16))
    assert (config.total_steps, config.preset, config.training.validations) == (quick.steps, "quick", 5)


def test_no_preset_changes_the_architecture_that_weights_come_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = write_small_vector_model(tmp_path / "faces.safetensors")
    asked: list[RunConfig] = []

    def half_a_second(config: RunConfig, *_: object) -> float:
        asked.append(config)
        return 0.5

    monkeypatch.setattr(presets_module, "_seconds_per_step", half_a_second)
    times = expected_times("vae", TINY, "cpu", str(vectors))
    card = read_card(vectors)
    assert all(config.model == card.config for config in asked)
    best = next(row for row in times["presets"] if row["name"] == "best")
    assert not any(setting.startswith("width=") for setting in best["settings"])
    with pytest.raises(OptionFault, match=r"--model ae: .*is of family vae"):
        expected_times("ae", TINY, "cpu", str(vectors))


def test_times_of_priors_are_those_of_what_they_start_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write_small_model(tmp_path / "small.safetensors")
    first = write_small_priors(tmp_path / "first.safetensors", model, layers=4)
    asked: list[RunConfig] = []
    monkeypatch.setattr(presets_module, "_seconds_per_step", lambda config, *_: asked.append(config) or 0.5)
    expected_prior_times(str(model), "cpu", str(first))
    assert {config.prior.config["layers"] for config in asked if config.prior is not None} == {4}
    with pytest.raises(OptionFault, match="has no priors to start from"):
        expected_prior_times(str(model), "cpu", str(model))
