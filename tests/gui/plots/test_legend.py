from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import theme
from gui.plots.legend import CHIP_HEIGHT, Entry, Legend

ENTRIES = tuple(
    Entry(name.lower(), name, "#56b4e9", "what it is") for name in ("Loss", "Squared error", "KL")
)


@pytest.fixture
def legend(qtbot: QtBot, qapp: QApplication) -> Legend:
    theme.apply_theme(qapp)
    legend = Legend("Lines")
    qtbot.addWidget(legend)
    legend.resize(500, CHIP_HEIGHT)
    legend.show()
    legend.show_entries(ENTRIES)
    return legend


def test_a_press_or_space_hides_and_shows(qtbot: QtBot, legend: Legend) -> None:
    chip = legend.chips["kl"]
    with qtbot.waitSignal(legend.toggled) as told:
        QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert told.args == ["kl", False]
    with qtbot.waitSignal(legend.toggled) as told:
        QTest.keyClick(chip, Qt.Key.Key_Space)
    assert told.args == ["kl", True]


def test_what_is_hidden_is_shown_without_saying_so(qtbot: QtBot, legend: Legend) -> None:
    with qtbot.assertNotEmitted(legend.toggled):
        legend.show_entries(ENTRIES, frozenset({"loss"}))
    assert [chip.isChecked() for chip in legend.chips.values()] == [False, True, True]


def test_equal_entries_keep_their_chips(legend: Legend) -> None:
    before = dict(legend.chips)
    legend.show_entries(ENTRIES)
    assert legend.chips == before
    legend.show_entries(ENTRIES[:1])
    assert list(legend.chips) == ["loss"]


def test_chips_go_on_in_the_next_row_where_there_is_no_room(legend: Legend) -> None:
    assert {chip.y() for chip in legend.chips.values()} == {0}
    legend.resize(120, 200)
    assert len({chip.y() for chip in legend.chips.values()}) > 1
    assert legend.heightForWidth(120) > CHIP_HEIGHT
    assert all(chip.geometry().right() <= 120 for chip in legend.chips.values())


def test_every_chip_has_a_name_and_says_the_formal_term(legend: Legend) -> None:
    chip = legend.chips["squared error"]
    assert chip.accessibleName() == "Show Squared error"
    assert "what it is" in chip.toolTip()


def test_hidden_lines_are_dim(legend: Legend) -> None:
    def colours() -> set[str]:
        image = legend.chips["loss"].grab().toImage()
        return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}

    assert "#56b4e9" in colours()
    legend.show_entries(ENTRIES, frozenset({"loss"}))
    assert "#56b4e9" not in colours()
