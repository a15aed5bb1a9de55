"""The part of the check that evaluates: one iteration computed again, from the mask before it and the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum

import torch
from torch import Tensor

from theoryprune.graph.cuts import exact_cuts
from theoryprune.graph.min_cut import min_cut
from theoryprune.graph.plain_flow import PlainFlow, plain_flow
from theoryprune.graph.transform import apply_mask
from theoryprune.masks.against import at_exponent, distance, require
from theoryprune.masks.stated_schedule import Part, check_prefix, groups_of
from theoryprune.types import FlowCertificate, FlowRule, Pruning, TraceRow, WeightGraph


@dataclass(frozen=True)
class RowCheck:
    """What was seen: the largest relative difference, the largest residual at a cut, and how the cut was found."""

    deviation: float
    residual: float
    min_cut: str


def check_row(
    pruning: Pruning, certificate: FlowCertificate, graph: WeightGraph, iteration: int, tolerance: float
) -> RowCheck:
    """Compute one iteration again and hold its row against it.

    Raises
    ------
    CertificateError
        If something stated is not so.
    """
    row, where = certificate.rows[iteration - 1], f"row {iteration}"
    flow = plain_flow(apply_mask(graph, pruning.mask_after(iteration - 1)), certificate.rule)
    deviation = [_same_flow(where, "flow", row.flow or 0.0, row.exponent or 0, flow, tolerance)]
    left = {name: (at == 0) | (at >= iteration) for name, at in pruning.removed_at.items()}
    gone = {name: at == iteration for name, at in pruning.removed_at.items()}
    for name, alive in left.items():
        total = _sum(flow.scores[name][alive])
        stated = _stated(row, (row.layer_totals or {})[name], flow)
        deviation.append(_near(where, f"layer_totals['{name}']", stated, total, flow.total, tolerance))
    removed = fsum(_sum(flow.scores[name][out]) for name, out in gone.items())
    deviation.append(
        _near(where, "prune_sum", _stated(row, row.prune_sum or 0.0, flow), removed, flow.total, tolerance)
    )
    parts = _check_order(certificate, row, flow, left, gone)
    check_prefix(certificate, row, flow.total, parts, tolerance)
    residual, method = _check_cuts(certificate, where, flow)
    if certificate.rule.bias == "unit":
        _check_connected(pruning, certificate, graph, row)
    return RowCheck(max(deviation), residual, method)


def check_end(pruning: Pruning, certificate: FlowCertificate, graph: WeightGraph, tolerance: float) -> RowCheck:
    """Compute the flow of the final mask again."""
    flow = plain_flow(apply_mask(graph, pruning.mask), certificate.rule)
    stated = certificate.final_flow, certificate.final_exponent
    return RowCheck(_same_flow("the run", "final_flow", *stated, flow, tolerance), 0.0, "")


def _sum(scores: Tensor) -> float:
    return float(scores.double().sum())


def _stated(row: TraceRow, value: float, flow: PlainFlow) -> float:
    return at_exponent(value, row.exponent or 0, flow.exponent)


def _same_flow(where: str, field: str, stated: float, exponent: int, flow: PlainFlow, tolerance: float) -> float:
    value = at_exponent(stated, exponent, flow.exponent)
    return _near(where, field, value, flow.total, flow.total, tolerance)


def _near(where: str, field: str, stated: float, found: float, scale: float, tolerance: float) -> float:
    apart = distance(stated, found, scale)
    require(apart <= tolerance, where, field, stated, f"it is {found} (at one exponent)")
    return apart


def _check_order(
    certificate: FlowCertificate,
    row: TraceRow,
    flow: PlainFlow,
    left: Mapping[str, Tensor],
    gone: Mapping[str, Tensor],
) -> list[Part]:
    """What was removed is the head of the order among the candidates, ties within rounding aside; return its parts."""
    where = f"row {row.iteration}"
    # Two computations, each within 1 +- gamma: so far may two equal scores be apart, and twice so for an order.
    factor = ((1 + certificate.gamma) / (1 - certificate.gamma)) ** 2
    out = {name: flow.scores[name][gone[name]] for name in gone}
    kept = {name: flow.scores[name][left[name] & ~gone[name]] for name in gone}
    if certificate.guard == "layer":
        kept = {name: _unguarded(where, name, out[name], scores, factor) for name, scores in kept.items()}
    parts = []
    for names in groups_of(certificate, list(gone)):
        high = max((float(out[name].max()) for name in names if len(out[name])), default=0.0)
        low = min((float(kept[name].min()) for name in names if len(kept[name])), default=None)
        text = f"a weight of score {high} was removed and one of {low} kept"
        require(low is None or high <= factor * low, where, "removed", row.removed, text)
        parts.append(Part(names, fsum(_sum(out[name]) for name in names), low))
    ends = (
        ("largest_removed", row.largest_removed, max((float(s.max()) for s in out.values() if len(s)), default=None)),
        ("smallest_kept", row.smallest_kept, min((float(s.min()) for s in kept.values() if len(s)), default=None)),
    )
    for field, stated, found in ends:
        require((stated is None) == (found is None), where, field, stated, f"it is {found}")
        if stated is not None and found is not None:
            value = _stated(row, stated, flow)
            require(distance(value, found, found) <= factor - 1 + 1e-9, where, field, value, f"it is {found}")
    return parts


def _unguarded(where: str, name: str, out: Tensor, kept: Tensor, factor: float) -> Tensor:
    """Return the kept scores of a layer without that of its guard, the highest of a layer with flow."""
    highest = max((float(s.max()) for s in (out, kept) if len(s)), default=0.0)
    if highest == 0:
        return kept
    best = float(kept.max()) if len(kept) else 0.0
    require(highest <= factor * best, where, "guard", "layer", f"the highest weight of '{name}' was removed")
    place = int(kept.argmax())
    return torch.cat([kept[:place], kept[place + 1 :]])


def _check_cuts(certificate: FlowCertificate, where: str, flow: PlainFlow) -> tuple[float, str]:
    """Through every exact cut flows the whole flow, and it is the minimum cut."""
    cut, method = min_cut(flow)
    require(distance(cut, flow.total, flow.total) <= 1e-9, where, "flow", flow.total, f"the minimum cut is {cut}")
    if certificate.rule.bias != "drop":
        return 0.0, method  # offsets flow past the cuts
    through = (float(flow.outputs[name].sum()) for name in exact_cuts(flow.network))
    residual = max((distance(value, flow.total, flow.total) for value in through), default=0.0)
    require(residual <= 1e-10, where, "flow", flow.total, f"a cut differs from it by {residual}")
    return residual, method


def _check_connected(pruning: Pruning, certificate: FlowCertificate, graph: WeightGraph, row: TraceRow) -> None:
    """With biases in the flow, whether a path is left is asked of the flow without them."""
    rooted = FlowRule("drop", certificate.rule.power)
    linked = plain_flow(apply_mask(graph, pruning.mask_after(row.iteration)), rooted).total > 0
    require(row.connected == linked, f"row {row.iteration}", "connected", row.connected, f"it is {linked}")
