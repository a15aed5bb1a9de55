"""Citations of what a piece of work used."""

from __future__ import annotations

from theoryprune.reports.bibliography import ENTRIES, SOURCES


def cite(*names: str) -> str:
    """Return the BibTeX entries of methods and models.

    Parameters
    ----------
    *names : str
        Names of scores (``"synflow"``), ablations, schedules, measures and models; all of them if none is given.

    Returns
    -------
    str
        One entry per work, each once, in the order of the names.

    Raises
    ------
    ValueError
        If a name is unknown; the message lists the known ones.

    Examples
    --------
    >>> print(cite("synflow").splitlines()[0])
    @inproceedings{tanaka2020synflow,
    """
    unknown = [name for name in names if name not in SOURCES]
    if unknown:
        raise ValueError(f"names: no citation for {', '.join(map(repr, unknown))}; known are {', '.join(SOURCES)}")
    keys = dict.fromkeys(key for name in names or SOURCES for key in SOURCES[name])
    return "\n\n".join(ENTRIES[key] for key in keys)
