"""Words for what a training does: status, durations, memory, families."""

from __future__ import annotations

from dataclasses import dataclass

from gui import theme


@dataclass(frozen=True, slots=True)
class StatusWords:
    """A status as it is shown: a word, an icon and a colour, so that none says it alone."""

    word: str
    colour: str
    icon: str
    tip: str


STATUS = {
    "idle": StatusWords("No run", theme.SECONDARY, "circle", "Nothing is shown"),
    "starting": StatusWords(
        "Starting", theme.SECONDARY, "loader-circle", "Reads the data, measures its pace"
    ),
    "training": StatusWords("Training", theme.GOOD, "play", "It learns, in a process of its own"),
    "paused": StatusWords("Paused", theme.WARN, "pause", "Waits, and keeps its memory"),
    "stopping": StatusWords("Stopping", theme.SECONDARY, "loader-circle", "The snapshot is being saved"),
    "stopped": StatusWords("Stopped", theme.SECONDARY, "circle-stop", "Saved; it can go on any time"),
    "finished": StatusWords("Finished", theme.GOOD, "circle-check", "Trained to the end"),
    "failed": StatusWords("Failed", theme.BAD, "circle-alert", "Ended by an error"),
    "interrupted": StatusWords("Interrupted", theme.WARN, "triangle-alert", "Ended early; it can go on"),
}
ACTIVE = frozenset({"starting", "training", "paused", "stopping"})

FAMILIES = {
    "ae": ("AE", "Squeezes pictures into a few numbers"),
    "vae": ("VAE", "An AE whose numbers can be drawn at random"),
    "cvae": ("CVAE", "A VAE that is told each picture's label"),
    "vqvae": ("VQ-VAE", "A codebook of small pieces, to paint with"),
    "vqvae2": ("VQ-VAE-2", "Two codebooks, coarse and fine: sharper"),
}
FORMAL = {
    "ae": "Autoencoder: mean squared error, no prior",
    "vae": "Variational autoencoder, arXiv 1312.6114: maximises the ELBO",
    "cvae": "Conditional VAE, Sohn et al. 2015: p(x|z, y) and q(z|x, y)",
    "vqvae": "Vector-quantised autoencoder, arXiv 1711.00937: z_q is the nearest e_k",
    "vqvae2": "Hierarchical VQ-VAE, arXiv 1906.00446: top and bottom codebooks",
}


PRIOR = "prior"
"""Stands beside the families where one chooses what to train."""
PRIOR_WORDS = ("Prior", "How a model's codes follow one another")
PRIOR_FORMAL = "Gated PixelCNN per level, arXiv 1606.05328: p(codes) = prod p(code | those before it)"


def family_title(family: str) -> str:
    """As papers write it; a family nobody knows keeps its key."""
    return FAMILIES[family][0] if family in FAMILIES else family


def subject_title(family: str, prior_of: str) -> str:
    """What a run trains: a family, or the prior of a model."""
    return f"Prior of {prior_of}" if prior_of else family_title(family)


def label_words(count: int) -> str:
    """No labels, 9 labels."""
    return "no labels" if count == 0 else f"{count} label{'s' if count > 1 else ''}"


_HOURS_WITH_MINUTES = 3
"""Of longer times nobody asks for the minutes, and a card has no room for them."""


def duration_words(seconds: float) -> str:
    """Roughly, as one says it: 45 s, 3 min, 1 h 20 min, 5 h, 2 days."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < _HOURS_WITH_MINUTES:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < 48 else f"{round(hours / 24)} days"


def memory_words(megabytes: float) -> str:
    """812 MB, 3.4 GB."""
    return f"{megabytes:.0f} MB" if megabytes < 1000 else f"{megabytes / 1000:.1f} GB"


def best_words(best: dict[str, float]) -> str:
    """What the best model measured, in one figure: bits, a bound or PSNR; empty before a validation."""
    if "valid_bits" in best:
        return f"{best['valid_bits']:.2f} bits per code"
    if "valid_importance_bound" in best:
        return f"Bound {best['valid_importance_bound']:.1f}"
    if "valid_elbo" in best:
        return f"ELBO {best['valid_elbo']:.1f}"
    return f"{best['valid_psnr']:.2f} dB" if "valid_psnr" in best else ""
