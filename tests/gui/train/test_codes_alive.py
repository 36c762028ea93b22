from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.training.follow import CodeLife
from gui import theme
from gui.train import codes_alive
from gui.train.codes_alive import CodesAlive


def _life(use: list[float], restarted: list[int] | None = None) -> CodeLife:
    shares = np.array(use, dtype=np.float32)
    at = np.full(len(use), -1) if restarted is None else np.array(restarted)
    return CodeLife(shares / shares.sum(), at.astype(np.int64))


EVEN = _life([1.0] * 64)


@pytest.fixture
def codes(qtbot: QtBot, qapp: QApplication) -> CodesAlive:
    theme.apply_theme(qapp)
    codes = CodesAlive()
    qtbot.addWidget(codes)
    codes.resize(320, 200)
    codes.show()
    return codes


def _colour(codes: CodesAlive, level: int, code: int) -> QColor:
    at = codes.places()[level].cell(code).center()
    return codes.grab().toImage().pixelColor(at)


def test_brightness_says_the_use(codes: CodesAlive) -> None:
    codes.show_life([_life([0.0, 0.3, 1.0, 4.0] * 8)])
    colours = [_colour(codes, 0, code) for code in range(4)]
    assert colours[0].name() == theme.RAISED
    assert np.diff([colour.lightness() for colour in colours[1:]]).min() > 0
    assert codes.summary(0) == "24 of 32 codes alive"


def test_every_code_of_two_levels_has_its_cell(codes: CodesAlive) -> None:
    codes.show_life([EVEN, _life([1.0] * 200)])
    first, second = codes.places()
    assert first.rect.right() < second.rect.left()
    for place in (first, second):
        assert codes.rect().contains(place.rect)
        for code in range(place.codes):
            assert place.code_at(place.cell(code).center()) == code
    assert codes.summary(1) == "Level 1: 200 of 200 codes alive"


@pytest.mark.parametrize("count", [1, 2, 511, 2048, 8192])
def test_any_codebook_fits(codes: CodesAlive, count: int) -> None:
    codes.show_life([_life([1.0] * count)])
    (place,) = codes.places()
    assert place.codes == count
    assert place.columns * -(-count // place.columns) >= count
    assert place.rect.width() <= codes.width()
    codes.grab()


def test_dying_codes_flash_amber_and_revived_ones_green_then_fade(
    qtbot: QtBot, codes: CodesAlive, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes.show_life([_life([1.0] * 64)])
    assert not codes.is_flashing
    now = [100.0]
    monkeypatch.setattr(codes_alive.time, "monotonic", lambda: now[0])
    codes.show_life([_life([0.0] + [1.0] * 63, [-1, 50] + [-1] * 62)])
    assert codes.is_flashing
    assert _colour(codes, 0, 0).name() == theme.WARN
    assert _colour(codes, 0, 1).name() == theme.GOOD
    plain = _colour(codes, 0, 2).name()
    now[0] += codes_alive.FLASH_S / 2
    assert _colour(codes, 0, 0).name() not in (theme.WARN, theme.RAISED)
    now[0] += codes_alive.FLASH_S
    assert _colour(codes, 0, 0).name() == theme.RAISED
    assert _colour(codes, 0, 1).name() == plain
    qtbot.waitUntil(lambda: not codes._timer.isActive())


def test_another_run_does_not_flash(codes: CodesAlive) -> None:
    codes.show_life([EVEN])
    codes.forget()
    assert codes.places() == []
    codes.show_life([_life([0.0] * 32 + [1.0] * 32)])
    assert not codes.is_flashing


def test_the_pointer_says_what_a_code_is(qtbot: QtBot, codes: CodesAlive) -> None:
    codes.show_life([_life([0.0, 3.0] + [1.0] * 61, [-1, 1250] + [-1] * 61)])
    said: list[str] = []
    codes.pointed.connect(said.append)
    QTest.mouseMove(codes, codes.places()[0].cell(1).center())
    qtbot.waitUntil(lambda: bool(said))
    assert said[-1] == "code 1: 4.69 % of cells, 3.0 times the even share, put back at step 1,250"
    QTest.mouseMove(codes, codes.places()[0].cell(0).center())
    qtbot.waitUntil(lambda: said[-1] == "code 0: no cells, unused, never put back")
    QApplication.sendEvent(codes, QEvent(QEvent.Type.Leave))
    assert said[-1] == ""
    assert codes.accessibleDescription() == "62 of 63 codes alive"


def test_arrow_keys_go_from_code_to_code_and_on_into_the_next_level(codes: CodesAlive) -> None:
    codes.show_life([_life([1.0] * 4), _life([1.0] * 4)])
    assert codes.chosen is None
    QTest.keyClick(codes, Qt.Key.Key_Left)
    assert codes.chosen == (0, 0)
    QTest.keyClick(codes, Qt.Key.Key_Left)
    assert codes.chosen == (0, 0)
    for _ in range(4):
        QTest.keyClick(codes, Qt.Key.Key_Right)
    assert codes.chosen == (1, 0)
    assert codes.accessibleDescription().startswith("level 1, code 0")
    QTest.keyClick(codes, Qt.Key.Key_Up)
    assert codes.chosen == (0, 0)


def test_without_codes_nothing_is_there_to_point_at(codes: CodesAlive) -> None:
    codes.show_life([])
    QTest.mouseMove(codes, QPoint(50, 50))
    codes.setFocus()
    codes.grab()
    assert codes.chosen is None
