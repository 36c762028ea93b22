"""The status line says things as a person would."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gui.frame.spinner import Spinner
from gui.frame.status_line import Hovered, StatusLine


@pytest.fixture
def status(qtbot: QtBot) -> StatusLine:
    made = StatusLine()
    qtbot.addWidget(made)
    return made


def _texts(status: StatusLine) -> list[str]:
    return [label.text() for label in status.findChildren(QLabel) if label.text()]


def test_it_is_empty_before_it_is_told_anything(status: StatusLine) -> None:
    assert _texts(status) == []


@pytest.mark.parametrize(
    ("used", "words"),
    [
        (0.012, "code 213 (used 1.2 %)"),
        (0.0, "code 213 (unused)"),
        (0.00001, "code 213 (used < 0.1 %)"),
        (None, "code 213"),
    ],
)
def test_a_cell_its_code_and_its_use(status: StatusLine, used: float | None, words: str) -> None:
    status.show_hovered(Hovered(4, 7, 213, used))
    assert _texts(status) == ["cell 4, 7", words]
    status.show_hovered(None)
    assert _texts(status) == []


def test_size_zoom_and_time(status: StatusLine) -> None:
    status.show_size(256, 160)
    status.show_zoom(3.0)
    status.show_decode(3.4)
    assert _texts(status) == ["256 x 160 px", "300 %", "decode 3 ms"]
    status.show_zoom(0.0625)
    assert "6.2 %" in _texts(status)


def test_figures_keep_their_places(status: StatusLine) -> None:
    status.resize(1280, 28)
    status.show()
    status.show_decode(3)
    status.show_hovered(Hovered(0, 0, 1, 0.5))
    left = [label.x() for label in status.findChildren(QLabel)][:2]
    status.show_hovered(Hovered(1023, 1023, 511, 0.999))
    assert [label.x() for label in status.findChildren(QLabel)][:2] == left


def test_loading_turns_a_spinner_and_a_fault_is_no_mere_colour(status: StatusLine) -> None:
    spinner = status.findChild(Spinner)
    assert spinner is not None
    status.show_model("Loading emoji-vqvae", busy=True)
    assert not spinner.isHidden()
    status.show_model("CPU, 2 threads", busy=False)
    assert spinner.isHidden()
    status.show_model("emoji-vqvae: is cut short", busy=False, fault=True)
    assert "emoji-vqvae: is cut short" in _texts(status)


def test_what_is_said_of_the_painting_goes_where_none_is_on_show(status: StatusLine) -> None:
    status.show_size(256, 160)
    status.show_model("CPU, 2 threads", busy=False)
    status.show_painting(False)
    shown = [label.text() for label in status.findChildren(QLabel) if label.isVisibleTo(status)]
    assert shown == ["CPU, 2 threads"]
    status.show_painting(True)
    assert status._size.isVisibleTo(status)
