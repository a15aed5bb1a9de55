"""The checker of a group's certificate: that of every part, and whether they add up to what is stated."""

from __future__ import annotations

import math

from theoryprune.bounds import ConvCertificate, is_conv_certificate, is_layer_certificate
from theoryprune.coresets.certify_group import compared_layers
from theoryprune.coresets.certify_stream import certify_stream
from theoryprune.coresets.group_certificate import GroupCertificate
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Hidden
from theoryprune.errors import UnsupportedLayerError
from theoryprune.types import WeightGraph


def wrong_certificate(
    proof: GroupCertificate,
    before: WeightGraph,
    after: WeightGraph,
    hidden: Hidden,
    coreset: GroupCoreset | None,
    tol: float,
) -> str:
    """Return what is not so of a group's certificate, empty if nothing.

    Parameters
    ----------
    proof : GroupCertificate
    before, after : WeightGraph
        Without and with the coreset applied.
    hidden : Hidden
    coreset : GroupCoreset or None
        None for a group that lost nothing.
    tol : float
        Of the checkers of layers.

    Notes
    -----
    Every part is checked by `is_layer_certificate` or `is_conv_certificate`, and the group's numbers must be theirs. A
    group without a certificate must say why, and state nothing but the rows of a merged stream, which are computed
    again with more effort.
    """
    if coreset is None or coreset.is_identity:
        deleted = (proof.full, proof.full_observed, *proof.parts, *proof.stream) != (None, None)
        no_error = proof.best == 0 and proof.observed == 0 and proof.constant == 0
        return "a whole group has no error" if deleted or not no_error else ""
    if proof.best is None:
        numbers = (proof.observed, proof.full, proof.full_observed, proof.constant or None)
        stated = any(number is not None for number in numbers) or proof.parts
        if stated or not proof.note:
            return "bounds are stated without a certificate"
        return _wrong_stream(proof, before, after, hidden, coreset, tol) if proof.stream else ""
    if proof.stream:  # the bound of the output would take these rows, and not those of the certificates
        return "rows of a stream are stated beside layer certificates"
    readings = compared_layers(before, after, hidden, coreset)
    if len(readings) != len(proof.parts):
        return f"{len(proof.parts)} layer certificates for {len(readings)} readings"
    for part, given in zip(proof.parts, readings, strict=True):
        if isinstance(part, ConvCertificate) != ("size" in given):
            return "a certificate is of another kind of layer"
        if isinstance(part, ConvCertificate):
            found = is_conv_certificate(part, **given, tol=tol)
        else:
            found = is_layer_certificate(part, **given, tol=tol)
        if not found:
            return found.reason
        if part.nonnegative or getattr(part, "tau", None) not in (None, 1.0):
            return "a certificate is for other inputs: x >= 0 only, or biases that weigh something else than 1"
    return _wrong_sum(proof, hidden, tol)


def _wrong_stream(
    proof: GroupCertificate, before: WeightGraph, after: WeightGraph, hidden: Hidden, coreset: GroupCoreset, tol: float
) -> str:
    """What is not so of the rows of a merged stream: none may state less than the tightest norms give."""
    try:
        rows = certify_stream(before, after, hidden, coreset, effort="high")
    except UnsupportedLayerError as error:
        return str(error)
    if [(row.name, row.starts, row.ends) for row in rows] != [(row.name, row.starts, row.ends) for row in proof.stream]:
        return "the rows of its stream are of other layers"
    for row, stated in zip(rows, proof.stream, strict=True):
        if stated.joint < math.inf or not (
            stated.gain >= row.gain * (1 - tol) and stated.constant >= row.constant * (1 - tol)
        ):
            return f"'{row.name}' has a gain of {row.gain} and a constant of {row.constant}, stated is {stated}"
    return ""


def _wrong_sum(proof: GroupCertificate, hidden: Hidden, tol: float) -> str:
    """What is not so of a group's bounds, given those of its parts."""
    wanted = {
        "best": _root([part.best for part in proof.parts]),
        "full": _root([part.full.best for part in proof.parts]),
        "constant": _root([part.constant for part in proof.parts if isinstance(part, ConvCertificate)]),
    }
    for name, value in wanted.items():
        stated = getattr(proof, name)
        if stated != value and not (stated is not None and abs(stated - value) <= tol * value):
            return f"{name} is stated as {stated}, the layer certificates give {value}"
    known = hidden.law == "homogeneous" and any(part.witness is not None for part in proof.parts)
    if not known and (proof.observed, proof.full_observed) != (None, None):
        return "a search that does not know what lies between the layers has seen nothing"
    for name in ("observed", "full_observed"):
        stated, seen = getattr(proof, name), max(getattr(part, name) for part in proof.parts)
        if stated is not None and not 0 <= stated <= seen:
            return f"{name} is stated as {stated}, the witnesses attain {seen}"
    return ""


def _root(values: list[float]) -> float:
    return math.hypot(*values)
