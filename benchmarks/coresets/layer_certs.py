"""The certificates of single layers: how tight they are, and how they compare with a semidefinite program."""

import statistics
import time
from typing import Any

import numpy as np

from benchmarks.coresets.conv_layers import Convolutions, kernels
from benchmarks.coresets.layers import weights
from benchmarks.coresets.options import Options
from benchmarks.coresets.report import Report
from benchmarks.coresets.sdp import sdp_gain
from benchmarks.coresets.spread import spread
from theoryprune.bounds import ConvCertificate, LayerCertificate, Window, certify_conv_layer, certify_layer
from theoryprune.coresets import kernel_fit, merge

DENSE = (
    ("gauss", 64, 16, 10),
    ("gauss", 256, 64, 10),
    ("gauss", 512, 256, 128),
    ("clustered", 256, 64, 10),
    ("clustered", 512, 256, 128),
    ("lowrank", 256, 64, 10),
    ("orth", 48, 64, 10),
)
"""Kind, n, d, p."""

SMALL = [(kind, n, d, p) for kind in ("gauss", "clustered", "lowrank") for n, d, p in ((16, 8, 4), (32, 8, 10))]

DRAWS = 3
"""Layers drawn of each kind and size."""

COLUMNS = {
    "layer": "{layer}",
    "observed": "{observed:.3f}",
    "schur": "{schur:.3f}",
    "centre": "{centre:.3f}",
    "prod": "{product:.3f}",
    "tri": "{triangle:.3g}",
    "observed / best": "{tightness:.2f} ({least:.2f}-{most:.2f})",
    "CPU s": "{seconds:.2f}",
}


def measure(options: Options) -> list[Report]:
    """Return the tables of dense layers, of convolutions, of other weights, and the comparison with the program."""
    return [dense_report(), conv_report(), general_report(), program_report(options.rounds)]


def dense_report(layers: tuple[tuple[str, int, int, int], ...] = DENSE, draws: int = DRAWS) -> Report:
    """Merge to half, over ReLU, with effort high."""
    rows = [merged(kind, n, d, p, keep=0.5, slope=0.0, draws=draws) for kind, n, d, p in layers]
    several = [row["tightness"] for row in rows if row["p"] > 1]
    return Report(
        f"Dense layers merged to half, ReLU, gains: medians of n = {draws} layers each; median observed / schur "
        f"{statistics.median(several):.2f}",
        COLUMNS,
        rows,
        ("layer: units, inputs, outputs; observed is proved, found by search; least and most over the layers",),
    )


def merged(kind: str, n: int, d: int, p: int, *, keep: float, slope: float, draws: int) -> dict[str, Any]:
    """Certify merges of `draws` layers; medians."""
    found = []
    for seed in range(draws):
        V, W = weights(kind, n, d, p, np.random.default_rng(seed))
        coreset = merge(W, V, round(keep * n), slope=slope)
        found.append(_certified(V, W, coreset, slope))
    return {"layer": f"{kind} {n}, {d}, {p}", "p": p, **_medians(found)}


def _certified(V: np.ndarray, W: np.ndarray, coreset: Any, slope: float, effort: str = "high") -> dict[str, float]:
    start = time.process_time()
    fold = {"assignment": coreset.merging.assignment, "multipliers": coreset.merging.multipliers}
    certificate = certify_layer(V, W, coreset.kept, coreset.outgoing, slope, **fold, effort=effort)
    return {"seconds": time.process_time() - start, **_figures(certificate)}


def _figures(certificate: LayerCertificate | ConvCertificate) -> dict[str, float]:
    gains = certificate.gains
    return {
        "observed": certificate.observed,
        "best": certificate.best,
        "schur": gains.schur,
        "centre": gains.centre,
        "product": gains.product,
        "triangle": gains.triangle,
        "tightness": certificate.tightness,
        "relative": certificate.best / certificate.full.best,
    }


def _medians(found: list[dict[str, float]]) -> dict[str, Any]:
    ratios = [row["tightness"] for row in found]
    medians = {key: statistics.median(row[key] for row in found) for key in found[0]}
    return {**medians, "least": min(ratios), "most": max(ratios), "n": len(found)}


