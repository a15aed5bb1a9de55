"""A certificate in words: what held, by which theorem, and what the theory does not cover."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from theoryprune.types.certificate import FlowCertificate

_LISTED = 6


def sentence(certificate: FlowCertificate) -> str:
    """Return a paragraph: the procedure, the end, maximal critical compression, and what is not covered.

    Notes
    -----
    Two claims that are never merged: *certified during the procedure* is Theorem 3 applied to every iteration;
    *connected at the end* is a fact about the final mask.
    """
    parts = (_during(certificate), _at_the_end(certificate), _maximal(certificate), *_not_covered(certificate))
    return " ".join(f"{part}." for part in parts)


def _during(certificate: FlowCertificate) -> str:
    count, limit = len(certificate.rows), certificate.theta_max
    if not count:
        return "Nothing was removed, so there is nothing to certify during the procedure"
    if certificate.rule.bias != "drop":
        return (
            "Not certified during the procedure: biases feed the flow (bias='unit'), so a positive flow does not prove "
            "a path from the input"
        )
    failed = [row for row in certificate.rows if not certificate.condition(row)]
    if failed:
        ratio = failed[0].ratio
        if failed[0].flow == 0:
            return f"Not certified during the procedure: before iteration {failed[0].iteration} no flow was left"
        return (
            f"Not certified during the procedure: in {len(failed)} of {count} iteration{_s(count)}, first in iteration "
            f"{failed[0].iteration}, the scores removed add up to {'?' if ratio is None else f'{ratio:.4g}'} of the "
            f"flow, and the survival theorem needs at most {_near_one(limit)}"
        )
    if certificate.flushed:
        return (
            f"Not certified during the procedure: {certificate.flushed} positive entries were lost to underflow, "
            "which the margin for rounding does not cover"
        )
    return (
        f"Certified during the procedure: in {_all(count)} the scores removed add up to at most "
        f"{certificate.largest_ratio:.6g} of the flow (the limit with room for rounding is {_near_one(limit)}), so "
        "by the survival theorem, R_after >= R - removed, an input-output path was left each time"
    )


def _near_one(limit: float) -> str:
    return f"1 - {1 - limit:.1g}" if 1 - limit < 1e-4 else f"{limit:.4g}"


def _all(count: int) -> str:
    return "its one iteration" if count == 1 else f"all {count} iterations"


def _at_the_end(certificate: FlowCertificate) -> str:
    if not certificate.connected:
        return "Not connected at the end: no input reaches an output over the weights kept"
    flow = log10(certificate.final_flow) + certificate.final_exponent * log10(2) if certificate.final_flow > 0 else 0.0
    text = f"Connected at the end: the final flow is 10^{flow:.2f}, not 0"
    if certificate.rule.bias != "drop":
        text = "Connected at the end: without biases the final flow is not 0"
    if certificate.trivially_connected:
        text += "; trivially so, for some path has no prunable weight and no mask can cut it"
    return text


def _maximal(certificate: FlowCertificate) -> str:
    reasons = certificate.without_maximal
    if reasons:
        return f"Maximal critical compression is not guaranteed: {'; '.join(reasons)}"
    layers, total = len(certificate.exact_cuts), sum(certificate.rows[-1].layer_sizes.values())
    return (
        f"Maximal critical compression holds for this run: a chain of {layers} layer{_s(layers)}, scores conserved "
        "layer by layer, and every iteration below the flow, so no layer is emptied at any compression up to "
        f"{total / layers:.4g} = {total} / {layers}"
    )


def _not_covered(certificate: FlowCertificate) -> list[str]:
    parts = []
    if certificate.surrogates:
        parts.append(
            "Not covered: the flow treats the activations of "
            f"{_names(certificate.surrogates)} as the identity, so it is a surrogate there"
        )
    if certificate.dropped:
        parts.append(f"The flow is defined on the logits: {_names(certificate.dropped)} left out")
    if certificate.dtype != "float64":
        parts.append(f"Arithmetic in {certificate.dtype}: the same procedure in float64 may keep other weights")
    empty = certificate.rows[-1].empty_layers if certificate.rows else ()
    if empty:
        parts.append(f"Layers without a weight: {_names(empty)}")
    return parts


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _names(names: tuple[str, ...]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:_LISTED])
    return f"{shown} and {len(names) - _LISTED} more" if len(names) > _LISTED else shown
