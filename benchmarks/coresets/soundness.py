"""Is any certificate ever wrong? An adversarial search over random layers, judged in exact rationals."""

import contextlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch

import theoryprune as tp
from benchmarks.coresets.adversary import Change, at_most, attack, change, exact_square, root_up
from benchmarks.coresets.conv_soundness import conv_report
from benchmarks.coresets.digits import trained
from benchmarks.coresets.known_answers import known_report
from benchmarks.coresets.layers import KINDS, random_layer
from benchmarks.coresets.network_soundness import network_report
from benchmarks.coresets.options import Options
from benchmarks.coresets.report import Report
from benchmarks.digits import digits
from benchmarks.trained import trained_efficientnet, trained_resnet20
from theoryprune.bounds import LayerCertificate, certify_layer, is_layer_certificate
from theoryprune.coresets import CONSTRUCTIONS, SEEDED, LayerCoreset

EFFORTS = ("fast", "default", "default", "high")


@dataclass(frozen=True, eq=False)
class Case:
    """One random layer, pruned and certified; `number` and `kind` draw it again."""

    number: int
    kind: str
    method: str
    error: Change
    certificate: LayerCertificate
    accepted: bool


def measure(options: Options) -> list[Report]:
    """Attack so many layers of each kind, and count what exceeds its certificate."""
    return [dense_report(options.cases), conv_report(options.cases), known_report(), network_report(_networks(options))]


def _networks(options: Options) -> dict[str, tp.WeightGraph]:
    """A perceptron trained here, and those trained elsewhere, as far as they are there."""
    found: dict[str, torch.nn.Module] = {"digits_mlp": trained(digits()[0], weight_decay=0.01, seed=0)}
    with contextlib.suppress(tp.DataError):
        found["ResNet-20, trained"] = trained_resnet20(options.data, options.weights)
    with contextlib.suppress(ModuleNotFoundError):
        found["EfficientNet-Lite0, trained"] = trained_efficientnet()
    return {name: tp.extract(model, model.example_shape) for name, model in found.items()}


def dense_report(count: int) -> Report:
    """Search `count` random dense layers."""
    rows: dict[str, dict[str, Any]] = defaultdict(
        lambda: {"cases": 0, "violations": 0, "rejected": 0, "ratios": [], "beaten": 0}
    )
    failures = []
    for case in dense_cases(count):
        row, (ratio, problems) = rows[case.kind], judge(case)
        row["cases"] += 1
        row["violations"] += bool(problems)
        row["rejected"] += not case.accepted
        row["beaten"] += ratio > case.certificate.tightness * 1.001
        row["ratios"].append(ratio)
        failures += [f"case {case.number} ({case.kind}, {case.method}): {problem}" for problem in problems]
        if not case.accepted:
            failures.append(f"case {case.number} ({case.kind}, {case.method}): the checker rejects the certificate")
    table = [{"kind": kind, **_summary(row)} for kind, row in rows.items()]
    violations, tried = sum(row["violations"] for row in table), sum(row["cases"] for row in table)
    return Report(
        f"Adversarial search over random dense layers: {tried:,} cases tried, {violations} violations found",
        {
            "kind": "{kind}",
            "cases": "{cases:,}",
            "violations": "{violations:,}",
            "rejected": "{rejected:,}",
            "largest observed / best": "{largest:.6f}",
            "median": "{median:.2f}",
            "beyond the witness": "{beaten:,}",
        },
        table,
        (
            "biases, slopes 0 to 1, x >= 0, balls, weights cast to float32, all constructions, all efforts; zero "
            "tolerance, judged in exact rationals",
            "rejected: by the checker of certificates; beyond the witness: the adversary found over .1 % more",
        ),
        tuple(failures),
    )


def _summary(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "largest": max(row["ratios"]), "median": float(np.median(row["ratios"]))}


