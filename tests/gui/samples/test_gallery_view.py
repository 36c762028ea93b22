"""Choosing, favouring, rejecting and opening pictures by mouse and keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui import theme
from gui.samples.gallery_view import GalleryView, _star_of
from gui.state.samples import MORE, SamplesState
from tests.gui.state.test_samples import drawn

Left = Qt.MouseButton.LeftButton


@pytest.fixture
def gallery(qtbot: QtBot, samples_state: SamplesState, sample_models: Path) -> GalleryView:
    """Two columns of two sources with four pictures each."""
    made = GalleryView(samples_state)
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    samples_state.choose_model(sample_models / "bare.safetensors")
    samples_state.compares, samples_state.count = True, 4
    drawn(qtbot, samples_state)
    return made


def chosen(gallery: GalleryView) -> tuple[str, int] | None:
    return None if gallery.chosen is None else (gallery.chosen[0].source, gallery.chosen[1].number)


def test_a_click_chooses_and_beside_pictures_nothing(gallery: GalleryView) -> None:
    rects = dict(gallery.places())
    assert len(rects) == 8
    QTest.mouseClick(gallery, Left, pos=rects[1, 2].center())
    assert chosen(gallery) == ("uniform", 2)
    QTest.mouseClick(gallery, Left, pos=rects[0, 0].topLeft() / 2)
    assert gallery.chosen is None


def test_arrow_keys_go_to_the_neighbours(gallery: GalleryView) -> None:
    for key, place in (
        (Qt.Key.Key_Down, ("unigram", 0)),
        (Qt.Key.Key_Right, ("unigram", 1)),
        (Qt.Key.Key_Down, ("unigram", 3)),
        (Qt.Key.Key_Right, ("uniform", 2)),
        (Qt.Key.Key_Up, ("uniform", 0)),
        (Qt.Key.Key_Up, ("uniform", 0)),
        (Qt.Key.Key_Left, ("unigram", 1)),
    ):
        QTest.keyClick(gallery, key)
        assert chosen(gallery) == place


def test_f_and_a_click_on_the_star_favour(gallery: GalleryView, samples_state: SamplesState) -> None:
    QTest.keyClick(gallery, Qt.Key.Key_Right)
    QTest.keyClick(gallery, Qt.Key.Key_F)
    assert samples_state.groups[0].samples[0].is_favourite
    rect = dict(gallery.places())[0, 0]
    assert gallery.grab().toImage().pixelColor(_star_of(rect).center()).name() == "#e0b050"
    QTest.mouseClick(gallery, Left, pos=_star_of(rect).center())
    assert not samples_state.groups[0].samples[0].is_favourite


def test_delete_rejects_and_goes_on_to_the_next(gallery: GalleryView, samples_state: SamplesState) -> None:
    QTest.keyClick(gallery, Qt.Key.Key_Right)
    for _ in range(3):
        QTest.keyClick(gallery, Qt.Key.Key_Delete)
    assert list(samples_state.groups[0].samples) == [3]
    assert chosen(gallery) == ("unigram", 3)
    QTest.keyClick(gallery, Qt.Key.Key_Delete)
    assert gallery.chosen is None


def test_two_quick_clicks_on_a_star_do_not_open(gallery: GalleryView) -> None:
    opened: list[None] = []
    gallery.opened.connect(lambda: opened.append(None))
    star = _star_of(dict(gallery.places())[0, 0]).center()
    QTest.mouseClick(gallery, Left, pos=star)
    QTest.mouseDClick(gallery, Left, pos=star)
    assert not opened


def test_other_buttons_choose_nothing(gallery: GalleryView) -> None:
    QTest.mouseClick(gallery, Qt.MouseButton.RightButton, pos=dict(gallery.places())[1, 2].center())
    assert gallery.chosen is None


def test_ctrl_z_brings_back_what_was_rejected(gallery: GalleryView, samples_state: SamplesState) -> None:
    QTest.keyClick(gallery, Qt.Key.Key_Right)
    QTest.keyClick(gallery, Qt.Key.Key_Delete)
    assert 0 not in samples_state.groups[0].samples
    QTest.keyClick(gallery, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert 0 in samples_state.groups[0].samples


def test_the_star_under_the_pointer_shows_where_to_click(gallery: GalleryView) -> None:
    place = _star_of(dict(gallery.places())[0, 0])
    before = gallery.grab(place).toImage()
    QTest.mouseMove(gallery, place.center())
    assert gallery.grab(place).toImage() != before


def test_return_and_a_double_click_open(qtbot: QtBot, gallery: GalleryView) -> None:
    QTest.keyClick(gallery, Qt.Key.Key_Right)
    with qtbot.waitSignal(gallery.opened):
        QTest.keyClick(gallery, Qt.Key.Key_Return)
    with qtbot.waitSignal(gallery.opened):
        QTest.mouseDClick(gallery, Left, pos=dict(gallery.places())[1, 1].center())


def test_pictures_are_drawn_as_they_are(gallery: GalleryView, samples_state: SamplesState) -> None:
    shot: QImage = gallery.grab().toImage()
    for (group, number), rect in gallery.places():
        red, green, blue = samples_state.groups[group].samples[number].picture[8, 8].tolist()
        # The middle of the fifth pixel: what lies between two is blended.
        colour = shot.pixelColor(rect.left() + 68, rect.top() + 68)
        assert abs(colour.red() - red) + abs(colour.green() - green) + abs(colour.blue() - blue) < 120


def test_it_is_as_high_as_its_pictures_need(gallery: GalleryView, samples_state: SamplesState) -> None:
    wide = gallery.minimumHeight()
    gallery.resize(300, 400)
    assert gallery.minimumHeight() > wide
    bottom = max(rect.bottom() for _, rect in gallery.places())
    assert gallery.minimumHeight() > bottom


def test_what_is_like_a_picture_follows_it_joined_by_a_line(
    qtbot: QtBot, gallery: GalleryView, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.choose_model(sample_models / "one.safetensors")
    samples_state.compares, samples_state.count = False, 2
    (group,) = drawn(qtbot, samples_state).groups
    samples_state.more_like(group, group.samples[0])
    qtbot.waitUntil(lambda: not samples_state.is_running, timeout=20_000)
    places = dict(gallery.places())
    assert [number for _, number in places] == [0, *range(2, 2 + MORE), 1]
    shot = gallery.grab().toImage()
    for number, joined in ((2, True), (1, False)):
        rect = places[0, number]
        colour = shot.pixelColor(rect.left() - 3, rect.center().y()).name()
        assert (colour == theme.SECONDARY) == joined
    assert gallery._caption((0, 2)).startswith("Like picture 0, any label, seed 0, picture 2\n")
    gallery.choose((0, 1 + MORE))
    QTest.keyClick(gallery, Qt.Key.Key_Delete)
    assert chosen(gallery) == ("unigram", 1)
