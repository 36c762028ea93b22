from __future__ import annotations

import pytest

from engine.errors import CodesFault
from gui.benchmarks.resampling import measure_window
from gui.workers.load import ModelLibrary
from tests.fakes import TinyPrior
from tests.gui.test_surprise import with_prior
from tests.gui.tiny import TinyModel, library_of

pytestmark = pytest.mark.usefixtures("qapp")


def test_there_is_a_row_for_every_count_of_variations() -> None:
    told: list[float] = []
    figures = measure_window(lambda _, share: told.append(share), library_of(with_prior()), (1, 2), repeats=2)
    assert figures is not None
    assert told == [0.0, 0.5]
    assert [row["variations"] for row in figures["rows"]] == [1, 2]
    for row in figures["rows"]:
        assert 0 < row["first_codes_ms"] <= row["done_ms"]
        for name in ("first_codes", "done", "stopped"):
            assert 0 < row[f"{name}_ms"] <= row[f"{name}_p95_ms"]
    for row in (figures["at_rest"], *figures["rows"]):
        assert 0 <= row["gap_p50_ms"] <= row["gap_p99_ms"] <= row["gap_max_ms"]


def test_a_model_without_a_prior_has_no_figures() -> None:
    assert measure_window(library=library_of(TinyModel("tiny"))) is None


def test_a_prior_that_fails_ends_the_measurement() -> None:
    def faulty() -> ModelLibrary:
        class Faulty(TinyPrior):
            def resample(self, request):  # type: ignore[no-untyped-def]
                raise CodesFault("no")

        model = TinyModel("tiny")
        model.prior = Faulty()
        return library_of(model)

    with pytest.raises(CodesFault, match="no"):
        measure_window(library=faulty(), repeats=1)