def dense_cases(count: int) -> Iterator[Case]:
    """Draw layers of every kind, prune them by every construction, and certify them in every way."""
    names = list(CONSTRUCTIONS)
    for number in range(count):
        yield dense_case(number, KINDS[number % len(KINDS)], names[number // len(KINDS) % len(names)])


def dense_case(number: int, kind: str, method: str) -> Case:
    """Draw one case by its number."""
    rng = np.random.default_rng(number)
    layer = random_layer(kind, rng)
    n = len(layer.incoming)
    rows = layer.incoming if layer.bias is None else np.column_stack([layer.incoming, layer.bias])
    found = constructed(method, rows, layer.outgoing, int(rng.integers(1, n + 1)), float(layer.slope), number)
    options: dict[str, Any] = {"slope": layer.slope, "bias": layer.bias}
    outgoing = found.outgoing
    if kind != "scaled" and rng.random() < 0.3:  # as a network stores them
        outgoing = outgoing.astype(np.float32).astype(float)
        options["kept_rows"] = layer.incoming[found.kept].astype(np.float32).astype(float)
    if found.merging is not None and rng.random() < 0.8:
        options |= {"assignment": found.merging.assignment, "multipliers": found.merging.multipliers}
    radius = float(2.0 ** rng.integers(-3, 6)) if rng.random() < 0.5 else None
    certificate = certify_layer(
        layer.outgoing,
        layer.incoming,
        found.kept,
        outgoing,
        **options,
        radius=radius,
        nonnegative=bool(rng.random() < 0.3),
        effort=EFFORTS[int(rng.integers(len(EFFORTS)))],
        seed=number,
    )
    given = {key: options[key] for key in ("bias", "kept_rows") if key in options}
    verdict = is_layer_certificate(
        certificate, layer.outgoing, layer.incoming, found.kept, outgoing, layer.slope, **given
    )
    error = change(layer.outgoing, layer.incoming, found.kept, outgoing, layer.slope, **given)
    return Case(number, kind, method, error, certificate, bool(verdict))


def constructed(
    method: str, rows: np.ndarray, outgoing: np.ndarray, keep: int, slope: float, seed: int
) -> LayerCoreset:
    """Run a construction by its name."""
    options = {"seed": seed} if method in SEEDED else {}
    return CONSTRUCTIONS[method](rows, outgoing, keep, slope=slope, **options)


def judge(case: Case) -> tuple[float, list[str]]:
    """Attack one case; return the largest share of a bound that was reached, and the claims that are false."""
    found, step = case.certificate, case.certificate.tau or 1.0
    rng = np.random.default_rng(case.number)
    point = attack(case.error, rng, tau=step, nonnegative=found.nonnegative)
    square, length, t = exact_square(case.error, point)
    # (x, t) stands for x~ = (x, tau t): by homogeneity the claim about t = 1 is one about every t > 0.
    whole = length + (Fraction(step) * t) ** 2
    problems = []
    if not at_most(square, found.best, whole):
        problems.append(f"gain {found.best:.9g}, but {float(square / whole) ** 0.5:.9g} at {point.tolist()}")
    if found.separate is not None and found.constant is not None and t > 0:
        parts = found.separate.best, found.constant.best
        if all(map(np.isfinite, parts)):
            limit = Fraction(parts[0]) * root_up(length) + Fraction(parts[1]) * Fraction(step) * t
            if square > limit**2:
                problems.append(f"separate form {parts}, but {float(square) ** 0.5:.9g} at {point.tolist()}")
    problems += _ball_problems(case, point)
    if not 0 <= found.observed <= found.best:
        problems.append(f"observed {found.observed!r} above {found.best!r}")
    share = float(square / whole) ** 0.5 / found.best if found.best and whole else 0.0
    return share, problems


def _ball_problems(case: Case, point: np.ndarray) -> list[str]:
    """On a ball: the point moved to t = 1, drawn into the ball."""
    found = case.certificate
    if found.radius is None or found.error is None:
        return []
    x = point[:-1] / point[-1] if case.error.affine else point[:-1]
    size = float(np.linalg.norm(x))
    if not np.isfinite(x).all() or size == 0:
        return []
    inside = x * min(1.0 if case.error.affine else np.inf, found.radius / size * (1 - 1e-15))
    candidates = [inside, x * (found.radius / size * (1 - 1e-15))]
    problems = []
    for candidate in candidates:
        square, length, _ = exact_square(case.error, np.append(candidate, 1.0))
        if length <= Fraction(found.radius) ** 2 and not at_most(square, found.error, Fraction(1)):
            problems.append(f"error {found.error:.9g} on the ball, but {float(square) ** 0.5:.9g} at {candidate}")
    return problems
