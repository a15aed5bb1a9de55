"""A reduction as plain data: what ``run.json`` holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from theoryprune.bounds import EndToEnd
from theoryprune.coresets import GroupCertificate, Reduction
from theoryprune.reports.claim import claim
from theoryprune.reports.reduction import counts, spread
from theoryprune.types import WeightGraph

_POINTS = 201


def reduction_data(reduction: Reduction, small: WeightGraph) -> dict[str, Any]:
    """Return a reduction as plain data for JSON; what is certified stands in hexadecimal, which loses no digit.

    Parameters
    ----------
    reduction : Reduction
    small : WeightGraph
        Its graph without the pruned channels.
    """
    plan, divided = reduction.plan, reduction.plan.allocation
    before, after = map(asdict, counts(reduction, small))
    return {
        "method": plan.method,
        "claim": claim(reduction),
        "totals": {name: {"before": before[name], "after": after[name]} for name in before},
        "budget": None
        if divided is None
        else {
            "quantity": divided.budget.quantity,
            "amount": divided.budget.amount,
            "counts": plan.quantity,
            "spent": plan.spent,
            "total": plan.total,
            "how": divided.how,
            "weighting": plan.weighting,
            "error": divided.error,
        },
        "end_to_end": None if reduction.end_to_end is None else _output(reduction.end_to_end),
        "rows": [
            {
                "group": row.group,
                "kind": row.kind,
                "before": row.before,
                "after": row.after,
                "method": row.method,
                "note": row.note,
                "mean": row.mean,
                "certificate": _certificate(row.certificate),
            }
            for row in plan.layers
        ],
        "curve": None
        if divided is None
        else {
            "groups": list(divided.path.names),
            "points": [
                {"spent": point.cost, "error": point.error, "widths": list(point.widths.values())}
                for point in map(divided.path.__getitem__, spread(divided.path, plan.total, _POINTS))
            ],
        },
    }


def _certificate(proof: GroupCertificate) -> dict[str, Any]:
    return {
        "observed": _hex(proof.observed),
        "best": _hex(proof.best),
        "full": _hex(proof.full),
        "full_observed": _hex(proof.full_observed),
        "constant": _hex(proof.constant),
        "tightness": proof.tightness,
        "vacuous": proof.vacuity,
        "note": proof.note,
        "digests": [part.digest for part in proof.parts],
    }


def _output(bound: EndToEnd) -> dict[str, Any]:
    return {
        "observed": _hex(bound.observed),
        "error": _hex(bound.error),
        "output": _hex(bound.output),
        "radius": _hex(bound.radius),
        "vacuous": bound.vacuous,
        "shares": [{"block": term.block.name, "share": _hex(term.share)} for term in bound.terms],
    }


def _hex(value: float | None) -> str | None:
    return None if value is None else float(value).hex()
