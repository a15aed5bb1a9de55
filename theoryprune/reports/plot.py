"""A picture of the density and the flow of every layer."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from theoryprune.reports.summary import Summary
from theoryprune.types import Scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Two hues of the palette of Okabe and Ito, which the colour-blind can tell apart, and that differ in lightness too.
_KEPT, _EFFECTIVE, _FLOW = "#9ecae1", "#0072b2", "#d55e00"


def plot_layers(
    summary: Summary,
    path: str | os.PathLike[str],
    *,
    scores: Scores | Mapping[str, Scores] | None = None,
    title: str | None = None,
) -> None:
    """Draw the density of every layer and, beneath, the score that each layer holds in total.

    Parameters
    ----------
    summary : Summary
        Of `summarize`.
    path : path
        Ends in ``.png``, ``.svg`` or ``.pdf``; a file there is replaced.
    scores : Scores or mapping of str to Scores, optional
        Scores of the pruned network, or several by the label to print: ``{"before": ..., "after": ...}``. A layer's
        total of `synflow` is the flow through it, the same for all layers of a chain.
    title : str, optional
        Of the picture.

    Raises
    ------
    ImportError
        If matplotlib, which the extra ``bench`` brings, is missing.
    ValueError
        If the scores are of another network, or the ending of `path` is no picture format.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("plot_layers needs matplotlib; install it with: pip install 'theoryprune[bench]'") from error
    by_label = {"flow": scores} if isinstance(scores, Scores) else dict(scores or {})
    for label, one in by_label.items():
        if set(one.values) - {row.name for row in summary.rows}:
            raise ValueError(f"scores: those named '{label}' are of another network than the summary")
    count = len(summary.rows)
    figure = Figure(figsize=(min(24.0, max(6.0, 2.0 + 0.3 * count)), 6.6 if by_label else 3.9), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2 if by_label else 1, 1, sharex=True, squeeze=False)[:, 0]
    _draw_density(axes[0], summary)
    if by_label:
        _draw_scores(axes[1], summary, by_label)
    _name_layers(axes[-1], summary)
    if title:
        figure.suptitle(title)
    figure.savefig(path, dpi=150, metadata=no_date(path))


def _draw_density(axes: Axes, summary: Summary) -> None:
    """Draw bars on a logarithmic axis, the effective part in the stronger colour; mark layers without a weight."""
    kept = [row.density for row in summary.rows]
    effective = [row.effective / row.weights for row in summary.rows]
    floor = min([d for d in (*kept, *effective) if d] or [0.1])
    bottom = 10.0 ** math.floor(math.log10(floor) - 0.15)
    places = range(len(kept))
    axes.bar(places, [max(d - bottom, 0) for d in kept], bottom=bottom, color=_KEPT, label="kept")
    axes.bar(
        places, [max(d - bottom, 0) for d in effective], bottom=bottom, width=0.45, color=_EFFECTIVE, label="effective"
    )
    axes.axhline(summary.density, color="black", linewidth=0.8, linestyle="--", label=f"all: {summary.density:.4g}")
    empty = [i for i, density in enumerate(kept) if not density]
    if empty:
        axes.plot(empty, [bottom * 1.25] * len(empty), "kx", markersize=5, label="empty")
    axes.set(yscale="log", ylim=(bottom, 1.6), ylabel="density")
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, fontsize="small")


def _draw_scores(axes: Axes, summary: Summary, by_label: Mapping[str, Scores]) -> None:
    """Draw the decimal logarithm of the layers' totals: a flow can exceed the range of any float.

    No line joins the marks, for neighbours in the picture may be parallel branches of the network.
    """
    styles = [("o", _FLOW), ("s", _EFFECTIVE), ("^", "black"), ("D", "#cc79a7")]
    for i, (label, scores) in enumerate(by_label.items()):
        marker, color = styles[i % len(styles)]
        heights = [_log_total(scores, row.name) for row in summary.rows]
        label = f"{label}: none" if all(math.isnan(height) for height in heights) else label
        axes.plot(range(len(heights)), heights, marker=marker, linestyle="", color=color, label=label, markersize=5)
    method = f"{next(iter(by_label.values())).method} score".strip()
    axes.set(ylabel=f"log$_{{10}}$ of total {method}")
    axes.grid(alpha=0.3)
    axes.legend(loc="best", frameon=False, fontsize="small")


def _log_total(scores: Scores, name: str) -> float:
    """Return log10 of a layer's total score, NaN (no mark) where there is none."""
    values = scores.values.get(name)
    total = 0.0 if values is None else float(values.to(torch.float64).sum())
    return math.log10(total) + (scores.exponent or 0) * math.log10(2) if total > 0 else math.nan


def _name_layers(axes: Axes, summary: Summary) -> None:
    """Write the layers' names below, thinned out where they would overlap."""
    step = max(1, math.ceil(len(summary.rows) / 70))
    names = [row.name.removesuffix(".weight") for row in summary.rows]
    axes.set_xticks(range(0, len(names), step), names[::step], rotation=90, fontsize="x-small")
    axes.set_xlim(-0.8, len(names) - 0.2)


def no_date(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Leave the date out of the file, so that the same picture has the same bytes."""
    ending = os.fspath(path).rpartition(".")[2].lower()
    if ending not in {"png", "svg", "pdf"}:
        raise ValueError(f"path must end in .png, .svg or .pdf, got '{os.path.basename(os.fspath(path))}'")
    return {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[ending]
