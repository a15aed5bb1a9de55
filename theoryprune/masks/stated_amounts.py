"""The amounts of flow of a trace, against one another: conservation, the order of removal, and Theorem 3."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import isfinite

from theoryprune.masks.against import at_exponent, require
from theoryprune.types import FlowCertificate, Pruning, TraceRow


def check_amounts(certificate: FlowCertificate, tolerance: float) -> None:
    """The amounts of flow of each row, against one another."""
    for row in certificate.rows:
        _check_parts(row)
        _check_removal(certificate, row, tolerance)
        _check_conservation(certificate, row)


def _check_parts(row: TraceRow) -> None:
    """All amounts are there, and of the right kind."""
    where = f"row {row.iteration}"
    for name, value in _amounts(row):
        real = isinstance(value, float) and isfinite(value) and value >= 0
        require(real, where, name, value, "it must be a number of at least 0")
    pair = (row.flow or 0.0, row.exponent)
    require(_normalised(*pair), where, "flow", pair, "a flow lies in [1/2, 1), or is 0 with exponent 0")
    require(isinstance(row.flushed, int) and row.flushed >= 0, where, "flushed", row.flushed, "it is a count")
    totals = row.layer_totals or {}
    known = totals.keys() == row.kept_per_layer.keys()
    require(known, where, "layer_totals", list(totals), f"the layers are {list(row.kept_per_layer)}")
    none = (row.largest_removed is None) == (row.removed == 0)
    require(none, where, "largest_removed", row.largest_removed, f"{row.removed} were removed")


def _check_removal(certificate: FlowCertificate, row: TraceRow, tolerance: float) -> None:
    """The sum of what was removed, its largest part, and what it leaves."""
    where, more = f"row {row.iteration}", 1 + tolerance
    prune_sum, largest, present = (
        row.prune_sum or 0.0,
        row.largest_removed or 0.0,
        sum((row.layer_totals or {}).values()),
    )
    require(prune_sum <= present * more, where, "prune_sum", prune_sum, f"all scores add up to {present}")
    within = largest <= prune_sum * more and prune_sum <= largest * row.removed * more
    require(within, where, "largest_removed", largest, f"{row.removed} were removed with the sum {prune_sum}")
    if certificate.scope == "global" and row.smallest_kept is not None:
        ordered = largest <= row.smallest_kept * more
        require(ordered, where, "smallest_kept", row.smallest_kept, f"{largest} was removed")


def _check_conservation(certificate: FlowCertificate, row: TraceRow) -> None:
    flow, totals = row.flow or 0.0, row.layer_totals or {}
    residual = max((abs(totals[name] - flow) / flow for name in certificate.exact_cuts if flow), default=0.0)
    stated = row.conservation_residual or 0.0
    where, close = f"row {row.iteration}", abs(stated - residual) <= 1e-12 + 1e-9 * residual
    require(close, where, "conservation_residual", stated, f"it is {residual}")
    if certificate.rule.bias == "drop":
        gamma = certificate.gamma
        limit = max(1e-10, 2 * gamma / (1 - gamma))
        require(stated <= limit, where, "conservation_residual", stated, f"at most {limit} is rounding")


def _amounts(row: TraceRow) -> Iterator[tuple[str, object]]:
    yield from (("flow", row.flow), ("prune_sum", row.prune_sum), ("conservation_residual", row.conservation_residual))
    optional = (("largest_removed", row.largest_removed), ("smallest_kept", row.smallest_kept))
    yield from ((name, value) for name, value in optional if value is not None)
    yield from ((f"layer_totals['{name}']", total) for name, total in (row.layer_totals or {}).items())


def _normalised(flow: float, exponent: object) -> bool:
    return isinstance(exponent, int) and (0.5 <= flow < 1 or (flow == 0 and exponent == 0))


def check_succession(pruning: Pruning, certificate: FlowCertificate, tolerance: float) -> None:
    """From each row to the next: Theorem 3, and whether a path is left."""
    end = (certificate.final_flow, certificate.final_exponent)
    require(_normalised(*end), "the run", "final_flow", end, "a flow lies in [1/2, 1), or is 0 with exponent 0")
    flows = [*((row.flow or 0.0, row.exponent or 0) for row in certificate.rows), end]
    for row, ((flow, base), (after, exponent)) in zip(certificate.rows, pairwise(flows), strict=True):
        left = at_exponent(after, exponent, base)
        least = flow - (row.prune_sum or 0.0)
        held = left >= least - tolerance * flow
        require(held, f"row {row.iteration}", "flow_lower_bound_next", least, f"the next flow is {left}")
        if certificate.rule.bias == "drop":
            linked = after > 0
            require(row.connected == linked, f"row {row.iteration}", "connected", row.connected, f"the flow is {after}")
    lost = next((row.iteration for row in certificate.rows if not row.connected), None)
    stated = pruning.collapsed_at
    dead = bool(certificate.rows) and certificate.rows[0].flow == 0
    known = stated == lost or (stated == 0 and (dead or certificate.rule.bias == "unit"))
    require(known, "the run", "collapsed_at", stated, f"the first row without a path is {lost}")
