"""Curves over steps, on pyqtgraph: drawn, zoomed along the steps, read off at a cross-hair.

The only module that imports pyqtgraph; import it once `gui.workers.preload.preload_plots` is through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg  # type: ignore[import-untyped]
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.plots import style
from gui.plots.curves import Curve, span
from gui.plots.readout import Reading, Readout

_BOTTOM_AXIS = 24
_STEP_TITLE = 16
_TOP = 4
_POINT_PX = 1.5
"""Curves are drawn with a point for so many pixels."""
_MARGIN = 0.04  # of the range, around it
_STEP_PART = 0.01  # of the visible steps, per press of an arrow key


class CurvePlot(QWidget):
    """One plot. Drag and wheel move along the steps, double click shows all; the height fits by itself."""

    pointed = Signal(object)  # the step under the pointer, or None
    menu_wanted = Signal(QPoint)  # global px

    def __init__(self, name: str, step_title: bool = True, parent: QWidget | None = None) -> None:
        """`step_title` names the lower axis: of plots above one another only the lowest needs it."""
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.title = QLabel(self)
        self.title.setProperty("role", "caption")
        self.curves: tuple[Curve, ...] = ()
        self.log = False
        self.smoothing = 0.0
        self.pointed_at: float | None = None
        self._shown: tuple[Curve, ...] = ()  # smoothed
        self._lines: list[tuple[Any, Any]] = []
        self._leader: CurvePlot | None = None
        self._shows_all = True
        self._view = pg.GraphicsView(self, background=None)
        self._box = pg.ViewBox(enableMenu=False)
        self._left, self._bottom = pg.AxisItem("left"), pg.AxisItem("bottom")
        self._hair = pg.InfiniteLine(angle=90, movable=False, pen=style.axis_pen())
        self._dots = pg.ScatterPlotItem(pxMode=True, size=7, pen=None)
        self.readout = Readout(self)
        self._arrange(step_title)
        self._listen()

    # What is shown

    def show_curves(self, curves: Sequence[Curve]) -> None:
        """Draw these instead of what was there; the steps that are visible stay, unless all were."""
        self.curves = tuple(curves)
        self._smooth()

    def set_log(self, log: bool) -> None:
        """Heights as logarithms; what is not above zero is left out."""
        if log != self.log:
            self.log = log
            self._left.setLogMode(log)
            self._smooth()

    def set_smoothing(self, weight: float) -> None:
        """How much a value is drawn towards those before it, 0 to 1; see `gui.plots.smoothing`."""
        if weight != self.smoothing:
            self.smoothing = weight
            self._smooth()

    def link(self, other: CurvePlot) -> None:
        """Show the same steps as `other`, now and when either moves."""
        self._box.setXLink(other._box)
        self._leader = other
        self._box.sigRangeChangedManually.connect(other._leave_all)

    def fit(self) -> None:
        """Show all steps, and go on doing so as more come."""
        self._shows_all = True
        if self._leader is not None:
            self._leader.fit()
        self._follow()

    @property
    def visible_steps(self) -> tuple[float, float]:
        first, last = self._box.viewRange()[0]
        return first, last

    def point_at(self, step: float | None) -> None:
        """Put the cross-hair at a step, or take it away."""
        if step != self.pointed_at:
            self.pointed_at = step
            self._read_off()

    # Drawing

    def _smooth(self) -> None:
        self._shown = tuple(curve.smoothed(self.smoothing) for curve in self.curves)
        self._follow()
        self._draw()
        self._read_off()

    def _follow(self) -> None:
        """Widen the range to all steps, unless somebody looks at a part of them."""
        ends = span(self._shown)
        if self._shows_all and self._leader is None and ends is not None:
            self._box.setXRange(ends[0], max(ends[1], ends[0] + 1), padding=_MARGIN)

    def _leave_all(self, *_: object) -> None:
        self._shows_all = False

    def _draw(self) -> None:
        first, last = self.visible_steps
        most = max(2, int(self._box.width() / _POINT_PX))
        seen: list[Curve] = []
        while len(self._lines) < len(self.curves):
            self._lines.append((self._line(), self._line_behind()))
        for line in self._lines[len(self.curves) :]:
            for part in line:
                part.setVisible(False)
        for place, (raw, shown) in enumerate(zip(self.curves, self._shown, strict=True)):
            line, behind = self._lines[place]
            seen.append(shown.between(first, last).means(most).drawable(self.log))
            self._set(line, seen[-1], -place)
            behind.setVisible(shown is not raw)
            if shown is not raw:
                seen.append(raw.between(first, last).peaks(2 * most).drawable(self.log))
                self._set(behind, seen[-1], -place - len(self.curves), faint=True)
        self._fit_height(seen)

    def _set(self, line: Any, curve: Curve, height: int, faint: bool = False) -> None:
        line.setVisible(True)
        line.setPen(style.line_pen(curve.colour, faint, curve.sparse))
        line.setData(curve.steps, curve.values)
        # One value makes no line: a dot says that there is one.
        line.setSymbol("o" if curve.sparse or len(curve.steps) == 1 else None)
        line.setSymbolBrush(QColor(curve.colour))
        line.setZValue(height)

    def _line(self) -> Any:
        line = pg.PlotDataItem(antialias=True, symbolSize=5, symbolPen=None)
        # As one path, a thick antialiased zigzag takes Qt a hundred times as long as its pieces do.
        line.curve.setSegmentedLineMode("on")
        self._box.addItem(line)
        return line

    def _line_behind(self) -> Any:
        line = pg.PlotDataItem(antialias=False)  # thin and faint: a third of the time
        self._box.addItem(line)
        return line

    def _fit_height(self, seen: Sequence[Curve]) -> None:
        """All of the lines that are drawn; of the raw values behind them all but the wildest."""
        parts = [np.percentile(curve.values, (0.5, 99.5)) for curve in seen if len(curve.values)]
        if parts:
            low, high = min(part[0] for part in parts), max(part[1] for part in parts)
            spare = (high - low) or abs(high) or 1.0
            self._box.setYRange(low - _MARGIN * spare, high + _MARGIN * spare, padding=0)

    # Reading off

    def _read_off(self) -> None:
        read = [] if self.pointed_at is None else self._readings(self.pointed_at)
        shown = bool(read)
        self._hair.setVisible(shown)
        self._dots.setVisible(shown)
        if not shown:
            self.readout.hide()
            return
        step = max(at for at, _, _ in read)
        self._hair.setPos(step)
        marks = [(at, np.log10(height) if self.log else height) for at, height, _ in read]
        kept = [place for place, (_, height) in enumerate(marks) if np.isfinite(height)]
        self._dots.setData(
            pos=[marks[place] for place in kept], brush=[QColor(read[place][2].colour) for place in kept]
        )
        first, last = self.visible_steps
        if first <= step <= last:
            self.readout.tell(int(step), [reading for *_, reading in read], self._on_screen(step))
            self.setAccessibleDescription(self.readout.text)
        else:
            self.readout.hide()

    def _readings(self, step: float) -> list[tuple[float, float, Reading]]:
        """Step, value and words of every curve at `step`, from the top of the legend down."""
        found = []
        for curve, drawn in zip(self.curves, self._shown, strict=True):
            at, raw = drawn.at(step), curve.at(step)
            if at is None or raw is None or (self.log and at[1] <= 0):
                continue
            unsmoothed = style.number_words(raw[1]) if drawn is not curve else ""
            words = Reading(curve.colour, curve.title, style.number_words(at[1]), unsmoothed)
            found.append((*at, words))
        return found

    def _on_screen(self, step: float) -> QPointF:
        scene = self._box.mapViewToScene(QPointF(step, 0))
        top = self._box.mapRectToScene(self._box.boundingRect()).top()
        place = self._view.mapFromScene(QPointF(scene.x(), top))
        return QPointF(self._view.mapTo(self, place))

    def _step_at(self, place: QPoint) -> float | None:
        scene = self._view.mapToScene(place)
        if not self._box.sceneBoundingRect().contains(scene):
            return None
        return float(self._box.mapSceneToView(scene).x())

    # Hand and keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self.pointed.emit(self._step_at(event.position().toPoint()))
        elif kind == QEvent.Type.Leave:
            self.pointed.emit(None)
        elif kind == QEvent.Type.MouseButtonDblClick:
            self.fit()
        elif kind == QEvent.Type.MouseButtonPress:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        first, last = self.visible_steps
        wide = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            way = wide if key == Qt.Key.Key_Right else -wide
            here = self.pointed_at if self.pointed_at is not None else last
            self.pointed.emit(float(np.clip(here + way * _STEP_PART * (last - first), first, last)))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._leave_all()
            self._box.scaleBy(x=1.25 if key == Qt.Key.Key_Minus else 0.8)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.fit()
        elif key == Qt.Key.Key_Escape and self.pointed_at is not None:
            self.pointed.emit(None)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setPen(QColor(theme.ACCENT))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
            painter.end()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._view.close()  # pyqtgraph's own order of taking its scene apart
        super().closeEvent(event)

    # Making

    def _arrange(self, step_title: bool) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(2, 2, 2, 2)  # the focus ring's place
        rows.setSpacing(0)
        self.title.setIndent(theme.SPACE_1)
        rows.addWidget(self.title)
        rows.addWidget(self._view, 1)
        grid = self._view.centralLayout
        grid.setContentsMargins(0, _TOP, theme.SPACE_2, 0)
        grid.setSpacing(0)
        grid.addItem(self._left, 0, 0)
        grid.addItem(self._box, 0, 1)
        grid.addItem(self._bottom, 1, 1)
        for axis in (self._left, self._bottom):
            axis.linkToView(self._box)
            axis.setPen(style.axis_pen())
            axis.setTextPen(QColor(theme.SECONDARY))
            axis.setStyle(tickFont=theme.font(theme.CAPTION_PX, tabular=True), tickLength=0, tickTextOffset=6)
            axis.setGrid(style.GRID_ALPHA)
            axis.enableAutoSIPrefix(False)
        self._left.setWidth(style.AXIS_WIDTH)
        self._bottom.setHeight(_BOTTOM_AXIS + (_STEP_TITLE if step_title else 0))
        if step_title:
            look = {"color": theme.SECONDARY, "font-size": f"{theme.CAPTION_PX}px"}
            self._bottom.setLabel("step", **look)
        self._left.tickStrings = self._left_words
        self._bottom.tickStrings = lambda values, _scale, _spacing: [style.tick_words(v) for v in values]
        self._box.setMouseEnabled(x=True, y=False)
        self._box.disableAutoRange()
        self._box.addItem(self._hair, ignoreBounds=True)
        self._box.addItem(self._dots, ignoreBounds=True)
        self._dots.setZValue(1000)
        self._read_off()

    def _left_words(self, values: Sequence[float], _scale: float, _spacing: float) -> list[str]:
        return [style.tick_words(10**value if self.log else value) for value in values]

    def _listen(self) -> None:
        view = self._view
        view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        view.viewport().installEventFilter(self)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(lambda at: self.menu_wanted.emit(view.mapToGlobal(at)))
        self._box.sigXRangeChanged.connect(self._moved)
        self._box.sigResized.connect(self._moved)
        self._box.sigRangeChangedManually.connect(self._leave_all)

    def _moved(self, *_: object) -> None:
        self._draw()
        if self.pointed_at is not None:
            self._read_off()
