"""One verb for every claim of the package: compute it again, and say whether it holds."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from theoryprune.types import WeightGraph


@singledispatch
def verify(claim: object, *graphs: WeightGraph, **options: Any) -> Any:
    """Check a claim about networks by computing it again from the networks alone.

    Parameters
    ----------
    claim : Pruning, or another kind of claim
        What `prune` returns, with its certificate.
    *graphs : WeightGraph
        The networks that the claim is about: for a `Pruning` the one before pruning.
    **options
        For a `Pruning`: ``rows``, how many iterations are computed again (`theoryprune.masks.verify`).

    Returns
    -------
    Any
        What was checked, as a record with a sentence: for a `Pruning` a `Verification`.

    Raises
    ------
    CertificateError
        If anything stated is not so, naming it.
    TypeError
        If there is nothing to check in `claim`.

    Notes
    -----
    The checks share no fast path with what they check.
    """
    kinds = ", ".join(sorted(kind.__name__ for kind in verify.registry if kind is not object))
    raise TypeError(f"claim must be one of {kinds or 'the claims of theoryprune'}, got {type(claim).__name__}")
