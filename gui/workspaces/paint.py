"""The Paint workspace: tools, their options, the canvas, and a place for panels on the right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.codes.box import Box
from gui import theme
from gui.actions import ActionTable
from gui.canvas.audition import Audition
from gui.canvas.code_canvas import CodeCanvas
from gui.canvas.hint_line import HintLine
from gui.canvas.overlays import Cells
from gui.canvas.picture import PictureStore
from gui.canvas.suggest_popup import SuggestPopup
from gui.canvas.surprise_bar import SurpriseBar
from gui.canvas.tool_options import ToolOptions
from gui.canvas.tool_strip import ToolStrip
from gui.canvas.variations_strip import VariationsStrip
from gui.frame.lines import line
from gui.state.brush import TOOLS, BrushState
from gui.state.level_words import KEYED_LEVELS, level_name, locked_words
from gui.state.painting import PaintingState
from gui.state.selected_cells import SelectedCells
from gui.state.shown_levels import ShownLevels
from gui.state.suggestions import Suggestions
from gui.state.with_prior import WithPrior
from gui.workers.decode import DecodeLoop

FIRST_HINT = "Drag to paint with the chosen code, right-drag with the second one, wheel to zoom, space to pan"
FLOATING_HINT = "Drag or arrow keys move these cells, Return sets them down, Escape puts them back"
VARIATIONS_HINT = "Arrow keys show one variation after another, Return accepts, Escape drops them"
HIDDEN_HINT = "Without what the {} codes say; what is saved or exported has them"
READ_ONLY_HINT = "This painting cannot be changed until its model is here"


class PaintWorkspace(QWidget):
    """Wires one painting's state, picture and decode loop to the widgets that show them."""

    def __init__(
        self,
        painting: PaintingState,
        brush: BrushState,
        cells: SelectedCells,
        picture: PictureStore,
        decoding: DecodeLoop,
        shown: ShownLevels,
        asking: WithPrior,
        actions: ActionTable,
        side: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`side` is shown on the right of the canvas."""
        super().__init__(parent)
        self._painting = painting
        self._brush = brush
        self._cells = cells
        self._decoding, self._shown = decoding, shown
        self._surprise = asking.surprise
        self._suggesting = asking.suggesting
        self._resampling = asking.resampling
        self._dreaming = asking.dreaming
        self._beneath = asking.beneath
        self._has_painted = False  # in this window, or whoever made the painting
        self.canvas = CodeCanvas(painting, brush, cells, picture, asking.dreaming, self, asking.surprise)
        self.popup = SuggestPopup(self.canvas)
        self.strip = VariationsStrip(asking.resampling, self)
        self.hint = HintLine(self.canvas)
        self._lay_out(actions, side)
        self._connect(picture)
        self._connect_suggestions()
        self._connect_variations(picture)
        self._choose_hint()

    def commands(self) -> dict[str, Callable[[], object]]:
        """What the actions of this workspace do, by their names in `gui.actions`."""
        painting, canvas, cells, brush = self._painting, self.canvas, self._cells, self._brush
        return {
            **{f"tool.{tool}": lambda tool=tool: setattr(brush, "tool", tool) for tool in TOOLS},  # type: ignore[misc]
            **{f"level.{level}": partial(painting.set_level, level) for level in range(KEYED_LEVELS)},
            "level.shown": lambda: self._shown.switch(painting.level),
            "level.lock": self._switch_lock,
            "brush.smaller": lambda: brush.grow(-1),
            "brush.larger": lambda: brush.grow(1),
            "brush.dream": self._switch_dream,
            "edit.undo": self._undo,
            "edit.redo": painting.redo,
            "edit.cut": cells.cut,
            "edit.copy": cells.copy,
            "edit.paste": self.paste,
            "edit.fill": self.fill,
            "edit.clear": cells.clear,
            "edit.swap": brush.swap,
            "edit.suggest": lambda: self._suggesting.ask(*canvas.target_cell),
            "edit.resample": self._resample,
            "edit.heal": self._heal,
            "select.surprising": self._surprise.select,
            "select.all": painting.select_all,
            "select.none": painting.select_none,
            "select.invert": painting.invert_selection,
            "view.zoom_in": canvas.zoom_in,
            "view.zoom_out": canvas.zoom_out,
            "view.fit": canvas.fit,
            "view.actual_size": canvas.actual_size,
        }

    def switches(self) -> dict[str, Callable[[bool], object]]:
        """What the actions that are on or off do, by their names in `gui.actions`."""
        return {
            "view.grid": self.canvas.show_grid,
            "view.index": self.canvas.show_index,
            "view.surprise": self._surprise.show,
            "level.follow": partial(setattr, self._beneath, "follow"),
        }

    def paste(self) -> None:
        """Let the copied cells float below the pointer, with the move tool in the hand."""
        row, column = self.canvas.target_cell
        ratio = self._painting.ratio
        self._cells.paste(row // ratio, column // ratio)
        if self._painting.floating is not None:
            self._brush.tool = "move"

    def fill(self) -> None:
        """Fill the selected cells with the primary code."""
        self._brush.remember(self._brush.primary)
        self._cells.fill(self._brush.primary)

    def _switch_dream(self) -> None:
        """Paint codes as they are, or dream again; where no prior could, it is said."""
        if self._dreaming.ask():
            self._brush.switch_dream()

    def _lay_out(self, actions: ActionTable, side: QWidget | None) -> None:
        options = QHBoxLayout()
        options.addWidget(ToolOptions(self._brush, self._dreaming, actions, self), 1)
        for name in ("view.zoom_out", "view.zoom_in", "view.fit", "view.grid", "view.index", "view.surprise"):
            options.addWidget(actions.button(name, self))
        options.setSpacing(theme.SPACE_1)
        options.setContentsMargins(0, 0, theme.SPACE_2, 0)
        middle = QVBoxLayout()
        middle.addLayout(options)
        middle.addWidget(line(Qt.Orientation.Horizontal, self))
        surprise_bar = SurpriseBar(self._surprise, self)
        surprise_bar.heal.clicked.connect(self._heal)
        middle.addWidget(surprise_bar)
        middle.addWidget(self.canvas, 1)
        middle.addWidget(self.strip)
        whole = QHBoxLayout(self)
        whole.addWidget(ToolStrip(self._brush, actions, self))
        whole.addWidget(line(Qt.Orientation.Vertical, self))
        whole.addLayout(middle, 1)
        if side is not None:
            whole.addWidget(line(Qt.Orientation.Vertical, self))
            whole.addWidget(side)
        for layout in (middle, whole):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)

    def _connect(self, picture: PictureStore) -> None:
        canvas, decoding, painting = self.canvas, self._decoding, self._painting
        decoding.decoded.connect(lambda done: picture.show_decoded(done.box, done.pixels))
        decoding.previewed.connect(canvas.show_preview)
        canvas.preview_wanted.connect(decoding.preview)
        canvas.visible_changed.connect(self._look_at)
        canvas.refused.connect(self._say_why_not)
        self._shown.changed.connect(lambda: decoding.set_decoder(self._shown.decoder))
        changes = painting.history_changed, painting.read_only_changed, self._shown.changed
        for changed in changes:
            changed.connect(self._choose_hint)

    def _say_why_not(self) -> None:
        painting = self._painting
        words = locked_words(painting.level, len(painting.painting.grid.levels))
        self.hint.notice(READ_ONLY_HINT if painting.read_only else words)

    def _switch_lock(self) -> None:
        level = self._painting.level
        self._painting.set_locked(level, level not in self._painting.locked)

    def _connect_suggestions(self) -> None:
        canvas, suggesting, popup = self.canvas, self._suggesting, self.popup
        canvas.suggestions_wanted.connect(suggesting.ask)
        canvas.visible_changed.connect(popup.dismiss)
        suggesting.found.connect(self._open_suggestions)
        suggesting.voided.connect(popup.dismiss)
        suggesting.ability_changed.connect(canvas.offer_suggestions)
        popup.picked.connect(suggesting.pick)
        canvas.offer_suggestions(suggesting.can_suggest)

    def _connect_variations(self, picture: PictureStore) -> None:
        resampling, canvas = self._resampling, self.canvas
        canvas.layers.append(Audition(resampling).draw)
        resampling.shown_changed.connect(canvas.update)
        # The pixels are known already: waiting for the decoder, the canvas would flash the codes before.
        resampling.taken.connect(lambda taken: picture.show_decoded(taken.box, taken.pixels))
        resampling.opened.connect(self._shown.show_all)  # variations are pictures of all levels
        resampling.opened.connect(self._choose_hint)
        self.strip.serve(canvas)

    def _resample(self) -> None:
        self._resampling.start()
        if self._resampling.is_open:
            self.canvas.setFocus()  # whose arrow keys now choose

    def _heal(self) -> None:
        """Select what surprises, and resample it."""
        self._surprise.select()
        self._resample()

    def _undo(self) -> None:
        """What was seen last goes first: the variation on the canvas, before any step of the history."""
        if self._resampling.is_open:
            self._resampling.drop()
        else:
            self._painting.undo()

    def _open_suggestions(self, suggestions: Suggestions) -> None:
        row, column = suggestions.cell
        stride = self._painting.stride_px
        cell = Cells(self.canvas.view, stride).rect(Box(row, column, row + 1, column + 1))
        self.popup.open(suggestions, cell.toRect())

    def _look_at(self, pixels: Box) -> None:
        self._decoding.set_visible(pixels.coarsened(self._painting.painting.strides[0]))

    def _choose_hint(self) -> None:
        """How to end what has been begun comes first; how to paint is of use until the first stroke."""
        painting = self._painting
        self._has_painted = self._has_painted or bool(painting.painting.history.steps)
        if self._resampling.is_open:
            self.hint.say(VARIATIONS_HINT)
        elif painting.floating is not None:
            self.hint.say(FLOATING_HINT)
        elif self._shown.hidden:
            names = (level_name(level, len(painting.painting.grid.levels)) for level in self._shown.hidden)
            self.hint.say(HIDDEN_HINT.format(" and ".join(sorted(names)).lower()))
        elif self._has_painted or painting.read_only:
            self.hint.fade()
        else:
            self.hint.say(FIRST_HINT)
