from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import theme
from gui.train.options_form import OptionsForm, title_of
from tests.gui.train.forms import options_of


@pytest.fixture
def form(qtbot: QtBot, qapp: QApplication) -> OptionsForm:
    theme.apply_theme(qapp)
    form = OptionsForm()
    qtbot.addWidget(form)
    form.resize(296, 600)
    form.show()
    form.show_fields(options_of("vqvae"))  # type: ignore[arg-type]
    return form


def test_the_few_that_matter_are_shown_the_others_folded(form: OptionsForm) -> None:
    assert form.fields["codes"].isVisible()
    assert not form.fields["seed"].isVisible()
    assert form.fold.text() == "Advanced (5)"
    QTest.keyClick(form.fold, Qt.Key.Key_Space)
    assert form.fields["seed"].isVisible()
    assert form.fields["precision"].isVisible()
    QTest.mouseClick(form.fold, Qt.MouseButton.LeftButton)
    assert not form.fields["seed"].isVisible()


def test_what_was_changed_is_told_and_brighter(qtbot: QtBot, form: OptionsForm) -> None:
    row = form.rows["codes"]
    assert form.changed_values() == {}
    assert row.label.property("role") == "secondary"
    with qtbot.waitSignal(form.changed):
        QTest.keyClick(form.fields["codes"], Qt.Key.Key_Up)
    assert set(form.changed_values()) == {"codes"}
    assert row.label.property("role") == ""


def test_a_double_click_on_the_label_resets(form: OptionsForm) -> None:
    form.put({"codes": 64, "batch_size": 8})
    QTest.mouseDClick(form.rows["codes"].label, Qt.MouseButton.LeftButton)
    assert form.values()["codes"] == 512
    assert form.changed_values() == {"batch_size": 8}


def test_another_family_keeps_what_both_know(form: OptionsForm) -> None:
    form.put({"codes": 64, "batch_size": 8})
    form.show_fields(options_of("vae"))  # type: ignore[arg-type]
    assert "codes" not in form.fields
    assert "latent_dim" in form.fields
    assert form.changed_values() == {"batch_size": 8}


def test_a_preset_begins_elsewhere_and_leaves_what_was_changed(form: OptionsForm) -> None:
    form.put({"codes": 64})
    form.begin_from({"codes": 256, "batch_size": 32, "unknown": 1})
    assert form.values()["batch_size"] == 32
    assert form.changed_values() == {"codes": 64}
    form.reset_some(["codes", "unknown"])
    assert form.values()["codes"] == 256


def test_what_is_wrong_is_said_below_its_field(form: OptionsForm) -> None:
    field = form.fields["learning_rate"]
    field.setFocus()
    field.selectAll()  # type: ignore[union-attr]
    QTest.keyClicks(field, "7")
    fault = form.rows["learning_rate"].fault
    assert fault.isVisible()
    assert fault.text() == "above 0, at most 1"
    assert fault.y() > field.y()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert not fault.isVisible()


def test_every_field_has_a_name_and_says_its_formal_one(form: OptionsForm) -> None:
    for name, field in form.fields.items():
        assert field.accessibleName() == title_of(name)
        assert f"option {name}" in field.toolTip()
    assert "size of the codebook, K" in form.fields["codes"].toolTip()


def test_names_in_words() -> None:
    assert title_of("kl_weight") == "KL weight"
    assert title_of("ema_decay") == "EMA decay"
    assert title_of("codes") == "Codes"
