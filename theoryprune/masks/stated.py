"""The part of the check that needs no evaluation: the stated fields against one another, the masks and the network."""

from __future__ import annotations

from dataclasses import fields
from math import isfinite

import torch

from theoryprune.errors import CertificateError
from theoryprune.graph.hashing import graph_sha256
from theoryprune.masks.against import require
from theoryprune.masks.certify import certify
from theoryprune.masks.stated_amounts import check_amounts, check_succession
from theoryprune.masks.stated_counts import check_counts, differing
from theoryprune.masks.stated_schedule import plan_of
from theoryprune.types import FlowCertificate, FlowRule, Pruning, TraceRow, WeightGraph

_DTYPES = {"float64": torch.float64, "float32": torch.float32}
_POWERS = {"synflow": 1, "synflow_l2": 2}
_WITHOUT_FLOW = ("magnitude", "random", "snip", "grasp", "erk", "smart_ratio", "uniform")
_FACTS = (
    "mask_sha256", "protect", "exact_cuts", "chain", "shortest_path", "longest_path", "surrogates",
    "dropped", "effective", "gamma",
)  # fmt: skip


def check_stated(pruning: Pruning, certificate: FlowCertificate, graph: WeightGraph) -> float:
    """Check everything that can be told without an evaluation; return the tolerance for what cannot.

    Raises
    ------
    CertificateError
        If something stated is not so.
    """
    _check_digest(pruning, certificate)
    _check_agreement(pruning, certificate)
    _check_choices(certificate)
    _check_network(certificate, graph)
    _check_masks(pruning, graph)
    _check_facts(pruning, certificate, graph)
    check_counts(pruning, certificate)
    gamma = certificate.gamma
    require(isfinite(gamma) and gamma < 1, "the run", "gamma", gamma, "then rounding may have changed anything")
    tolerance = max(1e-9, 2 * gamma / (1 - gamma))
    check_amounts(certificate, tolerance)
    check_succession(pruning, certificate, tolerance)
    return tolerance


def _check_digest(pruning: Pruning, certificate: FlowCertificate) -> None:
    if certificate.is_sealed:
        return
    try:
        _check_agreement(pruning, certificate)
        where = "nothing else tells which"
    except CertificateError as error:
        where = str(error)
    raise CertificateError(
        f"the digest is stated as {certificate.digest[:12]}..., but the fields have "
        f"{certificate.computed_digest()[:12]}...: a field was changed, so the certificate is void ({where})"
    )


def _check_agreement(pruning: Pruning, certificate: FlowCertificate) -> None:
    """Trace and certificate tell the same."""
    require(len(pruning.trace) == len(certificate.rows), "the run", "rows", len(certificate.rows), "the trace differs")
    for row, traced in zip(certificate.rows, pruning.trace, strict=True):
        for spec in fields(TraceRow):
            stated, found = differing(getattr(row, spec.name), getattr(traced, spec.name))
            require(stated == found, f"row {row.iteration}", spec.name, stated, f"{found} in the trace")
    for name in ("method", "schedule", "scope", "final_flow", "final_exponent"):
        stated, found = getattr(certificate, name), getattr(pruning, name)
        require(stated == found, "the run", name, stated, f"{found} in the result")


def _check_choices(certificate: FlowCertificate) -> None:
    rule = certificate.rule
    known = rule in [FlowRule(bias, power) for bias in ("drop", "unit") for power in (1, 2)]
    require(known, "the run", "rule", rule, "there is no such flow")
    require(certificate.dtype in _DTYPES, "the run", "dtype", certificate.dtype, f"known are {', '.join(_DTYPES)}")
    require(certificate.scope in ("global", "layer"), "the run", "scope", certificate.scope, "there is no such scope")
    require(certificate.guard in (None, "layer"), "the run", "guard", certificate.guard, "there is no such guard")
    method = certificate.method
    fits = method not in _WITHOUT_FLOW and _POWERS.get(method, rule.power) == rule.power
    require(fits, "the run", "method", method, f"the flow is {rule}")
    limited = plan_of(certificate).theta is not None or certificate.guard is not None
    text = f"schedule {certificate.schedule} and guard {certificate.guard} need a flow without biases"
    require(rule.bias == "drop" or not limited, "the run", "rule", rule, text)


def _check_network(certificate: FlowCertificate, graph: WeightGraph) -> None:
    stated, found = certificate.weights_sha256, graph_sha256(graph)
    if stated != found:
        raise CertificateError(
            f"the graph is not the network that was pruned: its hash is {found[:12]}, and 'weights_sha256' is stated "
            f"as {stated[:12]}; pass the network before pruning"
        )


def _check_masks(pruning: Pruning, graph: WeightGraph) -> None:
    """The masks are over weights of the network, and nest: each follows from the iteration of removal."""
    names = [name for name in graph.order if name in pruning.removed_at]
    for what, of in (("mask", pruning.mask.keep), ("removed_at", pruning.removed_at)):
        require(list(of) == names, "the run", what, list(of), f"the network's weights are {list(graph.order)}")
    for name, at in pruning.removed_at.items():
        shape = tuple(graph.weights[name].shape)
        require(tuple(at.shape) == shape, "the run", f"removed_at['{name}']", tuple(at.shape), f"its shape is {shape}")
        low, high = (int(end) for end in at.aminmax())
        require(
            low >= 0 and high <= len(pruning.trace), "the run", f"removed_at['{name}']", (low, high), "out of range"
        )
        same = torch.equal(at == 0, pruning.mask.keep[name])
        require(same, "the run", f"mask['{name}']", "kept", "other weights are removed by 'removed_at'")


def _check_facts(pruning: Pruning, certificate: FlowCertificate, graph: WeightGraph) -> None:
    """The network, and what the theorems ask about it."""
    again = certify(
        graph,
        pruning.mask,
        certificate.rows,
        certificate.final_flow,
        certificate.final_exponent,
        method=certificate.method,
        rule=certificate.rule,
        dtype=_DTYPES[certificate.dtype],
        schedule=certificate.schedule,
        scope=certificate.scope,
        guard=certificate.guard,
    )
    for name in _FACTS:
        stated, found = getattr(certificate, name), getattr(again, name)
        require(stated == found, "the run", name, stated, f"it is {found}")
