"""What the built-in model's prior does in Paint, end to end: the real window, real mouse and key events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.codes.strokes import Cell
from engine.decoding.windowed import decode_full
from gui import theme
from gui.canvas.surprise_bar import SurpriseBar
from gui.dialogs.image_to_codes import ImageToCodesDialog
from gui.state.suggestions import Suggestions
from tests.journeys.test_first_light import Control, Journey, Shift, assert_same_picture

PARROT_PX = (slice(4, 108), slice(12, 116))
"""Where it is in the first painting."""
CORNERS = (6, 5), (9, 10)
"""Of the cells that get new codes."""
SELECTED = (slice(6, 10), slice(5, 11))


class PriorJourney(Journey):
    """On a parrot of 16 x 16 cells, encoded from a picture by the built-in model."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        visitor, picture = self.visitor, folder / "parrot.png"
        Image.fromarray(self.pixels[PARROT_PX]).save(picture)
        self.answers.answer = picture
        visitor.press(visitor.canvas, Qt.Key.Key_N, Control | Shift)
        dialog = visitor.dialog()
        assert isinstance(dialog, ImageToCodesDialog)
        dialog.across.setValue(16)
        visitor.wait(dialog.primary.isEnabled, "the preview")
        visitor.click(dialog.primary)
        visitor.wait(lambda: self.studio.is_idle, "the window to be at rest")
        assert self.studio.painting.shape == (16, 16)

    @property
    def steps(self) -> tuple[str, ...]:
        return self.studio.painting.painting.history.steps

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.visitor.press(self.visitor.canvas, key, held)

    def undo(self) -> None:
        self.press(Qt.Key.Key_Z, Control)

    def select(self) -> None:
        self.press(Qt.Key.Key_S)
        self.visitor.drag(CORNERS)
        expected = np.zeros(self.codes.shape, np.bool_)
        expected[SELECTED] = True
        np.testing.assert_array_equal(self.studio.painting.selection.mask, expected)

    def wait_for_variations(self, count: int) -> None:
        resampling = self.studio.asking.resampling
        self.visitor.wait(
            lambda: resampling.is_open and resampling.count == count and not resampling.is_busy,
            f"{count} variations",
        )
        self.visitor.settle()

    def wait_for_surprise(self) -> NDArray[np.float32]:
        """Bits per cell, once all are known."""
        surprise = self.studio.asking.surprise
        self.visitor.wait(lambda: not surprise.is_busy, "the surprise")
        assert surprise.bits is not None
        assert np.isfinite(surprise.bits).all()
        return surprise.bits.copy()

    def suggest(self, cell: Cell) -> Suggestions:
        """Tab over a cell."""
        found: list[Suggestions] = []
        self.studio.asking.suggesting.found.connect(found.append)
        self.visitor.point(cell)
        self.press(Qt.Key.Key_Tab)
        self.visitor.wait(self.studio.paint.popup.isVisible, "suggestions")
        self.studio.asking.suggesting.found.disconnect(found.append)
        assert found[0].cell == cell
        return found[0]

    def assert_decoded(self) -> None:
        """The picture on the canvas is that of its codes."""
        decoder = self.studio.session.decoder
        assert decoder is not None
        assert_same_picture(self.pixels, decode_full(decoder, [self.codes]))


@pytest.fixture
def journey(qtbot: QtBot, tmp_path: Path) -> Iterator[PriorJourney]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply_theme(app)
    made = PriorJourney(tmp_path)
    yield made
    made.close()


def test_a_selection_is_resampled_looked_at_and_accepted(journey: PriorJourney) -> None:
    visitor, studio, strip = journey.visitor, journey.studio, journey.studio.paint.strip
    codes, pixels = journey.codes, journey.pixels
    journey.select()

    # Two are enough: said while the first four are being drawn.
    journey.press(Qt.Key.Key_R)
    assert strip.isVisible()
    number = strip.controls.count.number
    number.setFocus()
    QTest.keyClick(number, Qt.Key.Key_A, Control)
    QTest.keyClicks(number, "2")
    QTest.keyClick(number, Qt.Key.Key_Return)
    assert visitor.canvas.hasFocus()
    journey.wait_for_variations(2)
    assert len(strip.thumbs) == 2
    assert strip.thumbs[0].variation.bits <= strip.thumbs[1].variation.bits

    # Arrows show one after the other on the canvas; so far nothing is painted.
    looks = []
    for key, place in (
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Left, 0),
        (Qt.Key.Key_End, 1),
    ):
        journey.press(key)
        assert [thumb.isChecked() for thumb in strip.thumbs] == [place == 0, place == 1]
        looks.append(visitor.canvas.grab().toImage())
    assert looks[0] == looks[2] != looks[1] == looks[3]
    np.testing.assert_array_equal(journey.codes, codes)

    # Escape leaves the painting as it was; the same wishes give the same variations again.
    dropped = [thumb.variation.parts[0].codes for thumb in strip.thumbs]
    journey.press(Qt.Key.Key_Escape)
    assert not strip.isVisible()
    assert journey.steps == ()
    np.testing.assert_array_equal(journey.codes, codes)
    np.testing.assert_array_equal(journey.pixels, pixels)
    journey.press(Qt.Key.Key_R)
    journey.wait_for_variations(2)
    np.testing.assert_array_equal([thumb.variation.parts[0].codes for thumb in strip.thumbs], dropped)

    # Return paints the one on show, in the selected cells alone; one undo takes it all back.
    journey.press(Qt.Key.Key_End)
    journey.press(Qt.Key.Key_Return)
    assert not strip.isVisible()
    assert journey.steps == ("Resample",)
    expected = codes.copy()
    expected[SELECTED] = dropped[1]
    assert (expected != codes).any()
    np.testing.assert_array_equal(journey.codes, expected)
    journey.assert_decoded()
    journey.undo()
    np.testing.assert_array_equal(journey.codes, codes)
    assert not studio.painting.painting.history.can_undo
    journey.assert_decoded()


