"""From the trace of a run to its certificate: everything about the network that the theorems ask for."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version

import torch

from theoryprune import __version__
from theoryprune.errors import LayerCollapseError
from theoryprune.graph.cuts import cut_weights
from theoryprune.graph.hashing import graph_sha256
from theoryprune.graph.paths import path_lengths
from theoryprune.graph.rounding import rounding_margin
from theoryprune.layers import Elementwise, LeakyReLU, ReLU, Softmax
from theoryprune.masks.effective import effective_mask
from theoryprune.types import FlowCertificate, FlowRule, Mask, TraceRow, WeightGraph


def certify(
    graph: WeightGraph,
    mask: Mask,
    rows: Sequence[TraceRow],
    final_flow: float,
    final_exponent: int,
    *,
    method: str,
    rule: FlowRule,
    dtype: torch.dtype,
    schedule: str,
    scope: str,
    guard: str | None = None,
) -> FlowCertificate:
    """Return the sealed certificate of a run.

    Parameters
    ----------
    graph : WeightGraph
        The network before pruning.
    mask : Mask
        The final mask. The prunable weights that it does not name were protected.
    rows : sequence of TraceRow
        With all fields of the flow.
    final_flow, final_exponent : float, int
        The flow of the final mask.
    method, rule, dtype, schedule, scope, guard
        See `FlowCertificate`; `dtype` is that of the arithmetic.

    Returns
    -------
    FlowCertificate

    Notes
    -----
    Only collects: whether the theorem held is read off the rows, and `verify` computes them again. Cost: a few passes
    over the weights, one of them of SHA-256.
    """
    counted = set(mask.keep)
    cuts = tuple(name for name in cut_weights(graph) if name in counted)
    protect = tuple(name for name in graph.order if name not in counted)
    shortest, longest = _lengths(graph, protect)
    return FlowCertificate(
        rows=tuple(rows),
        final_flow=final_flow,
        final_exponent=final_exponent,
        method=method,
        rule=rule,
        dtype=str(dtype).removeprefix("torch."),
        gamma=rounding_margin(graph, dtype),
        schedule=schedule,
        scope=scope,
        protect=protect,
        guard=guard,
        exact_cuts=cuts,
        chain=len(cuts) == len(counted),
        shortest_path=shortest,
        longest_path=longest,
        surrogates=surrogates(graph),
        dropped=dropped(graph),
        effective=effective_mask(graph, mask).kept,
        weights_sha256=graph_sha256(graph),
        mask_sha256=mask.sha256,
        versions=versions(),
    ).sealed()


def _lengths(graph: WeightGraph, protect: Sequence[str]) -> tuple[int, int] | tuple[None, None]:
    try:
        return path_lengths(graph, protect)
    except LayerCollapseError:
        return None, None


def surrogates(graph: WeightGraph) -> tuple[str, ...]:
    """Return the activations for which the identity stands in the flow without being it on non-negative numbers."""
    kinds = (ReLU, LeakyReLU)
    return tuple(x.name for x in graph.layers if isinstance(x, Elementwise) and not isinstance(x, kinds))


def dropped(graph: WeightGraph) -> tuple[str, ...]:
    """Return the records that the flow network leaves out: a softmax at the end."""
    return tuple(x.name for x in graph.layers if isinstance(x, Softmax) and x.name == graph.output)


def versions() -> dict[str, str]:
    """Return the versions that a run's numbers depend on."""
    found = {name: version(name) for name in ("torch", "numpy")}
    return {"theoryprune": __version__, "python": platform.python_version(), **found}
