"""The list of runs: where each stands, its settings again, renaming and deleting."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from engine.data.batches import Augmentation
from engine.errors import OptionFault, RunFault
from engine.training.config import Length, RunConfig, TrainingConfig, parse_settings
from engine.training.events import Event
from engine.training.lock import held, is_held
from engine.training.names import check_name, free_name, free_prior_name
from engine.training.run import Run
from engine.training.shelf import (
    SPARKLINE_POINTS,
    Shelf,
    delete_run,
    list_runs,
    read_run,
    read_settings,
    rename_run,
    run_status,
)
from tests.small import write_small_model


def make_run(folder: Path, **changes: Any) -> Run:
    run = Run(folder)
    config = RunConfig(
        family="vqvae",
        model={"codes": 32, "hidden": 16},
        training=TrainingConfig(batch_size=4, precision="float32"),
        augmentation=Augmentation(flips=0.25),
        data="emoji",
        seed=5,
        device=None,
        threads=1,
        length=Length(steps=100),
        total_steps=100,
    )
    with run.held():
        run.create(config)
    run.add_metrics((n, {"loss": 100.0 - n}) for n in range(1, 91))
    run.add_event(Event(event="step", step=90, time_s=9.0, total_steps=100, **changes))
    return run


def test_a_run_says_what_it_is(tmp_path: Path) -> None:
    run = make_run(tmp_path / "first")
    write_small_model(run.best, with_statistics=False)
    card = read_run(run.folder)
    assert (card.name, card.family, card.data) == ("first", "vqvae", "emoji")
    assert (card.step, card.total, card.status) == (90, 100, "interrupted")
    assert card.best == {"valid_psnr": 12.0}
    assert card.model == run.best
    assert len(card.sparkline) == SPARKLINE_POINTS
    assert card.sparkline[0] == 99.0
    assert list(card.sparkline) == sorted(card.sparkline, reverse=True)
    assert card.started > 0


def event(kind: Any, message: str | None = None) -> Event:
    return Event(event=kind, step=3, time_s=1.0, message=message)


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (None, "interrupted"),
        (event("step"), "interrupted"),
        (event("saved"), "interrupted"),
        (event("saved", "stopped at step 3; go on with ..."), "stopped"),
        (event("finished", "trained"), "finished"),
        (event("failed", "the loss is no longer finite"), "failed"),
    ],
)
def test_where_a_run_stands_that_nobody_trains(last: Event | None, status: str) -> None:
    assert run_status(False, "pause", last) == status
    assert run_status(True, None, last) == "training"
    assert run_status(True, "pause", last) == "paused"


def test_a_held_run_is_training_and_cannot_be_moved(tmp_path: Path) -> None:
    run = make_run(tmp_path / "busy")
    assert not is_held(run.folder)
    assert not is_held(tmp_path / "nowhere")
    with held(run.folder):
        assert is_held(run.folder)
        assert read_run(run.folder).status == "training"
        with pytest.raises(RunFault, match="is being trained"):
            delete_run(run.folder)
        with pytest.raises(RunFault, match="is being trained"):
            rename_run(run.folder, "other")
    assert read_run(run.folder).status == "interrupted"
    assert list(tmp_path.iterdir()) == [run.folder]


def test_the_newest_run_is_first_and_strange_folders_are_left_out(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "old")):
        folder = make_run(tmp_path / name).folder
        os.utime(folder / ".lock", (1e9 - age, 1e9 - age))
    (tmp_path / "notes").mkdir()
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "config.json").write_text("{")
    cards = list_runs([tmp_path, tmp_path / "missing", tmp_path])
    assert [card.name for card in cards] == ["new", "old"]


def test_what_has_not_changed_is_not_read_again(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    shelf = Shelf([tmp_path])
    (first,) = shelf.cards()
    assert shelf.cards()[0] is first
    run.add_event(event("finished"))
    assert shelf.cards()[0].status == "finished"
    delete_run(run.folder)
    assert shelf.cards() == ()


def test_settings_make_the_same_run_again(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    again = read_settings(run.folder)
    assert (again.family, again.data, again.seed, again.steps) == ("vqvae", "emoji", 5, 100)
    assert (again.minutes, again.epochs, again.device) == (None, None, None)
    model, training, augmentation = parse_settings(again.family, again.settings, None)
    config = run.read_config()
    assert (training, augmentation) == (config.training, config.augmentation)
    assert {key: getattr(model, key) for key in config.model} == config.model


def test_the_snapshot_of_an_unfinished_run_is_its_newest_model(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    assert read_run(run.folder).model is None
    write_small_model(run.best, with_statistics=False)
    write_small_model(run.last, with_statistics=False)
    assert read_run(run.folder).model == run.last
    run.add_event(event("finished"))
    assert read_run(run.folder).model == run.best


def test_renaming(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    make_run(tmp_path / "taken")
    assert rename_run(run.folder, "run") == run.folder
    with pytest.raises(RunFault, match="is there already"):
        rename_run(run.folder, "taken")
    assert rename_run(run.folder, " better ") == tmp_path / "better"
    assert read_run(tmp_path / "better").name == "better"


def test_only_runs_are_deleted(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(RunFault, match="holds no run"):
        delete_run(tmp_path / "photos")
    assert (tmp_path / "photos").is_dir()


def test_deleting_a_link_leaves_what_it_leads_to(tmp_path: Path) -> None:
    run = make_run(tmp_path / "elsewhere" / "run")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "link").symlink_to(run.folder)
    delete_run(tmp_path / "runs" / "link")
    assert json.loads(run.config.read_text())["family"] == "vqvae"


@pytest.mark.parametrize(
    "name", ["", "  ", "a/b", "a\\b", "..", ".hidden", "end.", "con", "NUL.txt", "what?", "x" * 81, "a\nb"]
)
def test_names_that_some_system_refuses(name: str) -> None:
    with pytest.raises(OptionFault, match="name"):
        check_name(name)


def test_free_names_count_up(tmp_path: Path) -> None:
    assert free_name(tmp_path, "vqvae", "emoji") == "vqvae-emoji"
    (tmp_path / "vqvae-emoji").mkdir()
    assert free_name(tmp_path, "vqvae", "emoji") == "vqvae-emoji-2"
    (tmp_path / "vqvae-emoji-2").mkdir()
    assert free_name(tmp_path, "vqvae", "emoji") == "vqvae-emoji-3"
    assert free_name(tmp_path, "vae", "emoji", taken=["vae-emoji", "vae-emoji-2"]) == "vae-emoji-3"
    assert free_name(tmp_path, "vae", "/home/me/My cats.zip") == "vae-My cats"
    assert free_name(tmp_path, "vae", "/") == "vae-data"


def test_free_names_of_priors_are_those_of_their_models(tmp_path: Path) -> None:
    assert free_prior_name(tmp_path, "emoji-vqvae") == "emoji-vqvae-prior"
    (tmp_path / "emoji-vqvae-prior").mkdir()
    assert free_prior_name(tmp_path, "emoji-vqvae") == "emoji-vqvae-prior-2"
    assert free_prior_name(tmp_path, "cats (last)") == "cats-prior"
    assert check_name(free_prior_name(tmp_path, "x" * 200)).endswith("x-prior")
    assert free_prior_name(tmp_path, "?") == "model-prior"
