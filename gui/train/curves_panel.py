"""Two plots over the same steps: the terms of the loss above, what else is measured below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSlider,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.frame.empty_state import EmptyState
from gui.plots.curves import Curve
from gui.plots.legend import CHIP_HEIGHT, Legend
from gui.plots.terms import CHARTS, Chart, hidden_at_first, term_of
from gui.train.curve_choice import (
    Choice,
    RunCurves,
    as_shown,
    choices,
    curves_of_run,
    curves_of_runs,
    entry,
)

if TYPE_CHECKING:
    from gui.plots.curve_plot import CurvePlot

FIRST_SMOOTHING = 60  # percent
_MOST_SMOOTHING = 99
_SLIDER_WIDTH = 110
_CHOICE_WIDTH = 150
_SHARP = 2.0
"""Pictures are exported at so many pixels per pixel."""


class PlotHead(QWidget):
    """The line above a plot: what it shows, and the legend."""

    chosen = Signal()
    toggled = Signal(str, bool)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.combo = QComboBox(self)
        self.combo.setAccessibleName(name)
        self.combo.setFixedWidth(_CHOICE_WIDTH)
        self.combo.currentIndexChanged.connect(self._say)
        self.combo.activated.connect(lambda _: self.chosen.emit())
        self.legend = Legend(f"{name}: lines", self)
        self.legend.toggled.connect(self.toggled)
        self._choices: tuple[Choice, ...] = ()
        self.columns = QHBoxLayout(self)
        self.columns.setContentsMargins(0, 0, 0, 0)
        self.columns.setSpacing(theme.SPACE_2)
        legend = QVBoxLayout()
        legend.setContentsMargins(0, (theme.CONTROL_HEIGHT - CHIP_HEIGHT) // 2, 0, 0)
        legend.addWidget(self.legend)
        legend.addStretch()
        self.columns.addWidget(self.combo, 0, Qt.AlignmentFlag.AlignTop)
        self.columns.addLayout(legend, 1)

    @property
    def choice(self) -> Choice | None:
        at = self.combo.currentIndex()
        return self._choices[at] if 0 <= at < len(self._choices) else None

    def offer(self, offered: tuple[Choice, ...], preferred: str = "") -> None:
        """Let these be chosen; what was chosen stays if it can, else `preferred` or the first is shown."""
        if offered == self._choices:
            return
        before = self.choice.key if self.choice is not None else ""
        self._choices = offered
        self.combo.blockSignals(True)
        self.combo.clear()
        for place, choice in enumerate(offered):
            self.combo.addItem(choice.title, choice.key)
            self.combo.setItemData(place, choice.tip, Qt.ItemDataRole.ToolTipRole)
        keys = [choice.key for choice in offered]
        self.combo.setCurrentIndex(next((keys.index(k) for k in (before, preferred) if k in keys), 0))
        self.combo.blockSignals(False)
        self._say()

    def _say(self) -> None:
        choice = self.choice
        self.combo.setToolTip(choice.tip if choice is not None else "")


class CurvesPanel(QWidget):
    """Shows one run's curves, or compares a figure of several; the plots come once `make_plots` is called."""

    values_wanted = Signal(object)  # tuple[Curve, ...], to be saved
    picture_wanted = Signal(object)  # QPixmap, to be saved

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.losses: CurvePlot | None = None
        self.figures: CurvePlot | None = None
        self.losses_head = PlotHead("Upper plot", self)
        self.figures_head = PlotHead("Lower plot", self)
        self.smoothing = QSlider(Qt.Orientation.Horizontal, self)
        self.log = QPushButton("Log", self)
        self.empty = EmptyState(
            "chart-line",
            "Start a training and its curves appear here",
            "Every term of the loss, the learning rate, the use of codes and the quality, while it learns",
            parent=self,
        )
        self._runs: tuple[RunCurves, ...] = ()
        self._by_hand: dict[str, bool] = {}  # lines that somebody showed or hid
        self._plots = QWidget(self)
        self._stack = QStackedLayout(self)
        self._arrange()

    def make_plots(self) -> None:
        """Make the plots; pyqtgraph should have been imported elsewhere by now: it takes half a second."""
        if self.losses is not None:
            return
        from gui.plots.curve_plot import CurvePlot

        self.losses, self.figures = CurvePlot("Losses over steps", False), CurvePlot("Figures over steps")
        self.figures.link(self.losses)
        for place, plot, stretch in ((1, self.losses, 3), (3, self.figures, 2)):
            self._rows.insertWidget(place, plot, stretch)
            plot.pointed.connect(self._point)
            plot.menu_wanted.connect(self._open_menu)
        self._smooth()
        self._show()

    def show_runs(self, runs: Sequence[RunCurves]) -> None:
        """The first is the run on show; the others are compared with it."""
        before = self._runs
        self._runs = tuple(
            RunCurves(run.key, run.name, run.colour, as_shown(run.measured)) for run in runs if run.measured
        )
        another = [run.key for run in before] != [run.key for run in self._runs]
        self._show()
        if another and self.losses is not None:
            self.losses.fit()

    @property
    def is_empty(self) -> bool:
        return not self._runs

    def _show(self) -> None:
        shown = self.losses is not None and bool(self._runs)
        self._stack.setCurrentWidget(self._plots if shown else self.empty)
        if self.losses is None or self.figures is None or not self._runs:
            return
        names = tuple({name: None for run in self._runs for name in run.measured})
        compares = len(self._runs) > 1
        upper = "valid_bits" if "bits" in self._runs[0].measured else "loss"
        self.losses_head.offer(choices(names, compares, losses=True), upper)
        self.figures_head.offer(choices(names, compares, losses=False), _first_below(names, compares))
        self._scale()
        for head, plot in ((self.losses_head, self.losses), (self.figures_head, self.figures)):
            self._fill(head, plot, compares)

    def _fill(self, head: PlotHead, plot: CurvePlot, compares: bool) -> None:
        choice = head.choice
        plot.title.setText(choice.axis if choice is not None else "")
        if choice is None:
            curves: tuple[Curve, ...] = ()
        elif compares:
            curves = curves_of_runs(self._runs, choice.key)
        else:
            chart: Chart = choice.key  # type: ignore[assignment]
            curves = curves_of_run(self._runs[0], chart)
        tips = {curve.key: curve.title if compares else term_of(curve.key).tip for curve in curves}
        entries = [entry(curve, tips[curve.key]) for curve in curves]
        hidden = self._hidden({curve.key for curve in curves})
        head.legend.show_entries(entries, hidden)
        plot.show_curves([curve for curve in curves if curve.key not in hidden])

    def _hidden(self, keys: set[str]) -> frozenset[str]:
        first = hidden_at_first(keys)
        return frozenset(key for key in keys if not self._by_hand.get(key, key not in first))

    # What is asked

    def _toggle(self, key: str, shown: bool) -> None:
        self._by_hand[key] = shown
        self._show()

    def _point(self, step: float | None) -> None:
        for plot in (self.losses, self.figures):
            if plot is not None:
                plot.point_at(step)

    def _smooth(self) -> None:
        weight = self.smoothing.value() / 100
        self._smoothing_value.setText(f"{weight:.2f}")
        for plot in (self.losses, self.figures):
            if plot is not None:
                plot.set_smoothing(weight)

    def _scale(self) -> None:
        """Bits are logarithms already, and span too little for marks at powers of ten."""
        choice = self.losses_head.choice
        in_bits = choice is not None and choice.axis == CHARTS["prior"].axis
        self.log.setVisible(not in_bits)
        if self.losses is not None:
            self.losses.set_log(self.log.isChecked() and not in_bits)

    def _open_menu(self, at: QPoint) -> None:
        plot = self.sender()
        self.menu_for(self.figures if plot is self.figures else self.losses).popup(at)

    def menu_for(self, plot: CurvePlot | None) -> QMenu:
        """What can be done with a plot; the menu deletes itself when closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if plot is not None:
            menu.addAction("Show all steps", plot.fit)
            menu.addSeparator()
            menu.addAction("Save as picture (PNG)...", lambda: self.picture_wanted.emit(self.picture()))
            menu.addAction("Save values (CSV)...", lambda: self.values_wanted.emit(plot.curves))
        return menu

    def picture(self) -> QPixmap:
        """Both plots with their legends, sharp enough for a slide."""
        picture = QPixmap(self._plots.size() * _SHARP)
        picture.setDevicePixelRatio(_SHARP)
        picture.fill(theme.PANEL)
        self._plots.render(picture)
        return picture

    # Making

    def _arrange(self) -> None:
        self._rows = QVBoxLayout(self._plots)
        self._rows.setContentsMargins(theme.SPACE_3, theme.SPACE_2, theme.SPACE_2, theme.SPACE_1)
        self._rows.setSpacing(theme.SPACE_1)
        self._rows.addWidget(self.losses_head)
        self._rows.addWidget(self.figures_head)
        self._add_controls()
        for head in (self.losses_head, self.figures_head):
            head.toggled.connect(self._toggle)
            head.chosen.connect(self._show)
        for page in (self._plots, self.empty):
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(self.empty)

    def _add_controls(self) -> None:
        label = QLabel("Smooth", self)
        label.setProperty("role", "caption")
        label.setBuddy(self.smoothing)
        self._smoothing_value = QLabel(self)
        self._smoothing_value.setProperty("role", "caption")
        self._smoothing_value.setFont(theme.font(theme.CAPTION_PX, tabular=True))
        self.smoothing.setRange(0, _MOST_SMOOTHING)
        self.smoothing.setValue(FIRST_SMOOTHING)
        self.smoothing.setFixedWidth(_SLIDER_WIDTH)
        self.smoothing.setAccessibleName("Smoothing")
        self.smoothing.setToolTip(
            "How much each value is drawn towards those before it\nExponential moving average"
        )
        self.smoothing.valueChanged.connect(self._smooth)
        self.log.setCheckable(True)
        self.log.setChecked(True)
        self.log.setProperty("role", "choice")
        self.log.setAccessibleName("Logarithmic scale")
        self.log.setToolTip("Logarithmic scale of the upper plot")
        self.log.toggled.connect(self._scale)
        controls = QWidget(self)
        controls.setFixedHeight(theme.CONTROL_HEIGHT)
        row = QHBoxLayout(controls)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE_2)
        for widget in (label, self.smoothing, self._smoothing_value, self.log):
            row.addWidget(widget)
        self.losses_head.columns.addWidget(controls, 0, Qt.AlignmentFlag.AlignTop)
        self._smooth()


def _first_below(names: Sequence[str], compares: bool) -> str:
    """What the lower plot shows first: how the codes fare where there are any, else the quality."""
    if compares:
        return next((n for n in ("valid_elbo", "valid_psnr", "perplexity_0", "perplexity") if n in names), "")
    return "codes" if any(term_of(name).chart == "codes" for name in names) else "quality"
