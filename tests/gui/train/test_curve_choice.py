from __future__ import annotations

import numpy as np
import pytest

from gui.train.curve_choice import RunCurves, as_shown, choices, curves_of_run, curves_of_runs, entry
from tests.gui.train.measured import discrete, priors, run, series, variational

NAMES = tuple(as_shown(discrete()))


def test_one_run_is_shown_by_charts() -> None:
    assert [choice.key for choice in choices(NAMES, compares=False, losses=True)] == ["losses"]
    below = [choice.key for choice in choices(NAMES, compares=False, losses=False)]
    assert below == ["quality", "codes", "rate", "speed"]


def test_runs_are_compared_by_one_figure_validation_first() -> None:
    above = [choice.key for choice in choices(NAMES, compares=True, losses=True)]
    assert above[:2] == ["loss", "mse"]
    assert "valid_mse" in above
    below = [choice.key for choice in choices(NAMES, compares=True, losses=False)]
    assert below[:2] == ["valid_psnr", "psnr"]
    assert below.index("perplexity_0") < below.index("used_0")
    titles = {choice.key: choice.title for choice in choices(NAMES, compares=True, losses=False)}
    assert titles["used_0"] == "In use"


def test_validation_has_the_colour_of_what_it_validates() -> None:
    curves = {curve.key: curve for curve in curves_of_run(run(), "losses")}
    assert curves["valid_mse"].colour == curves["mse"].colour
    assert curves["valid_mse"].sparse
    assert len({curve.colour for key, curve in curves.items() if key != "valid_mse"}) == 4


def test_validation_alone_has_a_colour_of_its_own() -> None:
    only = RunCurves("a", "run", "#ffffff", {"valid_elbo": series(-3), "elbo_bound": series(1)})
    (curve,) = curves_of_run(only, "elbo")
    assert curve.colour


def test_compared_runs_have_their_own_colours_and_names() -> None:
    runs = [run("a", "#111111"), run("b", "#222222", variational()), run("c", "#333333", {})]
    curves = curves_of_runs(runs, "loss")
    assert [(curve.key, curve.title, curve.colour) for curve in curves] == [
        ("a", "run a", "#111111"),
        ("b", "run b", "#222222"),
    ]
    assert [curve.key for curve in curves_of_runs(runs, "perplexity_0")] == ["a"]


def test_the_psnr_of_every_batch_follows_from_its_error() -> None:
    found = as_shown({"mse": series(0.01, 0.0)})
    assert found["psnr"][1] == pytest.approx([20, 120])
    assert as_shown({"loss": series(1)}).keys() == {"loss"}
    given = {"mse": series(1), "psnr": series(3)}
    assert as_shown(given) is given


def test_the_legend_says_the_formal_term() -> None:
    (curve,) = curves_of_runs([run()], "loss")
    assert entry(curve, "what it is").tip == "what it is"
    assert np.array_equal(curve.values, discrete()["loss"][1])


def test_priors_are_shown_in_bits_of_every_level_in_one_plot() -> None:
    shown = as_shown(priors(levels=2))
    assert "loss" not in shown
    np.testing.assert_allclose(shown["bits"][1], priors()["loss"][1] / np.log(2))
    (choice,) = choices(tuple(shown), compares=False, losses=True)
    assert (choice.key, choice.axis) == ("prior", "bits per code")
    curves = {curve.key: curve for curve in curves_of_run(run(measured=shown), "prior")}
    assert {key: curve.title for key, curve in curves.items()} == {
        "bits": "Bits",
        "bits_0": "Bits, level 0",
        "bits_1": "Bits, level 1",
        "valid_bits": "Bits, validation",
        "valid_bits_0": "Bits, validation, level 0",
        "valid_bits_1": "Bits, validation, level 1",
    }
    for name in ("bits", "bits_0", "bits_1"):
        assert curves[f"valid_{name}"].colour == curves[name].colour
    assert len({curves[name].colour for name in ("bits", "bits_0", "bits_1")}) == 3


@pytest.mark.parametrize("level", [0, 1])
def test_of_priors_of_which_one_level_alone_learns_that_is_shown(level: int) -> None:
    valid = {name: series(1) for name in ("valid_bits", "valid_bits_0", "valid_bits_1")}
    shown = as_shown({"loss": series(2), f"bits_{level}": series(3), **valid})
    curves = curves_of_run(run(measured=shown), "prior")
    assert {curve.key for curve in curves} == {f"bits_{level}", f"valid_bits_{level}"}


def test_a_layout_is_shown_beside_the_codes() -> None:
    valid = {name: series(1) for name in ("valid_bits", "valid_bits_0")}
    shown = as_shown({"loss": series(2), "bits_0": series(3), "bits_layout": series(4), **valid})
    titles = [curve.title for curve in curves_of_run(run(measured=shown), "prior")]
    assert sorted(titles) == ["Bits", "Bits, layout", "Bits, validation"]


def test_a_single_level_is_all_there_is() -> None:
    shown = as_shown(priors(levels=1))
    assert [curve.key for curve in curves_of_run(run(measured=shown), "prior")] == ["bits", "valid_bits"]


def test_priors_are_compared_by_their_bits_on_the_validation_split() -> None:
    names = tuple(as_shown(priors(levels=1))) + tuple(as_shown(priors(levels=2)))
    above = choices(names, compares=True, losses=True)
    assert above[0].key == "valid_bits"
    assert {choice.axis for choice in above} == {"bits per code"}
