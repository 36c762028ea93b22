from __future__ import annotations

from typing import get_args

import pytest

from engine.models.registry import FAMILIES as BUILT
from gui.state.followed import ACTIVE as STATE_ACTIVE
from gui.state.followed import Status
from gui.train.words import (
    ACTIVE,
    FAMILIES,
    FORMAL,
    STATUS,
    best_words,
    duration_words,
    family_title,
    memory_words,
    subject_title,
)


def test_every_status_has_its_word() -> None:
    assert set(STATUS) == set(get_args(Status))
    assert ACTIVE == STATE_ACTIVE
    assert len({words.word for words in STATUS.values()}) == len(STATUS)


def test_every_family_has_a_sentence_and_a_formal_term() -> None:
    assert set(FAMILIES) == set(FORMAL) == set(BUILT)
    assert family_title("vqvae2") == "VQ-VAE-2"
    assert family_title("diffusion") == "diffusion"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (45, "45 s"),
        (170, "3 min"),
        (3600, "1 h"),
        (4800, "1 h 20 min"),
        (17_000, "5 h"),
        (200_000, "2 days"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


def test_memory() -> None:
    assert memory_words(812.3) == "812 MB"
    assert memory_words(3391) == "3.4 GB"


def test_the_best_figure_is_the_elbo_where_there_is_one() -> None:
    assert best_words({"valid_psnr": 27.312, "valid_mse": 0.1}) == "27.31 dB"
    assert best_words({"valid_psnr": 27.3, "valid_elbo": -91.24}) == "ELBO -91.2"
    assert best_words({"valid_elbo": -91.24, "valid_importance_bound": -89.96}) == "Bound -90.0"
    assert best_words({}) == ""
    assert best_words({"valid_bits": 3.358, "valid_bits_0": 2.0}) == "3.36 bits per code"


def test_a_prior_is_called_after_its_model() -> None:
    assert subject_title("vqvae2", "emoji-vqvae2") == "Prior of emoji-vqvae2"
    assert subject_title("vqvae2", "") == "VQ-VAE-2"
