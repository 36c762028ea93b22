"""Everything a user can cause, one exception per kind; `str(error)` is the whole message to show.

A message names the file or value, says what is wrong with it and, where there is something to do,
what to do. The command line prints it on one line, the window shows it as it is.
"""

from __future__ import annotations

from pathlib import Path


class CodebrushError(Exception):
    """Base of all errors whose text is meant for the user."""


class FileFault(CodebrushError):
    """A file that cannot be used: says which one and why."""

    def __init__(self, path: Path | str, fault: str) -> None:
        super().__init__(f"{path}: {fault}")
        self.path = Path(path)
        self.fault = fault


class ModelFault(FileFault):
    """A model file that is truncated, foreign, tampered with or of another version."""


class ModelNotFound(CodebrushError):
    """No built-in model, run or file of that name."""


class PaintingFault(FileFault):
    """A `.codebrush` file that cannot be opened."""


class CodesFault(CodebrushError):
    """Codes out of range, of another type or of a shape that does not fit the model."""


class PriorFault(CodebrushError):
    """A prior that is asked of a model without one, or with a condition that does not fit."""


class PictureFault(FileFault):
    """An image that cannot be read or is too large."""


class DataFault(CodebrushError):
    """A data source that is missing, empty or unreadable."""


class OptionFault(CodebrushError):
    """An unknown option or a value out of its range."""


class CannotWrite(FileFault):
    """A file or folder that cannot be written: full disk, no permission, not a folder."""


class RunFault(FileFault):
    """A run folder that cannot be used: half written, of another version, or in use."""


class TrainingFault(CodebrushError):
    """Training that had to stop, e.g. because its loss is no longer finite."""
