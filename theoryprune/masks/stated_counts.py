"""The integers of a trace, against the masks and the schedule."""

from __future__ import annotations

import re
from collections.abc import Mapping

from theoryprune.masks.against import require
from theoryprune.masks.schedules import SCHEDULES
from theoryprune.types import FlowCertificate, Pruning


def check_counts(pruning: Pruning, certificate: FlowCertificate) -> None:
    """The integers of all rows, from the masks alone."""
    count = len(certificate.rows)
    sizes = {name: at.numel() for name, at in pruning.removed_at.items()}
    gone = {name: at.reshape(-1).bincount(minlength=count + 1).tolist() for name, at in pruning.removed_at.items()}
    before = dict(sizes)
    for i, row in enumerate(certificate.rows, 1):
        after = {name: kept - gone[name][i] for name, kept in before.items()}
        found = {
            "iteration": i,
            "kept_before": sum(before.values()),
            "removed": sum(before.values()) - sum(after.values()),
            "kept_after": sum(after.values()),
            "kept_per_layer": after,
            "layer_sizes": sizes,
        }
        for name, value in found.items():
            stated = getattr(row, name)
            require(_plain(stated) == value, f"row {i}", name, stated, f"the masks say {value}")
        for name, total in (row.layer_totals or {}).items():
            require(bool(before.get(name)) or not total, f"row {i}", f"layer_totals['{name}']", total, "it is empty")
        before = after
    _check_schedule(certificate)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def _check_schedule(certificate: FlowCertificate) -> None:
    """A schedule with fixed steps asks for counts, which follow from the last one up to what its rounding hides."""
    rows, stated = certificate.rows, certificate.schedule
    found = re.fullmatch(r"(exponential|linear|one_shot)\((\d*)\)", stated)
    if found is None:
        return
    plan = SCHEDULES[found[1]](*(int(steps) for steps in [found[2]] if steps))
    require(plan.steps == len(rows), "the run", "schedule", stated, f"there are {len(rows)} rows")
    sizes = rows[-1].layer_sizes
    for group in [list(sizes)] if certificate.scope == "global" else [[name] for name in sizes]:
        total, last = (sum(counts[name] for name in group) for counts in (sizes, rows[-1].kept_per_layer))
        # The density asked for lies between these two, up to the guard of the counts against rounding.
        low, high = (last - 1) / total, min(1.0, (last + 1e-9) / total + 1e-12)
        for row in rows:
            kept = sum(row.kept_per_layer[name] for name in group)
            least, most = (plan.kept(row.iteration, density, total) for density in (low, high))
            where = f"row {row.iteration}"
            text = f"{stated} keeps {least} to {most} of {'all' if certificate.scope == 'global' else group[0]}"
            require(least <= kept <= most, where, "kept_per_layer", kept, text)
