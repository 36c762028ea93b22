from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import theme
from gui.train.curves_panel import CurvesPanel
from tests.gui.train.measured import discrete, priors, run, variational


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> CurvesPanel:
    theme.apply_theme(qapp)
    panel = CurvesPanel()
    qtbot.addWidget(panel)
    panel.resize(900, 560)
    panel.show()
    return panel


@pytest.fixture
def plotted(panel: CurvesPanel) -> CurvesPanel:
    panel.make_plots()
    panel.show_runs([run()])
    QApplication.processEvents()
    return panel


def _shown(panel: CurvesPanel) -> tuple[list[str], list[str]]:
    assert panel.losses is not None
    assert panel.figures is not None
    return [curve.key for curve in panel.losses.curves], [curve.key for curve in panel.figures.curves]


def test_nothing_measured_says_what_will_be_here(panel: CurvesPanel) -> None:
    assert panel.empty.isVisible()
    panel.make_plots()
    panel.show_runs([run(measured={})])
    assert panel.empty.isVisible()
    assert panel.is_empty


def test_curves_wait_for_the_plots(panel: CurvesPanel) -> None:
    panel.show_runs([run()])
    assert panel.empty.isVisible()
    panel.make_plots()
    assert not panel.empty.isVisible()
    assert _shown(panel)[0]


def test_all_terms_are_above_and_the_use_of_codes_below(plotted: CurvesPanel) -> None:
    above, below = _shown(plotted)
    assert above == ["loss", "mse", "commitment", "valid_mse"]  # the codebook's term says the same again
    assert below == ["used_0", "perplexity_0"]
    assert "codebook" in plotted.losses_head.legend.chips


def test_without_codes_the_quality_is_below(panel: CurvesPanel) -> None:
    panel.make_plots()
    panel.show_runs([run(measured=variational())])
    assert _shown(panel) == (["loss", "reconstruction", "kl"], ["psnr"])
    panel.figures_head.combo.setCurrentIndex(panel.figures_head.combo.findData("elbo"))
    panel.figures_head.combo.activated.emit(1)
    assert _shown(panel)[1] == ["elbo", "valid_elbo"]


def test_the_legend_hides_and_shows(plotted: CurvesPanel) -> None:
    QTest.mouseClick(plotted.losses_head.legend.chips["loss"], Qt.MouseButton.LeftButton)
    assert "loss" not in _shown(plotted)[0]
    QTest.mouseClick(plotted.losses_head.legend.chips["codebook"], Qt.MouseButton.LeftButton)
    assert "codebook" in _shown(plotted)[0]
    plotted.show_runs([run(measured=discrete(2.0))])
    assert "loss" not in _shown(plotted)[0]
    assert "codebook" in _shown(plotted)[0]


def test_compared_runs_lie_over_one_another(plotted: CurvesPanel) -> None:
    plotted.show_runs([run("a", "#56b4e9"), run("b", "#e69f00", discrete(2.0))])
    assert plotted.losses_head.choice is not None
    assert plotted.losses_head.choice.key == "loss"
    assert _shown(plotted) == (["a", "b"], ["a", "b"])
    assert plotted.figures_head.choice is not None
    assert plotted.figures_head.choice.key == "valid_psnr"
    plotted.show_runs([run("a")])
    assert _shown(plotted)[0][0] == "loss"


def test_a_choice_stays_while_curves_grow(plotted: CurvesPanel) -> None:
    combo = plotted.figures_head.combo
    combo.setFocus()
    combo.setCurrentIndex(combo.findData("rate"))
    combo.activated.emit(combo.currentIndex())
    plotted.show_runs([run(measured=discrete(3.0))])
    assert _shown(plotted)[1] == ["learning_rate"]


def test_pointing_at_one_plot_reads_off_both(plotted: CurvesPanel) -> None:
    assert plotted.losses is not None
    assert plotted.figures is not None
    plotted.losses.pointed.emit(20.0)
    assert plotted.losses.readout.step == plotted.figures.readout.step == 20
    plotted.figures.pointed.emit(None)
    assert not plotted.losses.readout.isVisible()


def test_smoothing_and_scale_by_keyboard(plotted: CurvesPanel) -> None:
    assert plotted.losses is not None
    assert plotted.losses.log
    plotted.log.setFocus()
    QTest.keyClick(plotted.log, Qt.Key.Key_Space)
    assert not plotted.losses.log
    QTest.keyClick(plotted.smoothing, Qt.Key.Key_Home)
    assert plotted.losses.smoothing == 0
    QTest.keyClick(plotted.smoothing, Qt.Key.Key_End)
    assert plotted.losses.smoothing == 0.99


def test_pictures_and_values_are_offered(qtbot: QtBot, plotted: CurvesPanel) -> None:
    assert plotted.losses is not None
    menu = plotted.menu_for(plotted.losses)
    actions = {action.text(): action for action in menu.actions()}
    with qtbot.waitSignal(plotted.values_wanted) as asked:
        actions["Save values (CSV)..."].trigger()
    assert [curve.key for curve in asked.args[0]] == _shown(plotted)[0]
    with qtbot.waitSignal(plotted.picture_wanted) as asked:
        actions["Save as picture (PNG)..."].trigger()
    assert asked.args[0].devicePixelRatio() == 2
    assert asked.args[0].width() > 1500
    actions["Show all steps"].trigger()
    assert plotted.losses.visible_steps[1] > 50


def test_another_run_is_shown_from_its_start_to_its_end(plotted: CurvesPanel) -> None:
    assert plotted.losses is not None
    plotted.losses.setFocus()
    QTest.keyClick(plotted.losses, Qt.Key.Key_Plus)
    zoomed = plotted.losses.visible_steps
    plotted.show_runs([run("a", measured=discrete(2.0))])
    assert plotted.losses.visible_steps == pytest.approx(zoomed)
    plotted.show_runs([run("b")])
    assert plotted.losses.visible_steps[1] > 50


def test_bits_of_priors_are_above_with_a_legend(panel: CurvesPanel) -> None:
    panel.make_plots()
    panel.show_runs([run(measured=discrete())])
    panel.show_runs([run("b", measured=priors(levels=2))])
    assert panel.losses is not None
    assert panel.losses.title.text() == "bits per code"
    assert not panel.losses.log
    assert not panel.log.isVisible()
    assert {"bits", "bits_0", "bits_1", "valid_bits"} <= set(_shown(panel)[0])
    assert set(panel.losses_head.legend.chips) >= {"bits_0", "bits_1"}
    assert _shown(panel)[1] == ["learning_rate"]
    panel.show_runs([run("b", measured=priors(levels=2)), run("c", measured=priors(levels=1))])
    assert panel.losses_head.choice is not None
    assert panel.losses_head.choice.key == "valid_bits"
    assert _shown(panel)[0] == ["b", "c"]
    panel.show_runs([run(measured=discrete())])
    assert _shown(panel)[0][0] == "loss"
    assert panel.losses.log
