from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from gui import theme
from gui.train.contact_sheet import COLUMNS, SPLIT_COLOURS, ContactSheet, LabelBars, SplitBar


@pytest.fixture(autouse=True)
def _themed(qapp: QApplication) -> None:
    theme.apply_theme(qapp)


def _colours(widget: QWidget) -> list[str]:
    image = widget.grab().toImage()
    return [image.pixelColor(x, y).name() for y in range(image.height()) for x in range(image.width())]


def test_pictures_stand_in_rows_with_their_captions(qtbot: QtBot) -> None:
    sheet = ContactSheet()
    qtbot.addWidget(sheet)
    pictures = np.stack([np.full((6, 6, 3), 20 * i, np.uint8) for i in range(10)])
    sheet.show_pictures(pictures, [f"picture {i}" for i in range(10)])
    sheet.resize(296, sheet.heightForWidth(296))
    sheet.show()
    assert sheet.place(COLUMNS - 1).right() <= 296
    assert sheet.place(COLUMNS).top() > sheet.place(0).bottom()
    assert sheet.rect().contains(sheet.place(9))
    for index in (0, 7, 9):
        at = sheet.place(index).center()
        assert sheet.caption_at(at) == f"picture {index}"
        assert sheet.grab().toImage().pixelColor(at).red() == 20 * index
    assert sheet.caption_at(QPoint(295, 60)) == ""


def test_resting_on_a_picture_says_its_name(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = ContactSheet()
    qtbot.addWidget(sheet)
    sheet.show_pictures(np.zeros((2, 4, 4, 1), np.uint8), ["seven", "eight"])
    sheet.resize(296, 40)
    said: list[str] = []
    # The offscreen platform cannot raise the tool tip's window.
    monkeypatch.setattr(QToolTip, "showText", lambda _at, text, _widget: said.append(text))
    at = sheet.place(1).center()
    QApplication.sendEvent(sheet, QHelpEvent(QEvent.Type.ToolTip, at, sheet.mapToGlobal(at)))
    assert said == ["eight"]


def test_bars_are_as_long_as_their_counts(qtbot: QtBot) -> None:
    bars = LabelBars()
    qtbot.addWidget(bars)
    bars.resize(296, 200)
    bars.show_labels([("cat", 100), ("dog", 50), ("owl", 0)])
    bars.show()
    image = bars.grab().toImage()
    lengths = [
        sum(image.pixelColor(x, 9 + 18 * row).name() == theme.SERIES[0] for x in range(image.width()))
        for row in range(3)
    ]
    assert lengths[0] == pytest.approx(2 * lengths[1], abs=3)
    assert lengths[2] <= 2
    assert bars.accessibleDescription() == "cat 100, dog 50, owl 0"


def test_many_labels_are_few_until_all_are_asked_for(qtbot: QtBot) -> None:
    bars = LabelBars()
    qtbot.addWidget(bars)
    labels = [(str(i), i) for i in range(12)]
    bars.show_labels(labels)
    few = bars.height()
    bars.show_labels(labels, shows_all=True)
    assert (bars.rows, bars.height()) == (12, few * 12 // LabelBars.FEW)


def test_splits_are_shares_in_words_and_colours(qtbot: QtBot) -> None:
    bar = SplitBar()
    qtbot.addWidget(bar)
    bar.resize(300, 30)
    bar.show_splits({"train": 800, "valid": 100, "test": 1100})
    assert bar.words == ("800 to train", "100 validation", "1,100 test")
    row = _colours(bar)[300 * 3 : 300 * 4]
    assert row.count(SPLIT_COLOURS["train"]) == pytest.approx(120, abs=2)
    assert row.count(SPLIT_COLOURS["test"]) == pytest.approx(165, abs=2)
