"""What the window remembers between starts, in one ini file; and where autosaves go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

RECENT_FILES = 10


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the window keeps things that are not the user's own files."""

    config: Path
    data: Path
    more_runs: Path | None = None  # where the command line keeps runs, beside those of the window

    @classmethod
    def of_the_user(cls) -> Folders:
        """The system's places for them."""
        from platformdirs import user_config_path, user_data_path

        return cls(
            user_config_path("codebrush", False), user_data_path("codebrush", False), more_runs=Path("runs")
        )

    @property
    def settings(self) -> Path:
        return self.config / "codebrush.ini"

    @property
    def runs(self) -> tuple[Path, ...]:
        """Where runs are; those that the window starts go to the first."""
        own = self.data / "runs"
        return (own,) if self.more_runs is None else (own, self.more_runs)

    @property
    def autosaves(self) -> Path:
        return self.data / "autosave"


class Settings:
    """Window geometry, recent files and the last folder. What cannot be read or written is forgotten."""

    def __init__(self, path: Path) -> None:
        self._ini = QSettings(str(path), QSettings.Format.IniFormat)

    @property
    def geometry(self) -> QByteArray:
        value = self._ini.value("window/geometry")
        return value if isinstance(value, QByteArray) else QByteArray()

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._ini.setValue("window/geometry", value)

    @property
    def recent(self) -> tuple[Path, ...]:
        """Files opened and saved, the last one first; those that are gone are left out."""
        paths = (Path(text) for text in self._texts("files/recent"))
        return tuple(path for path in paths if path.exists())

    def add_recent(self, path: Path) -> None:
        path = path.absolute()
        self._set_texts("files/recent", [str(path), *(str(p) for p in self.recent if p != path)])

    def forget_recent(self) -> None:
        self._ini.remove("files/recent")

    @property
    def folder(self) -> Path:
        """Where the last file dialog was."""
        text = self._ini.value("files/folder")
        folder = Path(text) if isinstance(text, str) else Path.home()
        return folder if folder.is_dir() else Path.home()

    @folder.setter
    def folder(self, folder: Path) -> None:
        self._ini.setValue("files/folder", str(folder))

    def sync(self) -> None:
        """Write it to the file now."""
        self._ini.sync()

    def _texts(self, key: str) -> list[str]:
        # An ini list of one comes back as a plain string.
        value = self._ini.value(key)
        values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return [text for text in values if isinstance(text, str)]

    def _set_texts(self, key: str, texts: Sequence[str]) -> None:
        self._ini.setValue(key, list(texts[:RECENT_FILES]))
