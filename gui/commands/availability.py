"""Which actions can be done right now."""

from __future__ import annotations

from gui.actions import ActionTable
from gui.commands.exports import Exports
from gui.state.level_words import KEYED_LEVELS, level_name
from gui.state.painting import PaintingState
from gui.state.resampling import Resampling
from gui.state.session import Session
from gui.state.shown_levels import ShownLevels

_CHANGES = ("edit.cut", "edit.paste", "edit.fill", "edit.clear")
_NEEDS_MODEL = ("file.new", "file.new_random", "file.new_image")


class Availability:
    """Enables and disables actions as painting and session change; undo and redo say what they would do."""

    def __init__(
        self,
        actions: ActionTable,
        painting: PaintingState,
        session: Session,
        exports: Exports,
        resampling: Resampling,
        shown: ShownLevels,
    ) -> None:
        self._actions, self._painting, self._session, self._exports = actions, painting, session, exports
        self._resampling, self._shown = resampling, shown
        shown.changed.connect(self._name_levels)
        resampling.changed.connect(self._follow_history)
        painting.history_changed.connect(self._follow_history)
        for changed in (painting.read_only_changed, painting.locks_changed, painting.level_changed):
            changed.connect(self._follow_model)
        painting.document_changed.connect(self._follow_model)
        session.decoder_changed.connect(self._follow_model)
        session.status_changed.connect(self._follow_model)
        self._follow_history()
        self._follow_model()

    def _follow_history(self) -> None:
        history, may = self._painting.painting.history, not self._painting.read_only
        floats = self._painting.floating is not None
        if self._resampling.is_open:
            self._say("edit.undo", "Drop the variations", None, True)
        else:
            self._say("edit.undo", "Undo", history.undo_label, may and (history.can_undo or floats))
        self._say("edit.redo", "Redo", history.redo_label, may and history.can_redo)

    def _say(self, name: str, text: str, label: str | None, enabled: bool) -> None:
        self._actions.allow(name, enabled)
        self._actions[name].setText(f"{text} {label.lower()}" if label else text)

    def _name_levels(self) -> None:
        count, painted = len(self._painting.painting.grid.levels), self._painting.level
        self._actions.allow("level.lock", count > 1)
        is_hidden = painted in self._shown.hidden
        self._actions.allow("level.shown", is_hidden or self._shown.may_hide(painted))
        for level in range(KEYED_LEVELS):
            self._actions.allow(f"level.{level}", max(1, level) < count)
            if max(1, level) < count:
                self._actions[f"level.{level}"].setText(f"Paint the {level_name(level, count).lower()} codes")

    def _follow_model(self) -> None:
        painting = self._painting
        is_open = len(painting.locked) < len(painting.painting.grid.levels) and not painting.read_only
        for name in _CHANGES:
            self._actions.allow(name, painting.may_paint if name == "edit.fill" else is_open)
        for name in _NEEDS_MODEL:
            self._actions.allow(name, self._session.card is not None)
        self._name_levels()
        self._actions.allow("file.export_png", self._exports.can_export_picture)
        self._actions.allow("file.export_onnx", self._exports.can_export_model)
        self._follow_history()
