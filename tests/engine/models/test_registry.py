"""Finding models by what a user types, and building them from a configuration."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.errors import ModelNotFound, OptionFault
from engine.models import registry
from engine.models.base import DiscreteAutoencoder
from engine.models.registry import FAMILIES, build, builtin_models, family_named, find_model
from tests.small import write_small_model


@pytest.fixture
def builtin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One built-in model, `house`."""
    monkeypatch.setattr(registry, "BUILTIN_FOLDER", tmp_path / "builtin")
    return write_small_model(tmp_path / "builtin" / "house.safetensors", with_statistics=False)


def test_every_family_is_what_it_says() -> None:
    for name, family in FAMILIES.items():
        assert family.model_class().family == name
        assert isinstance(build(name, {}), family.model_class())
        assert family.config_class()() == build(name, {}).config
    assert issubclass(FAMILIES["vqvae"].model_class(), DiscreteAutoencoder)


def test_families_that_do_not_exist_are_named() -> None:
    with pytest.raises(OptionFault, match=r"'gan' does not exist: use .*vqvae"):
        family_named("gan")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"hidden": 10**9}, "hidden"),
        ({"hue": 3}, "hue"),
        ({"stride": 3}, "stride"),
        ({"image_size": 66}, "66"),
    ],
)
def test_configurations_that_cannot_be_built_are_named(config: dict[str, object], message: str) -> None:
    with pytest.raises(OptionFault, match=message):
        build("vqvae", config)


def test_builtin_models_are_found_by_name(builtin: Path) -> None:
    assert builtin_models() == {"house": builtin}
    assert find_model("house") == builtin


def test_files_and_runs_are_found_by_path(builtin: Path, tmp_path: Path) -> None:
    assert find_model(str(builtin)) == builtin
    run = tmp_path / "run"
    last = run / "last" / "weights.safetensors"
    last.parent.mkdir(parents=True)
    shutil.copy(builtin, last)
    assert find_model(run) == last
    shutil.copy(builtin, run / "model.safetensors")
    assert find_model(run) == run / "model.safetensors"


def test_a_path_may_start_at_home(builtin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert find_model("~/builtin/house.safetensors") == builtin


@pytest.mark.parametrize("name", ["nowhere", "~nobody-of-this-name/model", "a/b/c.safetensors"])
def test_what_is_nowhere_is_named_with_what_there_is(builtin: Path, name: str) -> None:
    with pytest.raises(ModelNotFound, match=r"neither built in \(house\) nor a file") as caught:
        find_model(name)
    assert name in str(caught.value)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="holds no model") as caught:
        find_model(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_an_exported_folder_says_what_is_not_in_it_and_what_to_open(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ModelNotFound, match="with no prior to sample from") as caught:
        find_model(tmp_path)
    assert str(tmp_path) in str(caught.value)
