"""What the Samples workspace calls things."""

from __future__ import annotations

from engine.sampling.requests import Source

SOURCES: dict[Source, tuple[str, str, str]] = {
    "prior": (
        "Prior",
        "Codes that go together",
        "Each code from p(code | those before it), by the model's PixelCNN prior",
    ),
    "unigram": (
        "Unigram",
        "Codes as often as in the data",
        "Each cell by itself, codes in proportion to their use in the train split",
    ),
    "uniform": ("Uniform", "All codes alike", "Each cell by itself, every code as likely"),
    "gaussian": (
        "Gaussian",
        "Latent numbers at random",
        "z from N(0, I), for a plain autoencoder from a Gaussian fitted to its encodings",
    ),
}
"""Title, a plain line and the formal words per source."""


def counted(number: int, what: str) -> str:
    """`1 picture`, `2 pictures`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
