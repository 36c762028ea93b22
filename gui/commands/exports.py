"""Taking the picture and the model away: PNG and ONNX."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gui.canvas.picture import PictureStore
from gui.dialogs.choose_file import FileChooser
from gui.dialogs.export_onnx import ExportOnnxDialog
from gui.dialogs.export_png import ExportPngDialog
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.state.painting import PaintingState
from gui.state.session import Session
from gui.workers.decode import DecodeLoop
from gui.workers.export import Exported, PngOrder, export_png
from gui.workers.files import snapshot
from gui.workers.job import Worker


class Exports:
    """PNGs are decoded on `model_worker`, where the model is; ONNX graphs are made on `exporter`."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        painting: PaintingState,
        picture: PictureStore,
        decoding: DecodeLoop,
        settings: Settings,
        chooser: FileChooser,
        model_worker: Worker,
        exporter: Worker,
        when_whole: Callable[[Callable[[], object]], object],
    ) -> None:
        """`when_whole` does what it is given once the picture shows all of the painting."""
        self._window, self._session, self._painting = window, session, painting
        self._picture, self._decoding = picture, decoding
        self._settings, self._chooser = settings, chooser
        self._model_worker, self._exporter, self._when_whole = model_worker, exporter, when_whole

    @property
    def can_export_picture(self) -> bool:
        """Whether the picture is, or can be, decoded by the painting's own model."""
        decoder = self._session.decoder
        return decoder is not None and decoder.model_id == self._painting.painting.model_id

    @property
    def can_export_model(self) -> bool:
        """Whether the model is a file with weights (an exported folder is an export already)."""
        return self._session.card is not None and self._session.card.path.suffix == ".safetensors"

    def export_png(self) -> None:
        self._painting.settle()
        self._when_whole(
            lambda: ExportPngDialog(self._window, self._picture.pixels(), self._ask_where).open()
        )

    def export_onnx(self) -> None:
        card = self._session.card
        if card is not None:
            ExportOnnxDialog(self._window, card, self._exporter, self._chooser, self._settings.folder).open()

    def _ask_where(self, scale: int, smooth: bool) -> None:
        painting = self._painting.painting
        name = f"{painting.path.stem if painting.path else painting.title}.png"
        self._chooser.to_save(
            "Export picture",
            name,
            "png",
            "PNG images (*.png)",
            lambda path: self._export(path, scale, smooth),
        )

    def _export(self, path: Path, scale: int, smooth: bool) -> None:
        decoder, messages = self._session.decoder, self._window.messages
        if decoder is None:
            return
        whole = None if self._decoding.is_busy else self._picture.pixels()
        order = PngOrder(snapshot(self._painting.painting), whole, decoder, path, scale, smooth)
        ticket = self._model_worker.run(
            lambda ticket: export_png(order, ticket), on_done=self._exported, on_error=messages.say_fault
        )
        messages.say("info", f"Exporting {path.name}", "Cancel", ticket.cancel)

    def _exported(self, exported: Exported) -> None:
        if exported.has_painting:
            self._window.messages.say("good", f"Exported to {exported.path}")
        else:
            text = f"Exported to {exported.path} without the painting inside, which takes more than 1 MB"
            self._window.messages.say("warn", text)
