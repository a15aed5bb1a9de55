"""Where data sets lie that are not in a wheel: the standard layouts below one folder."""

import os
from pathlib import Path

import theoryprune as tp

VARIABLE = "THEORYPRUNE_DATA"


def require_data(relative: str, what: str, data: Path | None = None) -> Path:
    """Return the path of a file or folder below the folder of data.

    Parameters
    ----------
    relative : str
        Where the standard layout has it.
    what : str
        What it is, for the error.
    data : Path, optional
        The folder; by default what THEORYPRUNE_DATA names.

    Raises
    ------
    DataError
        If no folder is named, or it lacks the file: the message says what is missing and where to put it.
    """
    folder = data or (Path(found) if (found := os.environ.get(VARIABLE)) else None)
    if folder is None:
        raise tp.DataError(
            f"{what} is not there: set {VARIABLE} to a folder (or give one as data) that holds it as {relative}"
        )
    path = Path(folder) / relative
    if not path.exists():
        raise tp.DataError(f"{what} is not there: put it at {path}")
    return path
