"""The schedule that a certificate states, read strictly, and what it asks of every row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from theoryprune.errors import CertificateError
from theoryprune.masks.against import require
from theoryprune.masks.schedules import SCHEDULES, Adaptive, Guarded, Schedule
from theoryprune.types import FlowCertificate, TraceRow

_NUMBER = r"(\d+(?:\.\d+)?(?:e-\d+)?)"
_DIGITS = 1e-12
"""Room for the rounding of a theta times a flow, relatively."""


@dataclass(frozen=True)
class Part:
    """What was removed in one iteration from the layers that share a count, computed again.

    Parameters
    ----------
    names : sequence of str
        All layers, or one with the scope ``"layer"``.
    removed : float
        Sum of the scores removed.
    next_score : float or None
        The smallest score of a candidate that stays; None if none stays.
    """

    names: Sequence[str]
    removed: float
    next_score: float | None


def plan_of(certificate: FlowCertificate) -> Schedule:
    """Return the schedule that is stated.

    Raises
    ------
    CertificateError
        If it is none of the package, or not written as the package writes it.
    """
    stated = certificate.schedule
    plan = _read(stated) if isinstance(stated, str) else None
    if plan is None or str(plan) != stated:
        raise CertificateError(
            f"the run: 'schedule' is stated as {stated}, but known are exponential(n), linear(n), one_shot(), "
            "adaptive(theta) and guarded(one of the first three, theta); the certificate is void"
        )
    return plan


def _read(text: str) -> Schedule | None:
    found = re.fullmatch(rf"adaptive\({_NUMBER}\)", text, re.ASCII)
    if found is not None:
        return Adaptive(float(found[1])) if 0 < float(found[1]) < 1 else None
    found = re.fullmatch(rf"guarded\((.*), {_NUMBER}\)", text, re.ASCII)
    if found is not None:
        inner = _fixed(found[1])
        return Guarded(inner, float(found[2])) if inner is not None and 0 < float(found[2]) < 1 else None
    return _fixed(text)


def _fixed(text: str) -> Schedule | None:
    found = re.fullmatch(r"(?:(exponential|linear)\(([1-9]\d{0,8})\)|one_shot\(\))", text, re.ASCII)
    if found is None:
        return None
    return SCHEDULES[found[1]](int(found[2])) if found[1] else SCHEDULES["one_shot"]()


def groups_of(certificate: FlowCertificate, names: Sequence[str]) -> list[list[str]]:
    """Return the layers that share a count: all, or each for itself."""
    return [list(names)] if certificate.scope == "global" else [[name] for name in names]


def check_schedule(certificate: FlowCertificate) -> None:
    """Check the counts of all rows against the schedule and the scope.

    Raises
    ------
    CertificateError
        If a row keeps what they do not ask for.
    """
    plan, rows, stated = plan_of(certificate), certificate.rows, certificate.schedule
    if plan.steps is not None:
        require(plan.steps == len(rows), "the run", "schedule", stated, f"there are {len(rows)} rows")
    if not rows:
        return
    groups = groups_of(certificate, list(rows[-1].layer_sizes))
    spans = [_densities(certificate, group) for group in groups]
    low, high = max(low for low, _ in spans), min(high for _, high in spans)
    text = "the numbers of weights kept per layer belong to no one density"
    require(low < high, "the run", "scope", certificate.scope, text)
    for row in rows:
        where = f"row {row.iteration}"
        if isinstance(plan, Adaptive):
            require(row.removed > 0, where, "removed", row.removed, f"{stated} removes something in every iteration")
        for group in groups:
            kept = sum(row.kept_per_layer[name] for name in group)
            least, most = _span(certificate, plan, row, group)
            what = "all" if certificate.scope == "global" else group[0]
            held = least <= kept <= most if plan.steps is not None else least <= kept
            require(held, where, "kept_per_layer", kept, f"{stated} keeps {least} to {most} of {what}")


def _densities(certificate: FlowCertificate, group: Sequence[str]) -> tuple[float, float]:
    """Return between which two the density asked for lies, up to the guard of the counts against rounding."""
    row = certificate.rows[-1]
    total, last = (sum(counts[name] for name in group) for counts in (row.layer_sizes, row.kept_per_layer))
    return ((last - 1) / total if last > 1 else -1.0), min(1.0, (last + 1e-9) / total + 1e-12)


def _span(certificate: FlowCertificate, plan: Schedule, row: TraceRow, group: Sequence[str]) -> tuple[int, int]:
    """Return between which two the count lies that the schedule asks of an iteration."""
    if isinstance(plan, Adaptive):
        last = sum(certificate.rows[-1].kept_per_layer[name] for name in group)
        return last, last
    total = sum(row.layer_sizes[name] for name in group)
    low, high = _densities(certificate, group)
    return plan.kept(row.iteration, max(low, 0.0), total), plan.kept(row.iteration, high, total)


def check_prefix(
    certificate: FlowCertificate, row: TraceRow, flow: float, parts: Sequence[Part], tolerance: float
) -> None:
    """Check that a step limited by the flow removed as much as it may, and no more, or a single weight.

    Raises
    ------
    CertificateError
        If it did not.
    """
    plan = plan_of(certificate)
    if plan.theta is None:
        return
    where, stated, slack = f"row {row.iteration}", certificate.schedule, tolerance * flow
    spans = [_span(certificate, plan, row, part.names) for part in parts]
    after = [sum(row.kept_per_layer[name] for name in part.names) for part in parts]
    before = [_before(certificate, row, part.names) for part in parts]
    # A share of the limit goes to each part that is to lose something; how many these are is known between two.
    fewest = max(1, sum(count > most for count, (_, most) in zip(before, spans, strict=True)))
    most_parts = max(1, sum(count > least for count, (least, _) in zip(before, spans, strict=True)))
    lower = min(plan.theta * (1 - _DIGITS), certificate.theta_max) * flow / most_parts
    upper = min(plan.theta * (1 + _DIGITS), certificate.theta_max) * flow / fewest
    for part, kept, (_, most) in zip(parts, after, spans, strict=True):
        limit = certificate.theta_max * flow if row.removed == 1 else upper
        text = f"{stated} allows less of the flow {flow}"
        require(part.removed <= limit + slack, where, "prune_sum", part.removed, text)
        ended = kept <= most or part.next_score is None or part.removed + part.next_score >= lower - slack
        require(ended, where, "removed", row.removed, f"{stated} goes on to remove more of the flow {flow}")


def _before(certificate: FlowCertificate, row: TraceRow, names: Sequence[str]) -> int:
    rows = certificate.rows
    counts = rows[row.iteration - 2].kept_per_layer if row.iteration > 1 else row.layer_sizes
    return sum(counts[name] for name in names)
