"""`verify` for reductions: a reduction that does not hold is an error."""

from __future__ import annotations

from theoryprune.bounds import verify
from theoryprune.coresets.reduction import Reduction
from theoryprune.coresets.reduction_checks import is_reduction
from theoryprune.errors import CertificateError
from theoryprune.geometry import Verdict
from theoryprune.graph.hashing import graph_sha256
from theoryprune.types import WeightGraph


@verify.register
def verify_reduction(reduction: Reduction, graph: WeightGraph | None = None, *, tol: float = 1e-8) -> Verdict:
    """Check a reduction as `is_reduction` does, and raise if it does not hold.

    Parameters
    ----------
    reduction : Reduction
    graph : WeightGraph, optional
        The network before, if it is not to be taken from the reduction (with batch norms folded, if they were).
    tol : float
        As for `is_reduction`.

    Returns
    -------
    Verdict
        Its value is how many layer certificates were checked.

    Raises
    ------
    CertificateError
        If anything stated is not so, naming the group.

    Notes
    -----
    Cost: that of `is_reduction`.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> graph = tp.extract(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2)), (4,))
    >>> tp.verify(tp.reduce(graph, 0.5), graph).holds
    True
    """
    if graph is not None and graph_sha256(graph) != graph_sha256(reduction.before):
        raise CertificateError("the reduction is of another network: its weights before are not those of graph")
    found = is_reduction(reduction, tol=tol)
    if not found:
        raise CertificateError(found.reason)
    return found
