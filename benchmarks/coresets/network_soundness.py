"""Is any certificate of a trained network's groups ever wrong? Gradient ascent on the inputs of each group."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

import theoryprune as tp
from benchmarks.coresets.report import Report
from theoryprune.bounds import ConvCertificate, LayerCertificate
from theoryprune.coresets import CONSTRUCTIONS, Reduction, apply_coreset, reduce
from theoryprune.types import INPUT

METHODS = ("merge", "kernel_fit", "norm", "random")
KEEPS = (0.75, 0.5)
SLACK = 1e-9
"""Relative: what the rounding of the evaluation in float64 may add to an error; random layers are judged exactly."""


@dataclass(frozen=True, eq=False)
class Group:
    """One reduced group: what follows its producer up to its consumer, before and after."""

    name: str
    before: nn.Module
    after: nn.Module
    shape: tuple[int, ...]
    claim: LayerCertificate | ConvCertificate


def network_report(networks: dict[str, tp.WeightGraph], keeps: tuple[float, ...] = KEEPS) -> Report:
    """Attack every certified group of some networks, reduced by several constructions."""
    rows, failures = [], []
    for name, graph in networks.items():
        for method in METHODS:
            for keep in keeps:
                found = reduce(graph, keep, CONSTRUCTIONS[method], effort="fast")
                row, problems = attacked(found)
                rows.append({"network": name, "method": method, "keep": keep, **row})
                failures += [f"{name}, {method}, kept {keep:.0%}: {problem}" for problem in problems]
    tried, violations = sum(row["tried"] for row in rows), sum(row["violations"] for row in rows)
    return Report(
        f"Adversarial search over groups of trained networks: {tried:,} groups tried, {violations} violations found",
        {
            "network": "{network}",
            "method": "{method}",
            "kept": "{keep:.0%}",
            "groups": "{groups:d}",
            "tried": "{tried:d}",
            "violations": "{violations:d}",
            "largest observed / best": "{largest:.3f}",
            "median": "{median:.3f}",
        },
        rows,
        ("tried: groups with a certificate, of one producer and one consumer; all inputs, not only images; float64",),
        tuple(failures),
    )


def attacked(found: Reduction) -> tuple[dict[str, Any], list[str]]:
    """Attack every group of a reduction."""
    shares, problems = [], []
    for group in certified_groups(found):
        share = ascend(group)
        shares.append(share)
        if share > 1 + SLACK:
            problems.append(f"group {group.name}: {share!r} of what is certified, {group.claim}")
        if not group.claim.observed <= group.claim.best:
            problems.append(f"group {group.name}: observed {group.claim.observed!r} above {group.claim.best!r}")
    row: dict[str, Any] = {"groups": len(found.coresets), "tried": len(shares), "violations": len(problems)}
    row |= {"largest": max(shares, default=None), "shares": shares}
    return row | {"median": float(torch.tensor(shares).median()) if shares else None}, problems


def certified_groups(found: Reduction) -> Iterator[Group]:
    """Yield the groups that were certified and lie between two layers, in the order in which they were reduced."""
    graph, lines = found.before, {line.group: line for line in found.layers}
    for name, coreset in found.coresets.items():
        after = apply_coreset(graph, {name: coreset})
        line = lines[name]
        ends = _ends(graph, name)
        if line.certificate.best and len(line.certificate.parts) == 1 and ends is not None:
            parts = [tp.to_module(between(one, *ends)).double().eval() for one in (graph, after)]
            shape = graph.input_shape if (source := _source(graph, ends[0])) == INPUT else graph.shapes[source]
            yield Group(name, *parts, tuple(shape), line.certificate.parts[0])
        graph = after


def _ends(graph: tp.WeightGraph, name: str) -> tuple[str, str] | None:
    """The only layer that writes a group and the only one that reads it; None if there are more."""
    group = next(group for group in tp.channel_groups(graph) if group.name == name)
    weighted = {layer.name for layer in graph.weight_layers.values()}
    sides = {side: [a.layer for a in group.axes if a.side == side and a.layer in weighted] for side in ("out", "in")}
    return (sides["out"][0], sides["in"][0]) if len(sides["out"]) == len(sides["in"]) == 1 else None


def _source(graph: tp.WeightGraph, producer: str) -> str:
    return str(graph.by_name[producer].inputs[0])


def between(graph: tp.WeightGraph, producer: str, consumer: str) -> tp.WeightGraph:
    """Return the records from one layer to another as a network of its own."""
    reached, layers = {producer}, []
    for layer in graph.layers:
        if layer.name == producer:
            layers.append(replace(layer, inputs=(INPUT,)))
        elif not reached.isdisjoint(layer.inputs):
            reached.add(layer.name)
            layers.append(layer)
        if layer.name == consumer:
            break
    needed, kept = {consumer}, []
    for layer in reversed(layers):
        if layer.name in needed:
            needed.update(layer.inputs)
            kept.append(layer)
    order = tuple(name for name in graph.order if graph.weight_layers[name].name in {layer.name for layer in kept})
    source = _source(graph, producer)
    shape = graph.input_shape if source == INPUT else graph.shapes[source]
    return replace(graph, layers=tuple(reversed(kept)), output=consumer, input_shape=tuple(shape), order=order)


def ascend(group: Group, starts: int = 8, steps: int = 30, seed: int = 0) -> float:
    """Return the largest error found, over what is certified for its input."""
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(starts, *group.shape, generator=draw, dtype=torch.float64)
    lengths = 10.0 ** torch.linspace(-1, 3, starts, dtype=torch.float64)
    x = x / _norms(x) * lengths.view(-1, *(1 for _ in group.shape))
    best = 0.0
    for step in range(steps):
        leaf = x.detach().requires_grad_()
        error = (group.before(leaf) - group.after(leaf)).flatten(1).square().sum(1)
        limits = limit(group.claim, leaf.detach().flatten(1).norm(dim=1))
        best = max(best, float((error.detach().sqrt() / limits).max()))
        (slope,) = torch.autograd.grad(error.sum(), leaf)
        # The error is nearly homogeneous far from 0: a step of the power method, at each start's own length.
        towards = slope / _norms(slope).clamp_min(1e-300) * _norms(leaf.detach())
        x = towards if step < steps // 2 else 0.7 * leaf.detach() + 0.3 * towards
    return best


def limit(claim: LayerCertificate | ConvCertificate, lengths: Tensor) -> Tensor:
    """Return what is certified of the error for inputs of these norms."""
    if isinstance(claim, LayerCertificate):
        return claim.best * (lengths.square() + (claim.tau or 0.0) ** 2).sqrt()
    return claim.best * lengths + claim.constant


def _norms(x: Tensor) -> Tensor:
    return x.flatten(1).norm(dim=1).view(-1, *(1 for _ in x.shape[1:]))
