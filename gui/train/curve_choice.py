"""Which curves a plot shows: all of one run's that belong together, or one figure of several runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gui.plots import style
from gui.plots.curves import Curve
from gui.plots.legend import Entry
from gui.plots.terms import CHARTS, Chart, charts_of, names_in, term_of, title_among

Values = NDArray[np.float64]
Measured = Mapping[str, tuple[Values, Values]]
"""Figures by name: steps (n,) and values (n,), as a run's files have them."""


@dataclass(frozen=True, slots=True, eq=False)
class RunCurves:
    """What one run has measured."""

    key: str
    name: str
    colour: str
    measured: Measured


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry of a plot's list: a chart or a single figure, under `title`; `axis` names what is measured."""

    key: str
    title: str
    axis: str
    tip: str


UPPER: frozenset[Chart] = frozenset(("losses", "prior"))
"""What training makes smaller: shown by the upper plot."""


def as_shown(measured: Measured) -> Measured:
    """The figures of a run in the units that they are shown in."""
    is_of_priors = "loss" in measured and any(name.startswith("bits_") for name in measured)
    return _in_bits(measured) if is_of_priors else _with_psnr(measured)


def _in_bits(measured: Measured) -> Measured:
    """Of priors: the loss, nats of all codes by their number, in bits.

    A single level is all codes. Where some levels alone learn, they are all that is shown.
    """
    steps, nats = measured["loss"]
    shown = {name: values for name, values in measured.items() if name != "loss"}
    learned = {name for name in measured if re.fullmatch(r"bits_\d+", name)}
    valid = {name.removeprefix("valid_") for name in measured if re.fullmatch(r"valid_bits_\d+", name)}
    if valid - learned:
        aside = {"valid_bits", *(f"valid_{name}" for name in valid - learned)}
        return {name: values for name, values in shown.items() if name not in aside}
    if learned == {"bits_0"}:
        shown = {name: values for name, values in shown.items() if name not in ("bits_0", "valid_bits_0")}
    return {"bits": (steps, nats / np.log(2)), **shown}


def _with_psnr(measured: Measured) -> Measured:
    """The figures, and the PSNR of each batch, -10 log10 mse."""
    if "mse" not in measured or "psnr" in measured:
        return measured
    steps, mse = measured["mse"]
    return {**measured, "psnr": (steps, -10 * np.log10(np.maximum(mse, 1e-12)))}


def choices(names: Sequence[str], compares: bool, losses: bool) -> tuple[Choice, ...]:
    """What a plot can show of the figures `names`: the upper one, of losses, or the one of all else.

    A single run's figures come by chart; of several runs one figure is compared at a time.
    """
    charts = [chart for chart in charts_of(names) if (chart in UPPER) == losses]
    if not compares:
        words = ((chart, CHARTS[chart]) for chart in charts)
        return tuple(Choice(chart, said.title, said.axis, said.tip) for chart, said in words)
    return tuple(_single(name, names) for chart in charts for name in _for_comparison(chart, names))


def curves_of_run(run: RunCurves, chart: Chart) -> tuple[Curve, ...]:
    """The curves of a chart; validation has the colour of what it validates, dashed."""
    names = names_in(chart, run.measured)
    trained = [name for name in names if not term_of(name).validation]
    colours = {name: style.colour_of(place) for place, name in enumerate(trained)}
    spare = iter(range(len(trained), len(trained) + len(names)))
    for name in names:
        if name not in colours:
            partner = colours.get(name.removeprefix("valid_"))
            colours[name] = partner or style.colour_of(next(spare))
    titles = {name: title_among(name, run.measured) for name in names}
    return tuple(_curve(run, name, name, titles[name], colours[name]) for name in names)


def curves_of_runs(runs: Sequence[RunCurves], name: str) -> tuple[Curve, ...]:
    """One figure of several runs, each in its run's colour; runs that lack it are left out."""
    return tuple(_curve(run, name, run.key, run.name, run.colour) for run in runs if name in run.measured)


def entry(curve: Curve, tip: str) -> Entry:
    """The curve as the legend names it."""
    return Entry(curve.key, curve.title, curve.colour, tip, curve.sparse)


def _curve(run: RunCurves, name: str, key: str, title: str, colour: str) -> Curve:
    steps, values = run.measured[name]
    return Curve(key, title, colour, steps, values, term_of(name).validation)


def _single(name: str, names: Iterable[str]) -> Choice:
    term, title = term_of(name), title_among(name, names)
    return Choice(name, title, title if term.chart == "losses" else CHARTS[term.chart].axis, term.tip)


def _for_comparison(chart: Chart, names: Sequence[str]) -> tuple[str, ...]:
    """What one run is rather judged by comes first: validation, then how evenly codes are used."""
    found = names_in(chart, names)
    first = [name for name in found if chart != "losses" and term_of(name).validation]
    first += [name for name in found if name.startswith("perplexity")]
    return (*first, *(name for name in found if name not in first))
