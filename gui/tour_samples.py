"""The tour through the Samples workspace: pictures coming into being, more like one, what sources give."""

from __future__ import annotations

from PySide6.QtCore import Qt

from engine.models.registry import find_model
from gui.visitor import Visitor
from gui.workspaces.samples import SamplesWorkspace

LABEL = "Flags"
"""Of the built-in model: what one recognises at once."""
TWO_LEVELS, ANIMALS = "emoji-vqvae2", "Animals & Nature"


def visit_samples(visitor: Visitor) -> None:
    """With a prior, pictures while they are drawn and more like one; then all sources side by side."""
    studio = visitor.studio
    state = studio.samples
    visitor.trigger("workspace.samples")
    workspace = studio.window.workspaces.currentWidget()
    assert isinstance(workspace, SamplesWorkspace)
    if "prior" in state.sources:
        state.label = next((label for label in state.labels if label == LABEL), "")
        visitor.click(workspace.form.draw)
        visitor.wait(lambda: _rows_seen(visitor) > 0.5, "half of the pictures")
        state.cancel()
        visitor.shoot("samples-being-drawn")
        _more_like_one(visitor, workspace)
    state.label, state.compares, state.count = "", True, 9
    visitor.click(workspace.form.draw)
    visitor.wait(lambda: not state.is_running, "the samples")
    workspace.gallery.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_F):
        visitor.press(workspace.gallery, key)
    visitor.shoot("samples-side-by-side")
    _of_two_levels(visitor, workspace)
    visitor.trigger("workspace.paint")


def _more_like_one(visitor: Visitor, workspace: SamplesWorkspace) -> None:
    """Of a few pictures the second one, and what is like it."""
    state = visitor.studio.samples
    state.count = 6
    visitor.click(workspace.form.draw)
    visitor.wait(lambda: not state.is_running, "a few samples")
    workspace.gallery.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_M):
        visitor.press(workspace.gallery, key)
    visitor.wait(lambda: not state.is_running, "more like one of them")
    visitor.shoot("samples-more-like-one")


def _of_two_levels(visitor: Visitor, workspace: SamplesWorkspace) -> None:
    """What is where comes first: animals, of which there are not many to learn from."""
    state = visitor.studio.samples
    state.choose_model(find_model(TWO_LEVELS))
    state.label, state.compares, state.count = ANIMALS, False, 24
    visitor.click(workspace.form.draw)
    visitor.wait(lambda: not state.is_running, "animals")
    visitor.shoot("samples-of-two-levels")


def _rows_seen(visitor: Visitor) -> float:
    """The share of the first picture that is drawn."""
    groups = visitor.studio.samples.groups
    samples = groups[0].samples if groups else {}
    return samples[0].seen_px / len(samples[0].picture) if samples else 0.0
