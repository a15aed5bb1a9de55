"""A picture of the curve of error versus size, and of what each group of channels keeps along it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from theoryprune.coresets import Path, Reduction
from theoryprune.reports.plot import no_date
from theoryprune.reports.reduction import MEANING, path_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINE, _MARK, _INK = "#0072b2", "#d55e00", "#222222"
_GROUPS, _POINTS, _LONGEST = 60, 2000, 28
_NARROW = 0.8
_SMALL: dict[str, Any] = {"ha": "center", "fontsize": "small", "color": "#666666"}
_NAMES = {"params": "parameters", "macs": "multiply-accumulates", "channels": "channels"}


def plot_curve(reduction: Reduction, path: str | os.PathLike[str], *, title: str | None = None) -> None:
    """Draw the error against the size kept and, beneath, the width of every group along that curve.

    Parameters
    ----------
    reduction : Reduction
        Of `reduce` with a `Budget`.
    path : path
        Ends in ``.png``, ``.svg`` or ``.pdf``; a file there is replaced.
    title : str, optional
        Of the picture.

    Raises
    ------
    ImportError
        If matplotlib, which the extra ``bench`` brings, is missing.
    ValueError
        If the widths were given, so that there is no curve, or the ending of `path` is no picture format.
    """
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("plot_curve needs matplotlib; install it with: pip install 'theoryprune[bench]'") from error
    curve, plain = path_of(reduction), no_date(path)
    count = len(curve.names)
    lower = min(6.0, 0.5 + 0.24 * count)
    figure = Figure(figsize=(7.4, 3.3 + (lower if count <= _GROUPS else 0)), layout="constrained")
    FigureCanvasAgg(figure)
    if count <= _GROUPS:
        axes = figure.subplots(2, 1, sharex=True, height_ratios=(2.8, lower))
        _draw_widths(axes[1], reduction, curve)
    else:
        axes = [figure.subplots()]
    _draw_errors(axes[0], reduction, curve)
    axes[-1].set_xlabel(f"{_NAMES[reduction.plan.quantity]} kept")
    if title:
        figure.suptitle(title)
    with mpl.rc_context({"svg.hashsalt": "theoryprune"}):  # the same bytes on every run
        figure.savefig(path, dpi=150, metadata=plain)


def _draw_errors(axes: Axes, reduction: Reduction, curve: Path) -> None:
    """Draw the curve on a logarithmic axis; the full network, whose error is 0, is where it leaves the picture."""
    plan, divided = reduction.plan, reduction.plan.allocation
    shown = curve.thinned(_POINTS)
    sizes, errors = np.array(shown.costs) / plan.total, shown.errors
    some = errors > 0
    axes.fill_between(sizes[some], errors[some], color=_LINE, alpha=0.08, linewidth=0, step="pre")
    axes.plot(sizes[some], errors[some], color=_LINE, linewidth=1.8, drawstyle="steps-pre")
    if some.any():
        axes.set_yscale("log")
        least = max(float(errors[some].min()), float(errors.max()) * 1e-4)
        axes.set_ylim(least * 0.7, float(errors.max()) * 1.6)
        free = float(sizes[errors < least].min(initial=1.0))
        if free < _NARROW:
            note = f"error below {least:.0e}"
            axes.text((free + 1) / 2, 0.05, note, transform=axes.get_xaxis_transform(), **_SMALL)
    if divided is not None:
        place = plan.spent / plan.total, divided.error
        axes.axvline(place[0], color=_MARK, linewidth=1, linestyle=(0, (4, 3)))
        if place[1] > 0:
            axes.plot(*place, "o", color=_MARK, markersize=7, markeredgecolor="white", zorder=3)
        right = place[0] < 0.6
        axes.annotate(
            f"{divided.budget.quantity} = {divided.budget.amount:g}\n{place[0]:.1%} kept, error {place[1]:.3g}",
            (place[0], 0.94), xycoords=("data", "axes fraction"), xytext=(8 if right else -8, 0),
            textcoords="offset points", ha="left" if right else "right", va="top", color=_MARK, fontsize="small",
        )  # fmt: skip
    axes.set(xlim=(0, 1), ylabel="summed error")
    axes.set_title(f"errors that divide the budget, added up: {MEANING[plan.weighting]}", fontsize="small", loc="left")
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_widths(axes: Axes, reduction: Reduction, curve: Path) -> None:
    """Draw a band for each group: the darker, the more of its channels are kept."""
    total, grid = reduction.plan.total, np.linspace(0, 1, 401)
    sizes = np.array(curve.costs)[::-1] / total
    middle = (grid[:-1] + grid[1:]) / 2
    rows = len(sizes) - np.searchsorted(sizes, middle, side="right")  # the first network no larger than that
    shares = curve.widths / curve.widths[0]
    bands = np.where(rows[:, None] < len(sizes), shares[np.minimum(rows, len(sizes) - 1)], np.nan)
    places = np.arange(len(curve.names) + 1)
    mesh = axes.pcolormesh(grid, places, bands.T, cmap="Blues", vmin=-0.12, vmax=1.1, rasterized=True)
    mesh.set_edgecolor("face")
    axes.hlines(places[1:-1], 0, 1, color="white", linewidth=1.5)
    axes.axvline(reduction.spent / total, color=_MARK, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_ylim(len(curve.names), 0)
    axes.set_yticks(places[:-1] + 0.5, [_shortened(name) for name in curve.names], fontsize="x-small")
    right = axes.secondary_yaxis("right")
    kept = [f"{reduction.widths[name]} of {full}" for name, full in zip(curve.names, curve.widths[0], strict=True)]
    right.set_yticks(places[:-1] + 0.5, kept, fontsize="x-small", color=_MARK)
    for side in (axes, right):
        side.tick_params(axis="y", length=0)
        side.spines[:].set_visible(False)
    axes.set_title("channels kept in each group: all (dark) to none (pale)", fontsize="small", loc="left", color=_INK)


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else f"...{name[3 - _LONGEST :]}"
