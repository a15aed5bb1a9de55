"""Checking a pruning run: nothing of the fast procedure is trusted, and nothing of it is used."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from theoryprune.bounds import verify
from theoryprune.errors import CertificateError
from theoryprune.graph.evaluate import require_values
from theoryprune.masks.recompute import check_end, check_row
from theoryprune.masks.stated import check_stated
from theoryprune.types import FlowCertificate, Mask, Pruning, WeightGraph

Rows = Literal["auto", "all", "last"] | int

_WAYS = {"channel graph": "found between channels", "operator graph": "found between whole layers"}

_SAMPLE = 10
"""Rows computed again unless all are asked for: the first, the last, and others that the mask's hash chooses."""


@dataclass(frozen=True)
class Verification:
    """What `verify` checked of a pruning run, all of which held.

    Parameters
    ----------
    iterations : int
        Of the run. The stated fields of all of them fit one another, the masks and the network.
    rows : tuple of int
        The iterations computed again from the masks and the weights.
    deviation : float
        The largest relative difference seen between a stated flow, layer total or sum and the one computed again.
    tolerance : float
        The largest difference allowed.
    residual : float
        The largest relative difference seen between the flow and what flows through a cut.
    min_cut : tuple of str
        What the nodes of the maximum flow were, per row in `rows`: ``"channel graph"`` or ``"operator graph"``.
    """

    iterations: int
    rows: tuple[int, ...]
    deviation: float
    tolerance: float
    residual: float
    min_cut: tuple[str, ...]

    def __str__(self) -> str:
        """Return a sentence."""
        if not self.iterations:
            return "Verified: digest, hashes and the network; there was no iteration; the final flow computed again."
        plural = "" if self.iterations == 1 else "s"
        every = "of the one iteration" if self.iterations == 1 else f"of all {self.iterations} iterations"
        counts = {kind: self.min_cut.count(kind) for kind in dict.fromkeys(self.min_cut)}
        ways = ", ".join(f"{_WAYS.get(kind, kind)} in {count}" for kind, count in counts.items())
        return (
            f"Verified: digest, hashes, counts and arithmetic {every}; {len(self.rows)} of {self.iterations} "
            f"iteration{plural} computed again from the masks and weights, with differences of at most "
            f"{self.deviation:.1e} (allowed {self.tolerance:.1e}), cuts conserved to {self.residual:.1e}, minimum cuts "
            f"equal to the flow ({ways}); the final flow computed again."
        )


def verify_pruning(pruning: Pruning, graph: WeightGraph | None = None, rows: Rows = "auto") -> Verification:
    """Check the certificate of a run against the network and the masks.

    Parameters
    ----------
    pruning : Pruning
        With a certificate.
    graph : WeightGraph
        The network before pruning.
    rows : {"auto", "all", "last"} or int
        Which iterations are computed again: the first, the last and 8 that the mask's hash chooses; all; the last; or
        so many, chosen likewise. Digest, hashes, counts and the arithmetic between stated fields are checked for all.

    Returns
    -------
    Verification

    Raises
    ------
    CertificateError
        If something stated is not so: the message names the row, the field and both values.
    TypeError, ValueError
        If an argument is out of range.

    Notes
    -----
    Checked, in this order: the digest; that trace and certificate agree; the hashes and the facts about the network;
    nested masks and exact counts; the arithmetic of all rows, with Theorem 3 from each row to the next. Then, for each
    row computed again in plain float64 (`theoryprune.graph.plain_flow`): the flow, the layer totals, the sum of what
    was removed, and the conservation at every exact cut; that what was removed is the head of the order, ties within
    rounding aside, and as long as the schedule allows; and a maximum flow by networkx equal to the flow. Last, the
    flow of the final mask.

    Only ``rows="all"`` proves every iteration again. The default is a sample that follows from the mask, so whoever
    forges a run knows it. gamma, the cuts, the path lengths and `effective` are computed again by the same functions
    that wrote them; flow, scores, order and sums by an evaluation of its own.

    The tolerance is 1e-9 relative, or, where it is more, the distance ``2 gamma / (1 - gamma)`` of two computations
    that are each within ``1 +- gamma``: so for float32 it comes from the proved margin of float32. Bound by the digest
    alone: the versions; `flushed`; the name of a score that is not of this package; theta within the room
    that no step used; a scope, a guard or an ``exponential`` inside ``guarded`` that changed nothing; the bias rule
    of a network without offsets; differences below the tolerances; and of rows that are not computed again the amounts
    of flow, as far as they fit one another.

    Cost: per row, one evaluation of the whole network with all tensors kept; for all rows, that of a slow run.
    """
    if not isinstance(pruning, Pruning):
        raise TypeError(f"pruning must be a Pruning, got {type(pruning).__name__}")
    if graph is None:
        raise TypeError("graph is missing; pass the network before pruning: verify(pruning, graph)")
    require_values(graph, "verify")
    certificate = pruning.certificate
    if certificate is None:
        raise CertificateError(
            f"the run has no certificate: the score '{pruning.method}' has no flow, so no theorem speaks of it. "
            "Remedy: prune by a flow, such as synflow"
        )
    chosen = chosen_rows(certificate, rows)
    tolerance = check_stated(pruning, certificate, graph)
    checks = [check_row(pruning, certificate, graph, row, tolerance) for row in chosen]
    checks.append(check_end(pruning, certificate, graph, tolerance))
    return Verification(
        iterations=len(certificate.rows),
        rows=chosen,
        deviation=max(check.deviation for check in checks),
        tolerance=tolerance,
        residual=max(check.residual for check in checks),
        min_cut=tuple(check.min_cut for check in checks if check.min_cut),
    )


verify.register(Pruning, verify_pruning)


@verify.register
def _refuse_mask(mask: Mask, *graphs: WeightGraph, **options: Any) -> None:
    raise TypeError("a Mask states nothing that could be checked; pass the Pruning that prune returned")


def chosen_rows(certificate: FlowCertificate, rows: Rows) -> tuple[int, ...]:
    """Return the iterations to compute again, ascending: the last, the first, and others by the mask's hash."""
    iterations = range(1, len(certificate.rows) + 1)
    if rows == "all":
        return tuple(iterations)
    count = {"auto": _SAMPLE, "last": 1}.get(rows, 0) if isinstance(rows, str) else rows
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"rows must be 'auto', 'all', 'last' or a number of at least 1, got {rows!r}")

    def rank(iteration: int) -> str:
        return hashlib.sha256(f"{certificate.mask_sha256}{iteration}".encode()).hexdigest()

    ends = dict.fromkeys([*iterations[-1:], *iterations[:1]])
    others = sorted((i for i in iterations if i not in ends), key=rank)
    return tuple(sorted([*ends, *others][:count]))
