"""The two loops of `benchmark training` train the same network on the same batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from engine.benchmarks import training
from engine.benchmarks.training import measure_training

TINY = {"hidden": 8, "residual_blocks": 0, "residual_hidden": 4, "codes": 8, "code_dim": 4}


@pytest.fixture(autouse=True)
def _brief(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    threads = torch.get_num_threads()
    monkeypatch.setattr(training, "ROUNDS", 2)
    monkeypatch.setattr(training, "STEPS", 1)
    yield
    torch.set_num_threads(threads)


def test_figures_are_medians_over_rounds_in_which_both_sides_ran() -> None:
    told: list[float] = []
    figures = measure_training(lambda _, part: told.append(part), TINY, batch_size=4)
    assert told == [0.0, 0.5]
    assert len(figures["rows"]) == 2
    for name, key in (("images_per_s", "trainer"), ("plain_images_per_s", "plain")):
        assert figures[name] == pytest.approx(sum(row[key] for row in figures["rows"]) / 2)
    ratios = [row["trainer"] / row["plain"] for row in figures["rows"]]
    assert figures["ratio"] == pytest.approx(sum(ratios) / 2)
    assert (figures["network"]["batch_size"], figures["network"]["codes"]) == (4, 8)


def test_a_slow_machine_makes_one_round_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "LONGEST_S", 0.0)
    assert len(measure_training(network=TINY, batch_size=4)["rows"]) == 1


def test_both_sides_learn_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sides: list[torch.nn.Module] = []
    monkeypatch.setattr("engine.training.learner.trains_in_bfloat16", lambda _: False)
    monkeypatch.setattr("engine.training.learner.learning_rate", lambda *_: 2e-3)
    real = training._rounds

    def noted(trainer: training._Trainer, plain: training._Plain, *rest: object) -> object:
        sides.extend((trainer.learner.model, plain._model))
        return real(trainer, plain, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(training, "_rounds", noted)
    measure_training(network=TINY, batch_size=4)
    trainer, plain = (side.state_dict() for side in sides)
    for name, weight in plain.items():
        torch.testing.assert_close(trainer[name], weight, rtol=1e-3, atol=1e-4)
