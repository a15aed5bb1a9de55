"""Summaries as rich tables, as text and as HTML."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from theoryprune.reports.rows import LayerRow
    from theoryprune.reports.summary import Summary

WIDTH = 120
"""Columns of text and HTML; on a terminal the table takes what there is."""


def summary_table(summary: Summary) -> Table:
    """Lay out a summary: a row per layer and a row of totals; `caption` says the rest."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    table.add_column("layer", overflow="fold")
    table.add_column("op", no_wrap=True)
    for name in ("channels\nalive", "weights", "kept", "density", "effect-\nive", "MACs", "effect-\nive MACs"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in summary.rows:
        table.add_row(*_cells(row), style=None if row.effective else "dim")
    table.add_section()
    table.add_row(
        "total", f"{len(summary.rows)} layers", "",
        f"{summary.size.prunable:,}", f"{summary.size.kept:,}", percent(summary.density), f"{summary.effective:,}",
        short(summary.macs), short(summary.macs_effective),
        style="bold",
    )  # fmt: skip
    return table


def _cells(row: LayerRow) -> tuple[str | Text, ...]:
    before, after = row.channels_out
    return (
        Text(row.name.removesuffix(".weight")), f"{row.op}{_window(row)}",
        str(before) if after == before else f"{after}/{before}",
        f"{row.weights:,}", f"{row.kept:,}", row.reason or percent(row.density), f"{row.effective:,}",
        short(row.macs), short(row.macs_effective),
    )  # fmt: skip


def _window(row: LayerRow) -> str:
    """Name what differs from a plain convolution: ``/2`` is a stride of 2."""
    parts = []
    if set(row.stride) - {1}:
        parts.append(f"/{'x'.join(map(str, dict.fromkeys(row.stride)))}")
    if set(row.dilation) - {1}:
        parts.append(f"dilation {'x'.join(map(str, dict.fromkeys(row.dilation)))}")
    if row.groups > 1:
        parts.append(f"{row.groups} groups")
    return "".join(f", {part}" for part in parts)


def short(count: int) -> str:
    """Write a count with three digits and a unit where it is long: 1234567 as ``1.23M``."""
    for unit, size in (("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**4)):
        if count >= size:
            scaled = count / (1000 if unit == "k" else size)
            return f"{scaled:.{max(0, 3 - len(str(int(scaled))))}f}{unit}"
    return f"{count:,}"


def caption(summary: Summary) -> str:
    """Say in words what the columns do not hold."""
    size = summary.size
    lines = [
        f"density {percent(summary.density)}, effective {percent(summary.density_effective)}; compression "
        f"{size.compression_prunable:.4g} of the prunable weights, {size.compression_total:.4g} of all parameters",
        f"parameters: {size.total:,}, of them prunable {size.prunable:,}; dense tensors: {summary.bytes_dense:,} bytes",
        f"MACs ({summary.convention}): dense {summary.macs:,}, nominal {summary.macs_nominal:,}, effective "
        f"{summary.macs_effective:,}",
    ]
    if summary.macs_effective:
        lines.append(f"dense / effective MACs: {summary.theoretical_speedup:.4g} (a count, not a speed)")
    if any(len(set(row.channels_out)) > 1 for row in summary.rows):
        lines.append("channels alive: with an effective weight; compaction keeps also those which a sum ties to them")
    if summary.compacted:
        small = summary.compacted
        lines.append(
            f"compacted: {small.parameters:,} parameters, {small.macs:,} MACs, {small.bytes:,} bytes of tensors"
        )
    if summary.empty_layers:
        lines.append(f"empty layers: {', '.join(summary.empty_layers)}")
    cut_off = [name for name in summary.disconnected_layers if name not in summary.empty_layers]
    if summary.collapsed:
        lines.append("collapsed: no path leads from the input to the output")
    elif cut_off:
        lines.append(f"on no path from input to output: {', '.join(cut_off)}")
    if summary.certificate:
        lines.append(summary.certificate)
    return "\n".join(lines)


def percent(fraction: float) -> str:
    """Write a fraction with four significant digits: 1 as ``100%``, 0.000123 as ``0.0123%``."""
    return f"{100 * fraction:.4g}%"


def render_text(renderable: RenderableType, width: int = WIDTH) -> str:
    """Return what a terminal of the given width without colours would show."""
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(renderable)
    return out.getvalue().rstrip("\n")


def render_html(renderable: RenderableType, width: int = WIDTH) -> str:
    """Return an HTML fragment for notebooks."""
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(renderable)
    style = "font-family:monospace;line-height:1.2"
    return console.export_html(inline_styles=True, code_format=f'<pre style="{style}">{{code}}</pre>')
