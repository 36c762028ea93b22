"""What the built-in data sets are called, without what it takes to read them: help is wanted at once."""

from __future__ import annotations

DATA_TITLES = {"emoji": "Emoji", "emoji-designs": "Emoji in many designs", "mnist": "MNIST digits"}
"""As they are typed, and as lists call them."""

DATA_IN_WORDS = f"{', '.join(DATA_TITLES)}, a folder or zip of images, an IDX file or an .npz"
