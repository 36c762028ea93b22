from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import theme
from gui.train.progress_line import Progress, ProgressLine, newest_figures
from gui.train.words import STATUS
from tests.gui.train.measured import priors, series

TRAINING = Progress(
    "mnist-vae", "VAE", "mnist", "training", 1234, 6000, 412.4, 190, 812, "CPU, 2 threads", 101.25
)


@pytest.fixture
def line(qtbot: QtBot, qapp: QApplication) -> ProgressLine:
    theme.apply_theme(qapp)
    line = ProgressLine()
    qtbot.addWidget(line)
    line.resize(600, 80)
    return line


def test_all_that_is_known_is_said(line: ProgressLine) -> None:
    line.tell(TRAINING)
    assert line.text == "step 1,234 / 6,000  412 images/s  3 min left  loss 101.2  CPU, 2 threads, 812 MB"
    assert line.word.text() == "Training"
    assert line.about.text() == "VAE on MNIST digits"
    assert line.bar.value() == 206


def test_while_the_pace_is_measured_the_bar_only_moves(line: ProgressLine) -> None:
    line.tell(replace(TRAINING, status="starting", step=0, total=None, loss=None, device="", memory_mb=None))
    assert line.text == ""
    assert line.bar.maximum() == 0
    assert not line.spinner.isHidden()
    line.tell(TRAINING)
    assert line.bar.maximum() > 0
    assert line.spinner.isHidden()


def test_what_rests_has_no_speed_and_no_time_left(line: ProgressLine) -> None:
    line.tell(replace(TRAINING, status="paused"))
    assert "images/s" not in line.text
    assert "left" not in line.text
    assert line.word.text() == "Paused"


@pytest.mark.parametrize("status", sorted(STATUS))
def test_every_status_is_a_word_beside_its_colour(line: ProgressLine, status: str) -> None:
    line.tell(replace(TRAINING, status=status))
    assert line.word.text() == STATUS[status].word
    assert line.word.accessibleName() == f"Status: {STATUS[status].word}"


def test_long_names_are_cut_and_said_whole_by_the_tool_tip(line: ProgressLine) -> None:
    name = "a very long name of a run " * 8
    line.tell(replace(TRAINING, name=name))
    line.resize(500, 80)
    line.show()
    QApplication.processEvents()
    assert line.name.toolTip() == name
    assert line.name.width() < 500


def test_without_a_run_there_is_nothing(line: ProgressLine) -> None:
    line.tell(TRAINING)
    line.tell(None)
    assert line.isHidden()


def test_priors_say_bits_and_not_their_loss_in_nats(line: ProgressLine) -> None:
    line.tell(replace(TRAINING, subject="Prior of emoji-vqvae", data="emoji", bits=3.356))
    assert "3.36 bits per code" in line.text
    assert "loss" not in line.text
    assert line.about.text() == "Prior of emoji-vqvae on Emoji"


def test_bits_are_the_nats_of_all_codes_over_log_two() -> None:
    loss, bits = newest_figures(priors())
    assert loss is not None
    assert bits == pytest.approx(loss * 1.4426950408889634)
    assert newest_figures({"loss": series(3, 2)}) == (2.0, None)
    assert newest_figures({}) == (None, None)
