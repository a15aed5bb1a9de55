"""A network before and after pruning, layer by layer and in total."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import torch
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text
from torch import Tensor

from theoryprune.errors import BudgetError
from theoryprune.graph.reach import effective_weights, sweep
from theoryprune.graph.transform import apply_mask, check_fits
from theoryprune.masks.keep_top import nothing_to_prune
from theoryprune.measures import CONVENTION, Size, layer_macs, nonzero_mask, size, stored_bytes
from theoryprune.reports.rows import LayerRow, layer_row
from theoryprune.reports.table import caption, render_html, render_text, summary_table
from theoryprune.types import Mask, WeightGraph

SCHEMA = 1
"""Number of the layout of `Summary.to_dict`."""


class Sentence(Protocol):
    """Anything that says what is certain about a pruned network: a certificate."""

    def __str__(self) -> str:
        """Return the sentence."""


@dataclass(frozen=True)
class Compacted:
    """What a physically smaller network holds and computes, dense: parameters, multiply-accumulates, bytes."""

    parameters: int
    macs: int
    bytes: int


@dataclass(frozen=True)
class Summary:
    """What pruning left of a network.

    Parameters
    ----------
    rows : tuple of LayerRow
        The weight layers in registration order.
    size : Size
        Parameters in total, prunable, kept.
    effective : int
        Kept prunable weights that are not zero and lie on a path from the input to the output.
    macs, macs_nominal, macs_effective : int
        Multiply-accumulates for one example (see `convention`): dense, kept weights, effective weights.
    bytes_dense : int
        Of all tensors of the dense network.
    empty_layers, disconnected_layers : tuple of str
        Layers without a kept, and without an effective weight.
    collapsed : bool
        Whether no path leads from the input to the output over weights that are not zero.
    compacted : Compacted or None
        The counts of the smaller network, if that is what was given.
    certificate : str or None
        The sentence of the certificate given.
    convention : str
        What a multiply-accumulate is.
    """

    rows: tuple[LayerRow, ...]
    size: Size
    effective: int
    macs: int
    macs_nominal: int
    macs_effective: int
    bytes_dense: int
    empty_layers: tuple[str, ...]
    disconnected_layers: tuple[str, ...]
    collapsed: bool
    compacted: Compacted | None = None
    certificate: str | None = None
    convention: str = CONVENTION

    @property
    def density(self) -> float:
        """Kept over prunable weights."""
        return self.size.density

    @property
    def density_effective(self) -> float:
        """Effective over prunable weights."""
        return self.effective / self.size.prunable

    @property
    def theoretical_speedup(self) -> float:
        """Dense over effective multiply-accumulates: a count, and no speed (infinite where nothing is left)."""
        return self.macs / self.macs_effective if self.macs_effective else math.inf

    def table(self) -> Table:
        """Return the rows and totals as a rich table, without the sentences printed below it."""
        return summary_table(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data for JSON, each ratio beside the counts it comes from."""
        data = asdict(self)
        for row, plain in zip(self.rows, data["rows"], strict=True):
            plain["density"] = row.density
        ratios = {
            "density": self.density,
            "density_effective": self.density_effective,
            "compression_prunable": self.size.compression_prunable,
            "compression_total": self.size.compression_total,
            "theoretical_speedup": self.theoretical_speedup,
        }
        finite = {key: value if math.isfinite(value) else None for key, value in ratios.items()}
        return {"schema": SCHEMA, **finite, **data}

    def to_json(self, indent: int | None = 2) -> str:
        """Return `to_dict` as JSON text; infinite ratios are null."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.table()
        yield Text(caption(self))

    def __str__(self) -> str:
        return render_text(self)

    def _repr_html_(self) -> str:
        return render_html(self)


def summarize(
    graph: WeightGraph, sparse: WeightGraph | Mask | None = None, *, certificate: Sentence | None = None
) -> Summary:
    """Compare a network with what pruning left of it.

    Parameters
    ----------
    graph : WeightGraph
        The dense network.
    sparse : WeightGraph or Mask, optional
        Either the masked network (same shapes; the zeros are the mask), or the compacted one (smaller), or the mask
        itself, which alone says which layers were protected. Nothing: the zeros of `graph` are the mask.
    certificate : optional
        Its sentence is printed with the table.

    Returns
    -------
    Summary
        Prints as a table (also in notebooks), ``to_dict()`` and ``to_json()`` give data.

    Raises
    ------
    ValueError
        If `sparse` is no pruned version of `graph`: other names, or larger shapes; or a graph without values is to be
        compared with another one.
    BudgetError
        If the network has no prunable weight: there is no ratio to report.
    TypeError
        If `sparse` is neither a graph nor a mask.

    Notes
    -----
    On the meta device every weight counts as not zero. Cost: two sweeps of reachability over the masks.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> graph = tp.extract(torch.nn.Linear(3, 2), (3,))
    >>> summary = tp.summarize(graph, tp.Mask({"weight": torch.eye(2, 3, dtype=torch.bool)}))
    >>> summary.size.kept, summary.macs, summary.macs_nominal
    (2, 6, 2)
    """
    if not graph.order:
        raise BudgetError(nothing_to_prune(protected=False))
    after, mask, counted = _pruned(graph, sparse)
    no_values = after.device.type == "meta"
    effective = mask if no_values else Mask(effective_weights(after))
    macs = (layer_macs(graph), layer_macs(after, mask), layer_macs(after, effective))
    gone = torch.zeros(0, dtype=torch.bool)
    rows = tuple(
        layer_row(
            layer,
            after.weight_layers.get(name),
            mask.keep.get(name, gone),
            effective.keep.get(name, gone),
            (macs[0][name], macs[1].get(name, 0), macs[2].get(name, 0)),
            "" if name in counted else "protected",
        )
        for name, layer in graph.weight_layers.items()
    )
    total, dense_bytes = size(graph).total, stored_bytes(graph)
    left = Compacted(size(after).total, sum(layer_macs(after).values()), stored_bytes(after))
    return Summary(
        rows=rows,
        size=Size(total, sum(row.prunable for row in rows), sum(row.kept for row in rows if row.prunable)),
        effective=sum(row.effective for row in rows if row.prunable),
        macs=sum(row.macs for row in rows),
        macs_nominal=sum(row.macs_nominal for row in rows),
        macs_effective=sum(row.macs_effective for row in rows),
        bytes_dense=dense_bytes,
        empty_layers=tuple(row.name for row in rows if not row.kept),
        disconnected_layers=tuple(row.name for row in rows if not row.effective),
        collapsed=not no_values and not bool(sweep(after).from_input[after.output].any()),
        compacted=left if left.parameters < total or left.bytes < dense_bytes else None,
        certificate=None if certificate is None else str(certificate),
    )


def _pruned(graph: WeightGraph, sparse: WeightGraph | Mask | None) -> tuple[WeightGraph, Mask, frozenset[str]]:
    """Return the network after pruning, a mask over all its weights, and the names of the weights that count."""
    if isinstance(sparse, Mask):
        check_fits(graph, sparse)
        after = graph if graph.device.type == "meta" else apply_mask(graph, sparse)
        return after, Mask({**_everything(graph), **sparse.keep}), frozenset(sparse.keep)
    after = graph if sparse is None else sparse
    if not isinstance(after, WeightGraph):
        raise TypeError(f"sparse must be a WeightGraph, a Mask or None, got {type(sparse).__name__}")
    for name, weight in after.weights.items():
        dense = graph.weights.get(name)
        if (
            dense is None
            or dense.ndim != weight.ndim
            or any(a > b for a, b in zip(weight.shape, dense.shape, strict=True))
        ):
            found = "is missing" if dense is None else f"has {tuple(dense.shape)}"
            raise ValueError(
                f"sparse is no pruned version of graph: its weight '{name}' has shape {tuple(weight.shape)}, in graph "
                f"it {found}"
            )
    mask = Mask(_everything(after)) if after.device.type == "meta" else nonzero_mask(after)
    return after, mask, frozenset(graph.order)


def _everything(graph: WeightGraph) -> dict[str, Tensor]:
    return {name: torch.ones(weight.shape, dtype=torch.bool) for name, weight in graph.weights.items()}
