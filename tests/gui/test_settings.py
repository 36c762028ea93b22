"""Settings: an ini file of its own, and nothing in it can stop the program."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray

from gui.settings import RECENT_FILES, Folders, Settings


def test_recent_files_come_back_newest_first(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.codebrush" for number in range(RECENT_FILES + 3)]
    settings = Settings(tmp_path / "codebrush.ini")
    for file in files:
        file.touch()
        settings.add_recent(file)
    settings.add_recent(files[5])
    settings.sync()
    again = Settings(tmp_path / "codebrush.ini")
    assert again.recent[:3] == (files[5], files[-1], files[-2])
    assert len(again.recent) == RECENT_FILES
    files[5].unlink()
    assert again.recent[0] == files[-1]
    again.forget_recent()
    assert again.recent == ()


def test_a_single_recent_file_survives_the_ini(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "codebrush.ini")
    (tmp_path / "a, b.codebrush").touch()
    settings.add_recent(tmp_path / "a, b.codebrush")
    settings.sync()
    assert Settings(tmp_path / "codebrush.ini").recent == (tmp_path / "a, b.codebrush",)


def test_geometry_and_folder(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "codebrush.ini")
    assert settings.geometry.isEmpty()
    assert settings.folder == Path.home()
    settings.geometry = QByteArray(b"\x00\x01\xff")
    settings.folder = tmp_path
    settings.sync()
    again = Settings(tmp_path / "codebrush.ini")
    assert again.geometry == QByteArray(b"\x00\x01\xff")
    assert again.folder == tmp_path


def test_a_folder_that_is_gone_is_not_offered(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "codebrush.ini")
    settings.folder = tmp_path / "gone"
    assert settings.folder == Path.home()


def test_a_foreign_file_in_its_place_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "codebrush.ini"
    path.write_bytes(b"\x00\xff nonsense [[[\n[files]\nrecent=7\n")
    settings = Settings(path)
    assert settings.recent == ()
    assert settings.geometry.isEmpty()


def test_the_users_folders_are_the_systems(tmp_path: Path) -> None:
    folders = Folders.of_the_user()
    assert folders.settings.name == "codebrush.ini"
    assert folders.autosaves.parent == folders.data
    assert tmp_path not in folders.settings.parents
