"""Trained networks reduced by every construction: how wrong they get, and what is certified of their layers."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

import theoryprune as tp
from benchmarks.coresets.report import Report
from benchmarks.digits import Images
from theoryprune.coresets import CONSTRUCTIONS, SEEDED, Reduction, reduce

COLUMNS = {
    "method": "{method}",
    "kept": "{keep:.0%}",
    "parameters": "{parameters:,}",
    "MACs": "{macs:.3g}",
    "accuracy": "{accuracy:.3f}",
    "error": "{error:.3f}",
    "agreement": "{agreement:.3f}",
    "draws": "{draws}",
    "certified": "{certified}",
    "best / full": "{share:.2f}",
    "observed / best": "{tightness:.2f}",
}

NOTES = (
    "error: root mean square of the difference of the logits, over that of the logits; agreement: of the classes",
    "draws: for those that draw, means of so many; their certificates are those of the first",
    "certified: groups with a certificate, of those reduced, and how many of these say less than deleting the group "
    "(vacuous); medians over the groups: gain of the error over that of the whole group, and what was observed of it",
)


VARIANTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("kernel_fit", {"inputs": "standard"}),
    ("kernel_fit", {"bias_correction": False}),
    ("merge", {"bias_correction": True}),
    ("merge", {"inputs": "batchnorm", "bias_correction": True}),
    ("norm_v", {"bias_correction": True}),
    ("norm_v_merge", {"bias_correction": True}),
)
"""Constructions with other options of `reduce` than its defaults, a row each."""


def reductions(
    graph: tp.WeightGraph,
    method: str,
    budget: float | Mapping[str, int],
    seeds: Sequence[int],
    *,
    effort: str = "fast",
    **options: Any,
) -> Iterator[Reduction]:
    """Reduce a network by a construction; by one that draws, with every seed, the first time with certificates."""
    for number, seed in enumerate(seeds if method in SEEDED else seeds[:1]):
        yield reduce(graph, budget, CONSTRUCTIONS[method], certify=number == 0, effort=effort, seed=seed, **options)


@torch.inference_mode()
def logits(graph: tp.WeightGraph, x: Tensor, batch: int) -> Tensor:
    """Evaluate a network batch by batch."""
    return torch.cat([tp.forward(graph, part) for part in x.split(batch)])


def reduced_row(
    graph: tp.WeightGraph,
    images: Images,
    wanted: Tensor,
    method: str,
    keep: float,
    *,
    seeds: Sequence[int],
    batch: int,
    **options: Any,
) -> dict[str, Any]:
    """Reduce with some options, compact, and compare with the logits of the network."""
    found = list(reductions(graph, method, keep, seeds, **options))
    small = [result.small for result in found]
    outs = [logits(one, images.x, batch) for one in small]
    told = [f"{key}={value}" for key, value in options.items() if key not in ("streams", "effort")]
    return {
        "method": ", ".join([method, *told]),
        "keep": keep,
        "draws": len(found),
        "parameters": tp.measures.size(small[0]).total,
        "macs": tp.measures.macs(small[0]),
        "accuracies": [_hits(out, images.y) for out in outs],
        "accuracy": statistics.mean(_hits(out, images.y) for out in outs),
        "error": statistics.mean(_error(out, wanted) for out in outs),
        "agreement": statistics.mean(_hits(out, wanted.argmax(1)) for out in outs),
        **certified(found[0]),
    }


def unpruned(graph: tp.WeightGraph, images: Images, wanted: Tensor) -> dict[str, Any]:
    """The network itself as a row."""
    counts = {"parameters": tp.measures.size(graph).total, "macs": tp.measures.macs(graph)}
    quality = {"accuracy": _hits(wanted, images.y), "error": 0.0, "agreement": 1.0}
    return {"method": "unpruned", "keep": 1.0, "draws": 1, "certified": "", **counts, **quality}


def certified(found: Reduction) -> dict[str, Any]:
    """What the rows of a reduction say together."""
    reduced = [line for line in found.layers if line.after < line.before]
    proofs = [line.certificate for line in reduced if line.certificate.best is not None]
    vacuous = sum(bool(proof.vacuous) for proof in proofs)
    shares = [proof.best / proof.full for proof in proofs if proof.best is not None and proof.full]
    tight = [proof.tightness for proof in proofs if proof.tightness is not None]
    return {
        "groups": len(reduced),
        "certified": f"{len(proofs)} of {len(reduced)}, {vacuous} vacuous" if proofs else f"0 of {len(reduced)}",
        "share": statistics.median(shares) if shares else None,
        "tightness": statistics.median(tight) if tight else None,
        "lines": [
            {
                "group": line.group,
                "kind": line.kind,
                "before": line.before,
                "after": line.after,
                "method": line.method,
                "note": line.note,
                "observed": line.certificate.observed,
                "best": line.certificate.best,
                "full": line.certificate.full,
                "why": line.certificate.note,
            }
            for line in found.layers
        ],
    }


def violations(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Every group whose observed gain is above the certified one."""
    return tuple(
        f"{entry['method']}, kept {entry['keep']:.0%}, group {line['group']}: observed {line['observed']!r} above "
        f"{line['best']!r}"
        for entry in rows
        for line in entry.get("lines", ())
        if line["observed"] is not None and line["best"] is not None and not line["observed"] <= line["best"]
    )


def refusals(rows: Sequence[Mapping[str, Any]], title: str) -> Report:
    """Return why groups stayed whole, were only selected, or have no certificate, and how many."""
    counted: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in rows:
        for line in entry.get("lines", ()):
            for reason in dict.fromkeys(text for text in (line["note"], line["why"]) if text):
                key = _class(line), reason
                seen = counted.setdefault(key, {"what": key[0], "reason": reason, "groups": {}, "methods": {}})
                seen["groups"][line["group"]] = None
                seen["methods"][entry["method"]] = None
    lines = [{**seen, "groups": list(seen["groups"]), "methods": list(seen["methods"])} for seen in counted.values()]
    for line in lines:
        line |= {"count": len(line["groups"]), "example": line["groups"][0], "constructions": len(line["methods"])}
    columns = {
        "what": "{what}",
        "groups": "{count:d}",
        "such as": "{example}",
        "constructions": "{constructions:d}",
        "reason": "{reason}",
    }
    return Report(title, columns, lines)


def _class(line: Mapping[str, Any]) -> str:
    if line["after"] == line["before"]:
        return f"{line['kind']}, kept whole"
    return f"{line['kind']}, reduced" + ("" if line["best"] is not None else ", no certificate")


def _hits(out: Tensor, labels: Tensor) -> float:
    return float((out.argmax(1) == labels).double().mean())


def _error(out: Tensor, wanted: Tensor) -> float:
    return float((out - wanted).double().norm() / wanted.double().norm())