def test_surprise_follows_a_stroke_and_what_surprises_is_selected_and_healed(journey: PriorJourney) -> None:
    visitor, studio = journey.visitor, journey.studio
    bar = studio.paint.findChild(SurpriseBar)
    assert not bar.isVisible()
    journey.press(Qt.Key.Key_U)
    assert bar.isVisible()
    before = journey.wait_for_surprise()
    assert before.shape == (16, 16)
    assert (before >= 0).all()

    # A stroke of a vivid code where none is: those cells surprise, and what comes before them does not care.
    codes = journey.codes
    assert studio.brush.primary not in codes
    visitor.drag([(2, 12), (5, 13)])
    painted = journey.codes != codes
    assert painted.any()
    after = journey.wait_for_surprise()
    assert after[painted].mean() > before[painted].mean()
    np.testing.assert_allclose(after[:2], before[:2], atol=1e-3)

    # Select surprising, by its button.
    assert bar.select.isEnabled()
    visitor.click(bar.select)
    surprising = after > studio.asking.surprise.threshold
    assert surprising[painted].any()
    assert not surprising.all()
    np.testing.assert_array_equal(studio.painting.selection.mask, surprising)
    journey.press(Qt.Key.Key_D, Control)
    assert studio.painting.selection.is_empty

    # Heal: new codes for these cells alone, less of a surprise than what was there.
    studio.asking.resampling.options.count = 2
    stroke = journey.codes
    journey.press(Qt.Key.Key_U, Shift)
    np.testing.assert_array_equal(studio.painting.selection.mask, surprising)
    journey.wait_for_variations(2)
    journey.press(Qt.Key.Key_Return)
    changed = journey.codes != stroke
    assert changed.any()
    assert not (changed & ~surprising).any()
    assert journey.steps == ("Brush", "Resample")
    assert journey.wait_for_surprise().sum() < after.sum()
    journey.assert_decoded()
    journey.undo()
    np.testing.assert_array_equal(journey.codes, stroke)
    np.testing.assert_allclose(journey.wait_for_surprise(), after, atol=1e-3)
    journey.press(Qt.Key.Key_U)
    assert studio.asking.surprise.bits is None
    assert not bar.isVisible()


def test_a_suggestion_is_picked_by_number_and_by_click(journey: PriorJourney) -> None:
    visitor, popup, codes, cell = journey.visitor, journey.studio.paint.popup, journey.codes, (7, 8)
    for by_click in (False, True):
        suggestions = journey.suggest(cell)
        likely = [choice.probability for choice in suggestions.choices]
        assert likely == sorted(likely, reverse=True)
        assert len(popup.buttons) == len(likely) == 9
        number = next(n for n, choice in enumerate(suggestions.choices) if choice.code != codes[cell])
        if by_click:
            visitor.click(popup.buttons[number])
        else:
            visitor.press(popup, Qt.Key(Qt.Key.Key_1 + number))
        assert not popup.isVisible()
        expected = codes.copy()
        expected[cell] = suggestions.choices[number].code
        np.testing.assert_array_equal(journey.codes, expected)
        assert journey.steps == ("Suggestion",)
        journey.assert_decoded()
        journey.undo()
        np.testing.assert_array_equal(journey.codes, codes)
        assert not journey.studio.painting.painting.history.can_undo

    # Escape picks none, and the keyboard is the canvas's again.
    journey.suggest(cell)
    visitor.press(popup, Qt.Key.Key_Escape)
    assert not popup.isVisible()
    assert visitor.canvas.hasFocus()
    np.testing.assert_array_equal(journey.codes, codes)
