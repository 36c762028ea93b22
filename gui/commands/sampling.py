"""What the window does with samples: paint with one, keep them as a sheet or as codes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.checkpoint import ModelCard
from engine.codes.document import Painting
from engine.decoding.codes_file import write_codes
from exporters.animation import save_gif
from exporters.contact_sheet import contact_sheet
from exporters.images import save_png
from gui.commands.files import Files
from gui.commands.models import Models
from gui.dialogs.choose_file import FileChooser
from gui.main_window import MainWindow
from gui.samples.words import SOURCES
from gui.state.drawn import Group, Sample
from gui.state.samples import SamplesState
from gui.workers.job import Worker
from gui.workers.kernel import KernelCompiler

NOTHING_CHOSEN = "No picture is chosen: click one, or go to it with the arrow keys"
STILL_DRAWN = "This picture is still being drawn: wait until it is whole, or choose another one"
NOT_DRAWN = "This picture came from a latent vector all at once: only codes are drawn one after another"


class Sampling:
    """Commands around `SamplesState`."""

    def __init__(
        self,
        window: MainWindow,
        state: SamplesState,
        models: Models,
        files: Files,
        chooser: FileChooser,
        writer: Worker,
        compiler: KernelCompiler,
        train_prior: Callable[[ModelCard | None], object],
    ) -> None:
        """`writer` writes files; `compiler` gets the sampler ready."""
        self._window, self._state = window, state
        self._models, self._files = models, files
        self._chooser, self._writer = chooser, writer
        self._compiler, self._train_prior = compiler, train_prior
        state.failed.connect(window.messages.say_fault)
        state.model_changed.connect(self._prepare)

    def _prepare(self) -> None:
        card = self._state.card
        if card is not None and card.prior is not None:
            self._compiler.start()

    def paint(self, group: Group, sample: Sample) -> None:
        """Open a sample as a new painting, after asking what would be lost."""
        title = f"{SOURCES[group.source][0]} {'-'.join(map(str, (group.request.seed, *sample.line)))}"
        painting = Painting.of_codes(sample.codes, group.card, title)
        self._files.when_safe(lambda: self._models.show(painting, sample.picture))

    def commands(self) -> dict[str, Callable[[], object]]:
        """By the names of their actions."""
        return {"samples.more_like": self.more_like, "samples.save_gif": self.save_gif}

    def more_like(self) -> None:
        """Pictures that share most of the chosen one; says why where there can be none."""
        chosen = self._whole_one()
        if chosen is None:
            return
        card = chosen[0].card
        if card.levels and card.prior is None:
            text = f"{card.name} has no prior, which would draw codes that go with those of this picture"
            self._window.messages.say("info", text, "Train a prior", lambda: self._train_prior(card))
        else:
            self._state.more_like(*chosen)

    def save_gif(self) -> None:
        """The chosen picture being drawn; says why where it cannot be."""
        chosen = self._whole_one()
        if chosen is None:
            return
        if not chosen[1].codes:
            self._window.messages.say("info", NOT_DRAWN)
            return

        def save(path: Path) -> None:
            self._state.animate(*chosen, lambda frames: self._write(path, lambda: save_gif(path, frames)))

        self._chooser.to_save("Save as GIF", "sample.gif", "gif", "GIF animation (*.gif)", save)

    def _whole_one(self) -> tuple[Group, Sample] | None:
        """The chosen picture; says so where there is none, or only a part of it."""
        chosen = self._state.chosen
        if chosen is not None and chosen[1].is_whole:
            return chosen
        self._window.messages.say("info", NOTHING_CHOSEN if chosen is None else STILL_DRAWN)
        return None

    def save_sheet(self) -> None:
        """Favourites, or all where there are none, side by side as a PNG."""
        self._save("Save contact sheet", "samples.png", "PNG image (*.png)", self._write_sheet)

    def save_codes(self) -> None:
        """The codes of the same pictures."""
        self._save("Save codes", "samples.npz", "Codes (*.npz)", self._write_codes)

    def _save(self, title: str, name: str, filters: str, write: Callable[[Path, list[Sample]], None]) -> None:
        kept = self.kept
        if kept:
            suffix = Path(name).suffix[1:]
            self._chooser.to_save(
                title, name, suffix, filters, lambda path: self._write(path, lambda: write(path, kept))
            )

    def _write(self, path: Path, write: Callable[[], None]) -> None:
        self._writer.run(
            lambda _: write(),
            on_done=lambda _: self._window.messages.say("good", f"Saved to {path}"),
            on_error=self._window.messages.say_fault,
        )

    @property
    def kept(self) -> list[Sample]:
        """The favourites; all whole pictures where there are none."""
        whole = [sample for group in self._state.groups for sample in group.in_order if sample.is_whole]
        return [sample for sample in whole if sample.is_favourite] or whole

    @staticmethod
    def _write_sheet(path: Path, samples: list[Sample]) -> None:
        save_png(path, contact_sheet([sample.picture for sample in samples]))

    @staticmethod
    def _write_codes(path: Path, samples: list[Sample]) -> None:
        levels = zip(*(sample.codes for sample in samples), strict=True)
        sizes = np.array([sample.picture.shape[:2] for sample in samples], np.int64)
        write_codes(path, [np.stack(level) for level in levels], sizes)
