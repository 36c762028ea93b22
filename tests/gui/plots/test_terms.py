from __future__ import annotations

from gui.plots.terms import CHARTS, charts_of, hidden_at_first, names_in, term_of, title_among

VQVAE = (
    "loss",
    "mse",
    "codebook",
    "commitment",
    "used_0",
    "perplexity_0",
    "restarted",
    "learning_rate",
    "psnr",
)
VAE = ("loss", "mse", "reconstruction", "kl", "elbo", "kl_weight", "valid_elbo", "valid_mse", "images_per_s")


def test_a_level_is_said() -> None:
    assert term_of("perplexity_1").title == "Perplexity, level 1"
    assert term_of("perplexity_1").chart == "codes"
    assert term_of("commitment").title == "Commitment"


def test_what_nobody_foresaw_is_a_loss_with_its_own_name() -> None:
    term = term_of("sliced_distance")
    assert (term.title, term.chart, term.tip) == ("Sliced distance", "losses", "sliced_distance")


def test_only_plots_with_something_in_them_are_offered() -> None:
    assert charts_of(VQVAE) == ("losses", "quality", "codes", "restarts", "rate")
    assert charts_of(VAE) == ("losses", "elbo", "weight", "speed")
    assert charts_of(()) == ()
    assert set(charts_of(VQVAE + VAE)) <= set(CHARTS)


def test_figures_stand_in_one_order_whatever_comes_first() -> None:
    names = ("zeta", "commitment_1", "commitment_0", "loss", "mse")
    assert names_in("losses", names) == ("loss", "mse", "commitment_0", "commitment_1", "zeta")
    assert names_in("losses", reversed(names)) == names_in("losses", names)


def test_what_says_the_same_again_is_hidden_at_first() -> None:
    assert hidden_at_first(VQVAE) == {"codebook"}
    assert hidden_at_first(VAE) == {"mse", "valid_mse"}


def test_validation_is_told_apart() -> None:
    assert term_of("valid_psnr").validation
    assert not term_of("psnr").validation


def test_bits_have_a_plot_of_their_own() -> None:
    assert charts_of(("bits", "bits_0", "valid_bits_1", "learning_rate")) == ("prior", "rate")
    assert term_of("valid_bits_1").validation


def test_of_one_level_nobody_says_the_number() -> None:
    assert title_among("used_0", VQVAE) == "In use"
    assert title_among("used_0", (*VQVAE, "used_1")) == "In use, level 0"
    assert title_among("used_1", (*VQVAE, "used_1")) == "In use, level 1"
    assert title_among("learning_rate", VQVAE) == "Learning rate"
