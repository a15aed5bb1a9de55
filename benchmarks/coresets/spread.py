"""A few repeated measurements in one cell."""

import statistics
from collections.abc import Sequence


def spread(values: Sequence[float], digits: int = 3) -> str:
    """Return ``median (least-largest)``, or the value alone if there is one."""
    if len(values) == 1:
        return f"{values[0]:.{digits}g}"
    return f"{statistics.median(values):.{digits}g} ({min(values):.{digits}g}-{max(values):.{digits}g})"


def mean_spread(values: Sequence[float], digits: int = 3) -> str:
    """Return ``mean +- standard deviation`` of a sample, or the value alone if there is one."""
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{statistics.mean(values):.{digits}f} ± {statistics.stdev(values):.{digits}f}"
