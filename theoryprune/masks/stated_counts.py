"""The integers of a trace, against the masks and the schedule."""

from __future__ import annotations

from collections.abc import Mapping

from theoryprune.masks.against import require
from theoryprune.masks.stated_schedule import check_schedule
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
            told, known = differing(_plain(stated), value)
            require(told == known, f"row {i}", name, told, f"the masks say {known}")
        for name, total in (row.layer_totals or {}).items():
            require(bool(before.get(name)) or not total, f"row {i}", f"layer_totals['{name}']", total, "it is empty")
        before = after
    check_schedule(certificate)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def differing(stated: object, found: object) -> tuple[object, object]:
    """Return both, or, of two mappings, the entries that differ.

    Examples
    --------
    >>> differing({"a": 1, "b": 2}, {"a": 1, "b": 3}), differing(1, 2)
    (({'b': 2}, {'b': 3}), (1, 2))
    """
    if not (isinstance(stated, Mapping) and isinstance(found, Mapping)):
        return stated, found
    names = [name for name in {**stated, **found} if name not in stated or name not in found]
    names += [name for name in stated if name in found and stated[name] != found[name]]
    first, second = ({name: of[name] for name in names if name in of} for of in (stated, found))
    return first, second
