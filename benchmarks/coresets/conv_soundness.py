"""The search for violations over random convolutions: attacked and judged as explicit matrices."""

from collections import defaultdict
from fractions import Fraction
from typing import Any

import numpy as np

from benchmarks.coresets.adversary import at_most, attack, exact_square, root_up
from benchmarks.coresets.conv_layers import explicit, random_convolutions
from benchmarks.coresets.report import Report
from theoryprune.bounds import ConvCertificate, certify_conv_layer, is_conv_certificate
from theoryprune.coresets import CONSTRUCTIONS, SEEDED

KINDS = ("gauss", "clustered", "lowrank", "duplicates", "zero rows", "opposite")
EFFORTS = ("fast", "default", "high")


def conv_report(count: int) -> Report:
    """Search `count` random pairs of convolutions."""
    rows: dict[str, dict[str, Any]] = defaultdict(lambda: {"cases": 0, "violations": 0, "rejected": 0, "ratios": []})
    failures = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        share, problems, accepted = conv_case(number, kind)
        row = rows[kind]
        row["cases"] += 1
        row["violations"] += bool(problems)
        row["rejected"] += not accepted
        row["ratios"].append(share)
        failures += [f"convolution {number} ({kind}): {problem}" for problem in problems]
        if not accepted:
            failures.append(f"convolution {number} ({kind}): the checker rejects the certificate")
    table = [
        {"kind": kind, **row, "largest": max(row["ratios"]), "median": float(np.median(row["ratios"]))}
        for kind, row in rows.items()
    ]
    violations, tried = sum(row["violations"] for row in table), sum(row["cases"] for row in table)
    return Report(
        f"Adversarial search over random convolutions: {tried:,} cases tried, {violations} violations found",
        {
            "kind": "{kind}",
            "cases": "{cases:,}",
            "violations": "{violations:,}",
            "rejected": "{rejected:,}",
            "largest observed / best": "{largest:.6f}",
            "median": "{median:.2f}",
        },
        table,
        ("strides, dilations, padding (zeros, circular), flattening, biases, slopes, x >= 0; in exact rationals",),
        tuple(failures),
    )


def conv_case(number: int, kind: str) -> tuple[float, list[str], bool]:
    """Draw a case by its number, prune, certify and attack it: share reached, false claims, whether it was accepted."""
    rng = np.random.default_rng(number)
    layer = random_convolutions(kind, rng)
    method = list(CONSTRUCTIONS)[number // len(KINDS) % len(CONSTRUCTIONS)]
    keep = int(rng.integers(1, len(layer.W) + 1))
    options = {"seed": number} if method in SEEDED else {}
    found = CONSTRUCTIONS[method](layer.incoming, layer.outgoing, keep, slope=layer.slope, **options)
    U = layer.kernels(found.outgoing)
    given = {"size": layer.size, "producer": layer.producer, "consumer": layer.consumer, "bias": layer.bias}
    positive, effort = bool(rng.random() < 0.3), EFFORTS[int(rng.integers(3))]
    certificate = certify_conv_layer(
        layer.V, layer.W, found.kept, U, layer.slope, **given, nonnegative=positive, effort=effort, seed=number
    )
    accepted = bool(is_conv_certificate(certificate, layer.V, layer.W, found.kept, U, layer.slope, **given))
    still = explicit(layer, found.kept, U, biased=False)
    point = attack(still, rng, nonnegative=positive, starts=24, steps=40)
    square, length, _ = exact_square(still, point)
    problems = []
    if not at_most(square, certificate.best, length):
        problems.append(f"gain {certificate.best:.9g}, but {float(square / length) ** 0.5:.9g} at {point.tolist()}")
    if not 0 <= certificate.observed <= certificate.best:
        problems.append(f"observed {certificate.observed!r} above {certificate.best!r}")
    if layer.bias is not None:
        whole = explicit(layer, found.kept, U, biased=True)
        problems += biased_problems(whole, certificate, attack(whole, rng, nonnegative=positive, starts=24, steps=40))
    reached = float(square / length) ** 0.5 if length else 0.0
    return (reached / certificate.best if certificate.best else 0.0), problems, accepted


def biased_problems(whole: Any, certificate: ConvCertificate, point: np.ndarray) -> list[str]:
    """Whether ``||err|| <= best ||x|| + constant t`` is false at a point (x, t)."""
    square, length, t = exact_square(whole, point)
    parts = certificate.best, certificate.constant
    if (
        not all(map(np.isfinite, parts))
        or square <= (Fraction(parts[0]) * root_up(length) + Fraction(parts[1]) * t) ** 2
    ):
        return []
    return [f"gain and constant {parts}, but {float(square) ** 0.5:.9g} at {point.tolist()}"]