def conv_report(
    size: int = 12, channels: tuple[int, int, int] = (8, 32, 16), kernel: int = 3, draws: int = DRAWS
) -> Report:
    """Merge convolutions to half; stride 1, padded to their size."""
    ci, n, p = channels
    window = Window((1, 1), (kernel // 2,) * 2, (1, 1))
    rows = []
    for kind in ("gauss", "clustered"):
        for slope in (0.0, 0.2):
            found = []
            for seed in range(draws):
                V, W = kernels(kind, n, ci, p, kernel, kernel, np.random.default_rng(seed))
                layer = Convolutions(V, W, (size, size), window, window, slope, None)
                found.append(_conv_certified(layer))
            rows.append({"layer": f"{kind} {ci}, {n}, {p}", "slope": slope, "p": p, **_medians(found)})
    columns = {"layer": "{layer}", "slope": "{slope:g}", **dict(list(COLUMNS.items())[1:])}
    return Report(
        f"Convolutions merged to half, {kernel} x {kernel}, padded, {size} x {size}, gains: medians of n = {draws} "
        f"each; median observed / schur {statistics.median(row['tightness'] for row in rows):.2f}",
        columns,
        rows,
        ("layer: channels in, between, out; effort default",),
    )


def _conv_certified(layer: Convolutions) -> dict[str, float]:
    coreset = merge(layer.incoming, layer.outgoing, len(layer.W) // 2, slope=layer.slope)
    assert coreset.merging is not None
    fold = {"assignment": coreset.merging.assignment, "multipliers": coreset.merging.multipliers}
    given = {"size": layer.size, "producer": layer.producer, "consumer": layer.consumer}
    start = time.process_time()
    certificate = certify_conv_layer(
        layer.V, layer.W, coreset.kept, layer.kernels(coreset.outgoing), layer.slope, **given, **fold
    )
    return {"seconds": time.process_time() - start, **_figures(certificate)}


def general_report(size: tuple[int, int, int] = (256, 64, 10), draws: int = DRAWS) -> Report:
    """Compare merge and kernel_fit on the same units."""
    rows = []
    for kind in ("gauss", "clustered"):
        for method in (merge, kernel_fit):
            found = []
            for seed in range(draws):
                V, W = weights(kind, *size, np.random.default_rng(seed))
                found.append(_certified(V, W, method(W, V, size[0] // 2), 0.0))
            rows.append({"layer": f"{kind} {', '.join(map(str, size))}", "method": method.__name__, **_medians(found)})
    columns = {"layer": "{layer}", "method": "{method}", **dict(list(COLUMNS.items())[1:])}
    return Report(
        f"Outgoing weights refitted or folded, the same units (half), gains: medians of n = {draws} layers",
        columns,
        rows,
    )


def program_report(
    rounds: int, small: list[tuple[str, int, int, int]] = SMALL, timed: tuple[int, int, int] = (128, 32, 10)
) -> Report:
    """Compare with the semidefinite program: small layers, slopes 0 and .2; then the time where 64 units go."""
    rows = [against(*layer, slope=slope, rounds=1) for layer in small for slope in (0.0, 0.2)]
    rows.append(against("gauss", *timed, slope=0.0, rounds=rounds))
    excess = [row["excess"] for row in rows]
    return Report(
        f"schur against the semidefinite program (cvxpy, Clarabel): at most {max(excess):.2%} above it, effort high",
        {
            "layer": "{layer}",
            "slope": "{slope:g}",
            "units gone": "{gone:d}",
            "observed": "{observed:.4f}",
            "program": "{program:.4f}",
            "schur, high": "{high:.4f}",
            "above": "{excess:.3%}",
            "default": "{default_excess:.3%}",
            "CPU s, program": "{program_seconds:.3g}",
            "certificate": "{seconds:.3g}",
            "times faster": "{faster}",
        },
        rows,
        (
            "certificate: effort default, with all four bounds, those of the whole layer and the search for a witness; "
            f"last row: n = {rounds} interleaved rounds, the others 1",
        ),
    )


def against(kind: str, n: int, d: int, p: int, *, slope: float, rounds: int) -> dict[str, Any]:
    """Certify one layer, merged to half, and solve the program for the same pair."""
    V, W = weights(kind, n, d, p, np.random.default_rng(0))
    coreset = merge(W, V, n // 2, slope=slope)
    assert coreset.merging is not None
    A, B = V[:, coreset.pruned], coreset.merging.residuals
    high = _certified(V, W, coreset, slope)
    theirs, ours = [], []
    for _ in range(rounds):
        start = time.process_time()
        program = sdp_gain(A, B, slope)
        theirs.append(time.process_time() - start)
        default = _certified(V, W, coreset, slope, "default")
        ours.append(default["seconds"])
    return {
        "layer": f"{kind} {n}, {d}, {p}",
        "slope": slope,
        "gone": len(coreset.pruned),
        "observed": high["observed"],
        "program": program,
        "high": high["schur"],
        "excess": high["schur"] / program - 1,
        "default_excess": default["schur"] / program - 1,
        "program_seconds": statistics.median(theirs),
        "seconds": statistics.median(ours),
        "ratios": [a / b for a, b in zip(theirs, ours, strict=True)],
        "faster": spread([a / b for a, b in zip(theirs, ours, strict=True)]),
    }
