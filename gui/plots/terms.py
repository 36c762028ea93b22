"""What a run measures, in words: titles, units, formal terms, and which plot each belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Chart = Literal[
    "losses", "prior", "quality", "elbo", "codes", "restarts", "rate", "gradient", "weight", "speed"
]


@dataclass(frozen=True, slots=True)
class Term:
    """One measured figure. `tip` is the formal term; `validation` says it is of pictures not trained on."""

    name: str
    title: str
    chart: Chart = "losses"
    tip: str = ""
    validation: bool = False


@dataclass(frozen=True, slots=True)
class ChartWords:
    """A plot's title with its unit, and what it is good for."""

    title: str
    axis: str
    tip: str


CHARTS: dict[Chart, ChartWords] = {
    "losses": ChartWords("Losses", "loss terms", "What training makes smaller, term by term"),
    "prior": ChartWords(
        "Bits per code", "bits per code", "How many bits the prior needs to say which code comes next"
    ),
    "quality": ChartWords(
        "Quality", "PSNR, dB", "How alike original and reconstruction are: -10 log10 of the squared error"
    ),
    "elbo": ChartWords("Evidence bound", "ELBO, nats per picture", "E[log p(x|z)] - KL(q(z|x) || p(z))"),
    "codes": ChartWords("Codes in use", "codes", "How many codes are alive, and how evenly they are used"),
    "restarts": ChartWords("Restarted codes", "codes", "Unused codes put back onto encodings of the batch"),
    "rate": ChartWords("Learning rate", "learning rate", "Length of the optimiser's steps"),
    "gradient": ChartWords("Gradient norm", "gradient norm", "Length of the gradient before it is clipped"),
    "weight": ChartWords("KL weight", "KL weight", "Warm-up of the KL term (beta)"),
    "speed": ChartWords("Speed", "images per second", "Pictures trained on per second"),
}

_VALIDATION = "of the validation split"
_TERMS = {
    term.name: term
    for term in (
        Term("loss", "Loss", tip="The weighted sum of the terms, which is minimised"),
        Term("mse", "Squared error", tip="Mean over pixels of images in [0, 1] (mse)"),
        Term("reconstruction", "Reconstruction", tip="-log p(x|z), nats per picture"),
        Term("kl", "KL", tip="KL(q(z|x) || p(z)), nats per picture"),
        Term("codebook", "Codebook", tip="|| sg[z_e] - e ||^2"),
        Term("commitment", "Commitment", tip="|| z_e - sg[e] ||^2, without its weight beta"),
        Term("valid_mse", "Squared error, validation", tip=f"mse {_VALIDATION}", validation=True),
        Term("valid_reconstruction", "Reconstruction, validation", tip="-log p(x|z)", validation=True),
        Term("valid_kl", "KL, validation", tip="KL(q(z|x) || p(z))", validation=True),
        Term("bits", "Bits", "prior", "-log2 p(code | those before it), mean over all codes of a picture"),
        Term(
            "valid_bits", "Bits, validation", "prior", f"-log2 p(code | those before it) {_VALIDATION}", True
        ),
        Term("bits_layout", "Bits, layout", "prior", "-log2 p(class | those before it), mean over its cells"),
        Term("psnr", "PSNR", "quality", "-10 log10 mse of each batch"),
        Term("valid_psnr", "PSNR, validation", "quality", f"-10 log10 mse {_VALIDATION}", True),
        Term("elbo", "ELBO", "elbo", "E[log p(x|z)] - KL, nats per picture"),
        Term("valid_elbo", "ELBO, validation", "elbo", f"E[log p(x|z)] - KL {_VALIDATION}", True),
        Term(
            "importance_bound", "Importance-weighted bound", "elbo", "E[log 1/K sum_k p(x, z_k) / q(z_k|x)]"
        ),
        Term(
            "valid_importance_bound",
            "Importance-weighted bound, validation",
            "elbo",
            f"The same {_VALIDATION}",
            True,
        ),
        Term("used", "In use", "codes", "Codes that the moving average counts as alive"),
        Term("perplexity", "Perplexity", "codes", "exp of the entropy of the codes' use"),
        Term("restarted", "Restarted", "restarts", "Codes put back onto encodings at this step"),
        Term("learning_rate", "Learning rate", "rate", "Warm-up, then a cosine"),
        Term("gradient_norm", "Gradient norm", "gradient", "|| g || before clipping"),
        Term("kl_weight", "KL weight", "weight", "beta during warm-up"),
        Term("images_per_s", "Images per second", "speed"),
    )
}


def term_of(name: str) -> Term:
    """The words for a figure; of a level's (`perplexity_1`) the level is said, an unknown one is a loss."""
    if name in _TERMS:
        return _TERMS[name]
    stem, _, level = name.rpartition("_")
    if re.fullmatch(r"\d+", level) and stem in _TERMS:
        known = _TERMS[stem]
        return Term(name, f"{known.title}, level {level}", known.chart, known.tip, known.validation)
    return Term(name, name.replace("_", " ").capitalize(), tip=name)


def title_among(name: str, names: Iterable[str]) -> str:
    """The title of one of a run's figures: the level is said only where there are several."""
    stem, _, level = name.rpartition("_")
    is_alone = level == "0" and f"{stem}_1" not in set(names)
    return term_of(stem if is_alone else name).title


def charts_of(names: Iterable[str]) -> tuple[Chart, ...]:
    """The plots there is something to show in, in their fixed order."""
    there = {term_of(name).chart for name in names}
    return tuple(chart for chart in CHARTS if chart in there)


def names_in(chart: Chart, names: Iterable[str]) -> tuple[str, ...]:
    """The figures of one plot: known ones in the table's order, then the others by name."""
    order = {name: place for place, name in enumerate(_TERMS)}

    def place(name: str) -> tuple[int, str]:
        return order.get(name, order.get(name.rpartition("_")[0], len(order))), name

    return tuple(sorted((name for name in names if term_of(name).chart == chart), key=place))


def hidden_at_first(names: Iterable[str]) -> frozenset[str]:
    """What says the same again: the squared error beside nats, the EMA codebook's term beside commitment."""
    there = set(names)
    hidden = {name for name in there if name.startswith("codebook")}
    hidden |= {"valid_kl", "valid_reconstruction"}
    if "reconstruction" in there:
        hidden |= {"mse", "valid_mse"}
    return frozenset(hidden & there)
